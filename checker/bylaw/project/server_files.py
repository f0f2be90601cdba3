"""What files beside the code say of a database server and its version, each form of file in its own words.

Everything here reads text that may be anything: no grammar, one pass, nothing that backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from bylaw.patterns import regex

Product = Literal["postgres", "mysql", "mariadb"]
Found = tuple[int, Product, tuple[int, ...]]
"""The line, 1-based; the server; its version, () where none can be read."""

_LONGEST_LINE: Final = 300
_NEAR: Final = 40
"""Pairs between two that speak of one thing."""
_MOST_NAMES: Final = 20
_OLDEST: Final[dict[Product, int]] = {"postgres": 9, "mysql": 5, "mariadb": 5}
_NEWEST: Final[dict[Product, int]] = {"postgres": 40, "mysql": 20, "mariadb": 30}
_NUMBER: Final = regex(r"\d+(?:\.\d+)*")
_LEADING: Final = regex(r"v?(\d+(?:\.\d+)*)(?:$|[-_.])")
_TAGGED: Final = regex(r"(?:^|[-_])pg(\d+(?:\.\d+)*)(?:$|[-_])")
_POSTGRES_IMAGES: Final = frozenset({"postgres", "postgresql", "postgis", "postgres-postgis"})
_BASED_ON_POSTGRES: Final = ("pgvector", "timescaledb", "paradedb", "pgvecto", "pg_", "postgres")
_IMAGES: Final[dict[str, Product]] = {
    "mysql": "mysql", "mysql-server": "mysql", "percona": "mysql", "percona-server": "mysql", "mariadb": "mariadb",
}  # fmt: skip
_ENGINES: Final[dict[str, Product]] = {
    "postgres": "postgres", "postgresql": "postgres", "pg": "postgres", "aurora-postgresql": "postgres",
    "mysql": "mysql", "aurora-mysql": "mysql", "aurora": "mysql", "mariadb": "mariadb",
}  # fmt: skip

_IMAGE: Final = regex(
    r"(?P<item>-[ ]+)?(?:[\"']?(?P<key>image(?:Name)?|name|from)[\"']?[ ]*(?::[ ]+|[ ]))?(?P<image>[^\s#]+)",
    re.IGNORECASE,
)
_DEFAULT: Final = regex(r"\$\{(\w+):?-([^{}$]*)\}")
_VARIABLE: Final = regex(r"\$(?:\{(\w+)\}|(\w+))")
_FLOW: Final = regex(r"[{,][ ]*[\"']?image[\"']?[ ]*:[ ]*([^\s,}]+)")
_MATRIX: Final = regex(r"\bimage[\"']?[ ]*:[ ]*[\"']?(?P<image>[\w./-]+):\$\{\{[ ]*matrix\.(?P<name>[\w-]+)[ ]*\}\}")
_VERSION_KEY: Final = regex(
    r"[\"']?(?P<product>postgres(?:ql)?|pg|mysql|mariadb)(?:[-_ ]?major)?[-_ ]?version[\"']?[ ]*[:=][ ]*"
    r"(?P<value>[\[\d\"'][^#\n]*)",
    re.IGNORECASE,
)
_PAIR: Final = regex(r"(?P<indent>[ ]*)(?:-[ ]+)?[\"']?(?P<key>[\w.-]+)[\"']?[ ]*:(?:[ ]+(?P<value>[^#\n]*))?$")
_SETTING: Final = regex(r"[ \t]*(?P<key>\w+)[ \t]*=[ \t]*\"(?P<value>[^\"$]*)\"")
_BLOCK: Final = regex(r"(?:resource|module)[ \t]+\"(?P<type>[\w-]+)\"")
_CLOUD: Final = regex(r"(POSTGRES|MYSQL)_(\d+(?:_\d+)*)$")
_SPOKEN_OF: Final = ("postg", "pg", "mysql", "mariadb", "percona", "timescale", "paradedb", "$")
"""What a line says at least that names one of them; `$` stands for what it may be."""
_MAJOR: Final = regex(r"^[ \t]*major_version[ \t]*=[ \t]*(\d+)", re.MULTILINE)
_TOOL: Final = regex(r"[\"']?(?P<tool>postgres|mysql|mariadb)[\"']?[ \t]*(?:=[ \t]*)?[\"' \t](?P<version>\d[\w.]*)")
_NIX: Final = regex(r"\bpostgresql_(\d{1,2})\b")


def found_in(path: str, text: str, variables: Mapping[str, str]) -> Iterator[Found]:
    """The servers that one file names. `variables`: what `$NAME` stands for, where nothing in the file says it."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".tf"):
        yield from _terraform(text)
    elif name == "app.json":
        yield from _heroku(text)
    elif name == "config.toml":
        if (major := _MAJOR.search(text)) is not None:
            yield text.count("\n", 0, major.start(1)) + 1, "postgres", (int(major[1]),)
    elif name in {".tool-versions", "mise.toml", ".mise.toml"}:
        yield from _each_line(text, _TOOL)
    elif name.endswith(".nix"):
        for number, line in _lines(text):
            yield from ((number, "postgres", (int(major),)) for major in _NIX.findall(line.partition("#")[0]))
    else:
        yield from _of_lines(name, text, variables)
        if name.startswith("values"):
            yield from _chart(text)
        yield from _paired(text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) <= _LONGEST_LINE and line.strip() and line.lstrip()[0] != "#":
            yield number, line


def _each_line(text: str, pattern: re.Pattern[str]) -> Iterator[Found]:
    for number, line in _lines(text):
        match = pattern.match(line.strip())
        if match is not None:
            product = _ENGINES[match["tool"]]
            yield from ((number, *found) for found in plausible(product, match["version"]))


# --- compose files, CI jobs, Dockerfiles, manifests -----------------------------------------------


def _of_lines(name: str, text: str, variables: Mapping[str, str]) -> Iterator[Found]:
    known, lists = _Known(variables), dict[str, list[str]]()
    for number, line in _lines(text):
        lowered = line.lower()
        if not any(word in lowered for word in _SPOKEN_OF) and "ARG " not in line:
            continue
        words = line.strip()
        if words.startswith("ARG ") and "dockerfile" in name:
            variable, _, value = words[4:].strip().partition("=")
            known.own[variable] = value.strip("\"'")
            continue
        found_here = _in_line(words, known) if "${{" not in words else _in_matrix(words, text, lists)
        yield from ((number, product, version) for product, version in found_here)


class _Known(msgspec.Struct):
    """What variables stand for: the file's own word beats the one beside it."""

    beside: Mapping[str, str]
    own: dict[str, str] = msgspec.field(default_factory=dict)

    def filled(self, words: str) -> str:
        if "$" not in words:
            return words
        words = _DEFAULT.sub(lambda match: self._value(match[1]) or match[2], words)
        return _VARIABLE.sub(lambda match: self._value(match[1] or match[2]) or match[0], words)

    def _value(self, name: str) -> str:
        return self.own.get(name) or self.beside.get(name, "")


def _in_line(words: str, known: _Known) -> Iterator[tuple[Product, tuple[int, ...]]]:
    key = _VERSION_KEY.match(words.removeprefix("- "))
    if key is not None:
        for value in _NUMBER.findall(key["value"]):
            yield from plausible(_ENGINES[key["product"].lower()], value)
        return
    flow = _FLOW.search(words)
    if flow is not None:
        yield from of_image(flow[1].strip("\"'"))
        return
    match = _IMAGE.match(words)
    if match is None:
        return
    image = known.filled(match["image"]).strip("\"',")
    if "$" in image or "{" in image or not (match["key"] or match["item"]):
        return
    certain = (match["key"] or "").lower() in {"image", "imagename", "from"}
    yield from ((product, version) for product, version in of_image(image) if version or certain)


def _in_matrix(words: str, text: str, lists: dict[str, list[str]]) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """`image: postgres:${{ matrix.postgres }}`, where the file lists what the name stands for: `postgres: [14, 16]`,
    the same below each other, or `- postgres: 14` in an `include`. `lists` remembers what was looked up.
    """
    match = _MATRIX.search(words)
    if match is None:
        return
    if match["name"] not in lists:
        lists[match["name"]] = _listed(re.escape(match["name"]), text) if len(lists) < _MOST_NAMES else []
    for value in lists[match["name"]]:
        yield from of_image(f"{match['image']}:{value.strip(chr(34) + chr(39))}")


def _listed(name: str, text: str) -> list[str]:
    listed = re.search(rf"^[ \t]*{name}[ \t]*:[ \t]*\[([^\]\n]*)\]", text, re.MULTILINE)
    values = re.split(r"[,\s]+", listed[1]) if listed is not None else []
    below = re.search(rf"^[ \t]*{name}[ \t]*:[ \t]*\n((?:[ \t]*-[ \t]+[^\s:]{{1,40}}[ \t]*\n)+)", text, re.MULTILINE)
    values += re.findall(r"-[ \t]+(\S+)", below[1]) if below is not None else []
    return values + re.findall(rf"^[ \t]*(?:-[ \t]+)?{name}[ \t]*:[ \t]+[\"']?(\d[\w.-]*)", text, re.MULTILINE)


def of_image(image: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """`docker.io/library/postgres:15-alpine@sha256:…` is PostgreSQL 15."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].lower().partition(":")
    if name in _IMAGES:
        leading = _LEADING.match(tag)
        yield from plausible(_IMAGES[name], leading[1] if leading else "")
    elif name in _POSTGRES_IMAGES:
        found = _TAGGED.search(tag) or _LEADING.match(tag)
        yield from plausible("postgres", found[1] if found else "")
    elif name.startswith(_BASED_ON_POSTGRES) and (found := _TAGGED.search(tag)) is not None:
        yield from plausible("postgres", found[1])


def plausible(product: Product, version: str) -> Iterator[tuple[Product, tuple[int, ...]]]:
    """The version where there can be such a one, none where a tag is a date or a word."""
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit() and len(part) < 6)
    known = bool(numbers) and _OLDEST[product] <= numbers[0] <= _NEWEST[product]
    yield product, numbers if known else ()


# --- values of charts, templates of clouds --------------------------------------------------------


def _chart(text: str) -> Iterator[Found]:
    """`image: {repository: …/postgresql, tag: 15.3.0}` over several lines, also where only the part of the chart is
    called so.
    """
    above: list[tuple[int, str]] = []
    names: dict[int, str] = {}
    for number, line in _lines(text):
        pair = _PAIR.match(line)
        if pair is None:
            continue
        indent, key = len(pair["indent"]), pair["key"]
        while above and above[-1][0] >= indent:
            names.pop(above.pop()[0], None)
        value = (pair["value"] or "").strip().strip("\"'")
        if key in {"repository", "name"} and above and value:
            names.setdefault(above[-1][0], value)
        if key == "tag" and above and above[-1][1] == "image" and (leading := _LEADING.match(value)):
            image = names.get(above[-1][0]) or next((part for _, part in reversed(above[:-1]) if part in _ENGINES), "")
            yield from ((number, *found) for found in of_image(f"{image}:{leading[1]}"))
        elif not value:
            above.append((indent, key))


def _paired(text: str) -> Iterator[Found]:
    """`Engine: postgres` and `EngineVersion: "15.4"` side by side."""
    if "EngineVersion" not in text:
        return
    pairs = [(number, match) for number, line in _lines(text) if (match := _PAIR.match(line)) is not None]
    for at, (number, pair) in enumerate(pairs):
        version = _NUMBER.match((pair["value"] or "").strip("\"' ")) if pair["key"] == "EngineVersion" else None
        if version is None:
            continue
        for _, other in pairs[max(0, at - _NEAR) : at + _NEAR]:
            if other["key"] == "Engine" and other["indent"] == pair["indent"]:
                product = _ENGINES.get((other["value"] or "").strip("\"' "))
                if product is not None:
                    yield from ((number, *found) for found in plausible(product, version[0]))
                    break


def _terraform(text: str) -> Iterator[Found]:
    """A resource or module that names its engine and, beside it, a version in plain digits."""
    kind, words = "", {"": (0, "")}
    for number, line in [*_lines(text), (0, "}")]:
        block = _BLOCK.match(line)
        if block is not None:
            kind, words = block["type"], {}
        elif line.startswith("}"):
            yield from _of_block(kind, words)
            kind, words = "", {}
        elif kind and (setting := _SETTING.match(line)) is not None:
            words.setdefault(setting["key"], (number, setting["value"]))


def _of_block(kind: str, words: Mapping[str, tuple[int, str]]) -> Iterator[Found]:
    number, cloud = words.get("database_version", (0, ""))
    if (named := _CLOUD.match(cloud)) is not None:
        yield from ((number, *found) for found in plausible(_ENGINES[named[1].lower()], named[2].replace("_", ".")))
    number, version = words.get("engine_version") or words.get("version", (0, ""))
    digits = _NUMBER.match(version)
    product = _ENGINES.get(words.get("engine", (0, ""))[1].lower())
    if product is None and kind.startswith("azurerm_"):
        product = next((_ENGINES[part] for part in kind.split("_") if part in _ENGINES), None)
    if product is not None and digits is not None:
        yield from ((number, *found) for found in plausible(product, digits[0]))


def _heroku(text: str) -> Iterator[Found]:
    """`{"plan": "heroku-postgresql", "options": {"version": "15"}}`."""
    for match in re.finditer(r"\"plan\"[ ]*:[ ]*\"heroku-postgresql[^\"]*\"", text):
        version = re.compile(r"[^{}]{0,200}\{[^{}]{0,200}\"version\"[ ]*:[ ]*\"(\d+)").match(text, match.end())
        if version is not None:
            number = text.count("\n", 0, version.start(1)) + 1
            yield from ((number, *found) for found in plausible("postgres", version[1]))
