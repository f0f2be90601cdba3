"""Which tool runs an SQL file, as far as its path and its own comments tell, and which part of it is the way up."""

from __future__ import annotations

import re
from typing import Final

from bylaw.readers.sql.folders import DIALECTS, DOWN_NAME, NO_MIGRATION_NAMES, ORDINAL, UP_NAME, by_path
from bylaw.readers.sql.layout import Layout, SqlFile, in_no_part
from bylaw.readers.sql.marks import by_content, says_no_transaction

_NO_MIGRATION_PARTS: Final = frozenset({
    "test", "tests", "testdata", "test_data", "__tests__", "fixtures", "fixture", "testing", "spec", "specs",
    "node_modules", "vendor", "third_party", "mocks", "e2e", "queries", "seeds", "seeders", "seed", "dumps",
    "snapshots", "snaplet", "stub", "stubs",
})  # fmt: skip
_OF_TESTS: Final = re.compile(r"^tests?[_\-]|[_\-]tests?$")
_DATED: Final = re.compile(r"^\d{4}[-_.]\d\d?[-_.]\d\d?(?:[_.\- ]|$)")
_TABLE_CHANGE: Final = re.compile(r"\b(?:create|alter|drop)\s{1,9}table\b", re.IGNORECASE | re.ASCII)
_CHANGE: Final = re.compile(
    r"\b(?:create|alter|drop|truncate|update|delete|grant|revoke|reindex|comment)\s", re.IGNORECASE | re.ASCII
)
_SPLIT: Final = re.compile(r"^--split[ \t]*$", re.MULTILINE)
"""A line of what is split into migrations, and is none itself."""
_LARGEST_UNKNOWN: Final = 500_000
"""Characters: what is larger is a dump."""
_ENDINGS: Final = ("sqlite", "mysql", "postgres", "postgresql")
"""What a folder's name may end with, to say for which server it is (`storesqlite`)."""


def layout_of(path: str, text: str) -> Layout | None:
    """The layout of a file that is a migration; None for any other SQL file (queries, dumps, seeds, fixtures)."""
    file, parts = _parted(path)
    if _are_others(parts) or _is_to_be_split(parts, text):
        return None
    found = by_content(file, text) or by_path(file, parts, text)
    if found is None:
        return None
    if found.name == "sqitch" and _undoes_or_checks(parts):
        return in_no_part("sqitch", found.revision)
    transactional = found.transactional
    if transactional is None and says_no_transaction(text):
        transactional = False
    return Layout(found.name, found.revision, found.up, transactional, found.dialect or _dialect(file, parts))


def _are_others(parts: list[str]) -> bool:
    """Whether one of the folders holds what tests, queries or other projects need."""
    return not _NO_MIGRATION_PARTS.isdisjoint(parts) or any(_OF_TESTS.search(part) for part in parts)


def _is_to_be_split(parts: list[str], text: str) -> bool:
    """Whether it is a source, in a folder below `src`, of which a tool makes migrations."""
    return parts[-2:-1] == ["src"] and "--split" in text and _SPLIT.search(text) is not None


def _undoes_or_checks(parts: list[str]) -> bool:
    """Whether the file lies in Sqitch's folder `revert` or `verify`: what takes a reworked change back is the deploy
    script of before, heading included.
    """
    half = next((part for part in reversed(parts) if part in {"deploy", "revert", "verify"}), "deploy")
    return half != "deploy"


def unknown_layout(path: str, text: str) -> Layout | None:
    """For a file that `layout_of` knows nothing of: how to read it, if it may be a migration all the same."""
    file, parts = _parted(path)
    if _are_others(parts) or len(text) > _LARGEST_UNKNOWN or _is_to_be_split(parts, text):
        return None
    if NO_MIGRATION_NAMES.search(file.stem) or DOWN_NAME.search(file.stem) or _CHANGE.search(text) is None:
        return None
    return Layout("", UP_NAME.sub("", file.stem), ((0, len(text)),), dialect=_dialect(file, parts))


def is_suspected(path: str, text: str) -> bool:
    """Whether a file of an unknown layout is called like a migration, and changes tables."""
    file, parts = _parted(path)
    numbered = ORDINAL.match(file.stem) or _DATED.match(file.stem)
    return bool(numbered) and not any("init" in part for part in parts) and _TABLE_CHANGE.search(text) is not None


def _parted(path: str) -> tuple[SqlFile, list[str]]:
    """The file, and the names of all its folders, in lower case."""
    *folders, name = path.split("/")
    file = SqlFile(name.rpartition(".")[0] or name, folders[-1] if folders else "")
    return file, [part.lower() for part in folders]


def _dialect(file: SqlFile, parts: list[str]) -> str:
    """What a folder or the name's suffix says: `migrations/sqlite/0001_x.sql`, `0001_x.mysql.up.sql`."""
    for word in file.stem.lower().split(".")[1:]:
        if word in DIALECTS:
            return DIALECTS[word]
    if file.stem in {"migration", "up", "down"} and file.folder[:1].isdigit():
        parts = parts[:-1]  # the migration's own name: `20240801_move_to_postgres`
    for part in reversed(parts[-4:]):
        if part in DIALECTS:
            return DIALECTS[part]
    for part in reversed(parts[-3:]):
        for word in re.split(r"[._\-]", part):
            if len(word) > 2 and word in DIALECTS:
                return DIALECTS[word]
            if found := next((name for name in _ENDINGS if word.endswith(name)), ""):
                return DIALECTS[found]
    return ""
