"""Runners that run all migrations of a deployment in one transaction, and how each of them gets one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.migrations.environment import environment
from bylaw.project.migrations.order.runners import FLYWAY_FILES
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.paths import inside, upwards

if TYPE_CHECKING:
    from bylaw.project import File, Project

_MOST_CHARACTERS: Final = 200_000
_OPTION: Final = "transaction_per_migration"
_NEEDED: Final = regex(r"\bconfigure\(")
_WRAPPED: Final = regex(r"\bbegin_transaction\(")
_OPTION_OFF: Final = regex(rf"\b{_OPTION}\s*=\s*(?!False\b)|[\"']{_OPTION}[\"']")
_BEGUN: Final = regex(r"\.begin\(\)\s+as\b")
_GROUPED: Final = regex(
    r"^[ \t]*(?:spring\.)?(?:flyway\.)?group[ \t]*=[ \t]*[\"']?true\b", re.MULTILINE | re.IGNORECASE
)
_SECTION: Final = regex(r"^[ \t]*\[([\w.]+)\]", re.MULTILINE)
_DRIZZLE: Final = regex(r"\"drizzle-orm\"\s*:\s*\"[~^]?0\.\d+\.")
_NODE_PG: Final = regex(r"\"[\w:.-]+\"\s*:\s*\"(?:[^\"\\]|\\.){0,300}\bnode-pg-migrate\s(?:[^\"\\]|\\.){0,300}\"")


class Together(msgspec.Struct, frozen=True):
    """`runner` is who runs the migrations; `remedy`, an imperative, gives each a transaction of its own."""

    runner: str
    remedy: str = ""


def together(project: Project, tree: MigrationTree) -> Together | None:
    """None where each migration of the tree has a transaction of its own, or where that is not known."""
    if tree.tool == "alembic":
        return _by_alembic(project, tree)
    layouts = {step.migration.layout or tree.layout for step in tree.steps}
    match layouts.pop() if len(layouts) == 1 else "":
        case "drizzle" if any(_DRIZZLE.search(text) for _, text in _beside(project, tree, "package.json")):
            return Together("Drizzle")
        case "node-pg-migrate":
            return _by_node_pg_migrate(project, tree)
        case "flyway":
            return _by_flyway(project, tree)
        case _:
            return None


def begins_itself(project: Project, tree: MigrationTree) -> bool:
    """Whether Alembic's `env.py` begins the transaction. Alembic cannot leave it then: `autocommit_block()` fails."""
    file = environment(project, tree) if tree.tool == "alembic" else None
    return file is not None and _BEGUN.search(_text(file)) is not None


def _text(file: File) -> str:
    return file.source.content.decode("utf-8", "replace")


def _by_alembic(project: Project, tree: MigrationTree) -> Together | None:
    """Unless `env.py` asks for `transaction_per_migration`. Whatever else names that option may hand it over."""
    file = environment(project, tree)
    if file is None:
        return None
    text, path = _text(file), file.path
    if not _NEEDED.search(text) or not _WRAPPED.search(text) or _OPTION_OFF.search(text):
        return None
    if any(_OPTION in other.facts.words for other in project.files.values() if other is not file):
        return None
    begun = " and connect with `connect()` instead of `begin()`" if _BEGUN.search(text) else ""
    return Together("Alembic", f"set `{_OPTION}=True` in the `context.configure()` of `{path}`{begun}")


def _by_node_pg_migrate(project: Project, tree: MigrationTree) -> Together | None:
    for path, text in _beside(project, tree, "package.json"):
        scripts = _NODE_PG.findall(text)
        if scripts:
            off = any("single-transaction" in script for script in scripts)
            return None if off else Together("node-pg-migrate", f"pass `--no-single-transaction` in `{path}`")
    return None


def _by_flyway(project: Project, tree: MigrationTree) -> Together | None:
    modern = False
    for name in FLYWAY_FILES:
        for path, text in _beside(project, tree, name):
            modern = modern or name.endswith(".toml")
            if modern and name.endswith(".conf"):
                continue  # Flyway reads one of the two formats
            found = _GROUPED.search(text)
            if found is not None and _is_flyways(text, found.start(), path):
                return Together("Flyway", f"take `{found[0].strip()}` out of `{path}`")
    return None


def _is_flyways(text: str, at: int, path: str) -> bool:
    """A table of TOML has a name; other files name Flyway in the key, unless they are Flyway's own."""
    if path.endswith(".toml"):
        section = [match[1] for match in _SECTION.finditer(text, 0, at)]
        return bool(section) and section[-1] == "flyway"
    line = text[at:].lstrip().partition("=")[0]
    return "flyway." in line


def _beside(project: Project, tree: MigrationTree, name: str) -> Iterator[tuple[str, str]]:
    """The files of that name in the tree's folder and those above it, the nearest first."""
    for folder in upwards(tree.folder):
        path = inside(folder, name)
        text = project.text_of(path)
        if text is not None:
            yield path, text[:_MOST_CHARACTERS]
