"""Files beside the code that say which database server a project runs on: compose files, CI services, Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from bylaw.project import Project

Product = Literal["postgres", "mysql", "mariadb"]

_NAMES: Final = re.compile(
    r"[\w.-]*compose[\w.-]*\.ya?ml|(?:[\w-]+\.)?dockerfile(?:\.[\w-]+)?"
    r"|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|azure-pipelines\.yml|\.travis\.yml|\.drone\.yml"
    r"|(?:local|dev|production)\.ya?ml",
    re.IGNORECASE | re.ASCII,
)
_FOLDERS: Final = (".github/workflows/", ".circleci/", ".forgejo/workflows/", ".gitea/workflows/", ".woodpecker/")
_FOREIGN: Final = frozenset({
    "docs", "doc", "example", "examples", "sample", "samples", "demo", "demos", "tests", "test", "fixtures", "testdata",
    "vendor", "third_party", "templates", "benchmarks", "e2e",
})  # fmt: skip
"""Folders whose files speak of something else than what the project runs on."""
_MOST_FILES: Final = 100
_MOST_CHARACTERS: Final = 200_000
_LONGEST_LINE: Final = 300

_IMAGE: Final = re.compile(
    r"(?P<item>-[ ]+)?(?:[\"']?(?P<key>image|name|from)[\"']?[ ]*(?::[ ]+|[ ]))?(?P<image>[^\s#]+)", re.IGNORECASE
)
_DEFAULT: Final = re.compile(r"\$\{\w+:?-([^{}$]*)\}")
_FLOW: Final = re.compile(r"[{,][ ]*[\"']?image[\"']?[ ]*:[ ]*([^\s,}]+)")
_MATRIX: Final = re.compile(
    r"\bimage[\"']?[ ]*:[ ]*[\"']?(?P<image>[\w./-]+):\$\{\{[ ]*matrix\.(?P<name>[\w-]+)[ ]*\}\}"
)
_VERSION_KEY: Final = re.compile(
    r"(?P<product>postgres|mysql|mariadb)(?:ql)?[-_]version[\"']?[ ]*:[ ]*(?P<value>[\[\d\"'][^#\n]*)", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")
_LEADING: Final = re.compile(r"v?(\d+(?:\.\d+)*)(?:$|[-_])")
_TAGGED: Final = re.compile(r"(?:^|[-_])pg(\d+(?:\.\d+)*)(?:$|[-_])")
_MAJOR: Final = re.compile(r"^[ \t]*major_version[ \t]*=[ \t]*(\d+)", re.MULTILINE)
_POSTGRES_IMAGES: Final = frozenset({"postgres", "postgresql", "postgis", "postgres-postgis"})
_BASED_ON_POSTGRES: Final = ("pgvector", "timescaledb", "paradedb", "pgvecto", "pg_", "postgres")
_IMAGES: Final[dict[str, Product]] = {
    "mysql": "mysql", "mysql-server": "mysql", "percona": "mysql", "percona-server": "mysql", "mariadb": "mariadb",
}  # fmt: skip
_OLDEST: Final[dict[Product, int]] = {"postgres": 9, "mysql": 5, "mariadb": 5}
_NEWEST: Final[dict[Product, int]] = {"postgres": 40, "mysql": 20, "mariadb": 30}


class Said(msgspec.Struct, frozen=True):
    """A place that names a server. `version` is () where it names none that can be read; `line` is 1-based."""

    product: Product
    version: tuple[int, ...]
    path: str
    line: int


def speaks_of_servers(path: str) -> bool:
    """Whether a file of that path (from the root, posix) is one of those that are asked."""
    folder, _, name = path.rpartition("/")
    if folder == "supabase" or folder.endswith("/supabase"):
        return name == "config.toml"
    in_ci = name.endswith((".yml", ".yaml")) and f"/{folder}/".endswith(tuple(f"/{ci}" for ci in _FOLDERS))
    return (in_ci or _NAMES.fullmatch(name) is not None) and _FOREIGN.isdisjoint(folder.lower().split("/"))


def servers_said(project: Project) -> tuple[Said, ...]:
    """All places that name a server, by path. Looks at a bounded number of files, the outermost first."""
    paths = sorted(
        (path for path in project.beside if speaks_of_servers(path)), key=lambda path: (path.count("/"), path)
    )
    found: list[Said] = []
    for path in paths[:_MOST_FILES]:
        text = project.text_of(path)
        if text is not None:
            found.extend(said_in(path, text[:_MOST_CHARACTERS]))
    return tuple(found)


def lowest(said: Iterable[Said], product: Product) -> Said | None:
    """The place that names the lowest version of a product: what runs there has to run everywhere."""
    known = [place for place in said if place.product == product and place.version]
    return min(known, key=lambda place: place.version, default=None)


def said_in(path: str, text: str) -> Iterator[Said]:
    """The servers that one file names."""
    if path.endswith(".toml"):
        found = _MAJOR.search(text)
        if found is not None:
            yield Said("postgres", (int(found[1]),), path, text.count("\n", 0, found.start(1)) + 1)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip()
        if not words or words[0] == "#" or len(words) > _LONGEST_LINE:
            continue
        found_here = _in_line(words) if "${{" not in words else _in_matrix(words, text)
        yield from (Said(product, version, path, number) for product, version in found_here)


def _in_line(words: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    key = _VERSION_KEY.match(words.removeprefix("- "))
    if key is not None:
        product = key["product"].lower()
        for value in _NUMBER.findall(key["value"]):
            if product == "postgres":
                yield from _plausible("postgres", value)
            else:
                yield from _plausible("mariadb" if product == "mariadb" else "mysql", value)
        return
    flow = _FLOW.search(words)
    if flow is not None:
        yield from _of_image(flow[1].strip("\"'"))
        return
    match = _IMAGE.match(words)
    if match is None:
        return
    image = _DEFAULT.sub(r"\1", match["image"]).strip("\"',")
    if "$" in image or "{" in image or not (match["key"] or match["item"]):
        return
    certain = (match["key"] or "").lower() in {"image", "from"}
    yield from ((product, version) for product, version in _of_image(image) if version or certain)


def _in_matrix(words: str, text: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """`image: postgres:${{ matrix.postgres }}`, where the file lists what the name stands for: `postgres: [14, 16]`."""
    match = _MATRIX.search(words)
    if match is None:
        return
    listed = re.search(rf"^[ \t]*{re.escape(match['name'])}[ \t]*:[ \t]*\[([^\]\n]*)\]", text, re.MULTILINE)
    for value in re.split(r"[,\s]+", listed[1]) if listed is not None else ():
        yield from _of_image(f"{match['image']}:{value.strip(chr(34) + chr(39))}")


def _of_image(image: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """`docker.io/library/postgres:15-alpine@sha256:…` is PostgreSQL 15."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].lower().partition(":")
    if name in _IMAGES:
        leading = _LEADING.match(tag)
        yield from _plausible(_IMAGES[name], leading[1] if leading else "")
    elif name in _POSTGRES_IMAGES:
        found = _TAGGED.search(tag) or _LEADING.match(tag)
        yield from _plausible("postgres", found[1] if found else "")
    elif name.startswith(_BASED_ON_POSTGRES) and (found := _TAGGED.search(tag)) is not None:
        yield from _plausible("postgres", found[1])


def _plausible(product: Product, version: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """The version where there can be such a one, none where a tag is a date or a word."""
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit() and len(part) < 6)
    known = bool(numbers) and _OLDEST[product] <= numbers[0] <= _NEWEST[product]
    yield product, numbers if known else ()
