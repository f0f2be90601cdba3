"""Files beside the code that say which database server a project runs on: compose files, CI services, Dockerfiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.paths import inside
from bylaw.project.server_files import Product, found_in, of_image

if TYPE_CHECKING:
    from bylaw.project import Project

_SUFFIXES: Final = (".yml", ".yaml", ".tf", ".nix", ".toml", ".json", ".tool-versions")
_NAMES: Final = regex(
    r"[\w.-]*compose[\w.-]*\.ya?ml|(?:[\w-]+\.)?dockerfile(?:\.[\w-]+)?"
    r"|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|azure-pipelines\.yml|\.travis\.yml|\.drone\.yml|cloudbuild\.ya?ml"
    r"|(?:local|dev|production)\.ya?ml|render\.yaml|values[\w.-]*\.ya?ml|serverless\.ya?ml"
    r"|template\.ya?ml|cloudformation[\w.-]*\.ya?ml|app\.json|[\w.-]+\.tf|[\w.-]+\.nix|\.?mise\.toml|\.tool-versions",
    re.IGNORECASE | re.ASCII,
)
_CI: Final = (".github/workflows/", ".circleci/", ".forgejo/workflows/", ".gitea/workflows/", ".woodpecker/")
_CLUSTER: Final = frozenset({
    "k8s", "kubernetes", "manifests", "helm", "chart", "charts", "kustomize", "overlays", "deploy", "deployment",
    "deployments", "infra", "infrastructure", "cloudformation",
})  # fmt: skip
"""Folders whose YAML says what runs."""
_FOREIGN: Final = frozenset({
    "docs", "doc", "example", "examples", "sample", "samples", "demo", "demos", "tests", "test", "fixtures", "testdata",
    "vendor", "third_party", "templates", "benchmarks", "e2e",
})  # fmt: skip
"""Folders whose files speak of something else than what the project runs on."""
_MOST_FILES: Final = 100
_MOST_CHARACTERS: Final = 200_000
_ENVIRONMENTS: Final = (".env", ".env.example", ".env.sample", ".env.dist", ".env.template")

_CONTAINER: Final = regex(
    r"\b(?:Postgres|MySql|MariaDb)Container\(\s{0,40}(?:image[ ]?=[ ]?)?[\"'](?P<image>[\w./:-]{1,80})"
)
_ASSIGNED: Final = regex(r"^(?:export )?(\w+)=[\"']?([\w.:/-]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


class Said(msgspec.Struct, frozen=True):
    """A place that names a server. `version` is () where it names none that can be read; `line` is 1-based."""

    product: Product
    version: tuple[int, ...]
    path: str
    line: int


def speaks_of_servers(path: str) -> bool:
    """Whether a file of that path (from the root, posix) is one of those that are asked."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(_SUFFIXES) and "dockerfile" not in name.lower():
        return False
    if folder == "supabase" or folder.endswith("/supabase"):
        return name == "config.toml"
    parts = folder.lower().split("/")
    if not _FOREIGN.isdisjoint(parts):
        return False
    if _NAMES.fullmatch(name) is not None:
        return True
    if not name.endswith((".yml", ".yaml")):
        return False
    return f"/{folder}/".endswith(tuple(f"/{ci}" for ci in _CI)) or not _CLUSTER.isdisjoint(parts)


def servers_said(project: Project) -> tuple[Said, ...]:
    """All places that name a server, by path. Looks at a bounded number of files, the outermost first."""
    paths = sorted(
        (path for path in project.beside if speaks_of_servers(path)), key=lambda path: (path.count("/"), path)
    )
    found: list[Said] = []
    for path in paths[:_MOST_FILES]:
        text = project.text_of(path)
        if text is not None:
            found.extend(said_in(path, text[:_MOST_CHARACTERS], _Variables(project, path.rpartition("/")[0])))
    return tuple(found) if any(place.version for place in found) else (*found, *_of_tests(project))


def _of_tests(project: Project) -> Iterator[Said]:
    """What the containers that tests start say."""
    for path, file in project.files.items():
        if any(entry.target.startswith("testcontainers") for entry in file.facts.imports):
            text = file.source.content[:_MOST_CHARACTERS].decode("utf-8", "replace")
            for match in _CONTAINER.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield from (Said(product, version, path, line) for product, version in of_image(match["image"]))


def lowest(said: Iterable[Said], product: Product) -> Said | None:
    """The place that names the lowest version of a product: what runs there has to run everywhere."""
    known = [place for place in said if place.product == product and place.version]
    return min(known, key=lambda place: place.version, default=None)


def said_in(path: str, text: str, variables: Mapping[str, str] = MappingProxyType({})) -> Iterator[Said]:
    """The servers that one file names. `variables`: what `$NAME` stands for, where nothing in the file says it."""
    for line, product, version in found_in(path, text, variables):
        yield Said(product, version, path, line)


class _Variables(Mapping[str, str]):
    """What the `.env` beside a compose file, or the one to copy, says; read when first asked for."""

    def __init__(self, project: Project, folder: str) -> None:
        self._project, self._folder = project, folder

    @cached_property
    def _known(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in _ENVIRONMENTS:
            text = self._project.text_of(inside(self._folder, name)) or ""
            found = dict(_ASSIGNED.findall(text[:_MOST_CHARACTERS])) | found
        return found

    def __getitem__(self, name: str) -> str:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
