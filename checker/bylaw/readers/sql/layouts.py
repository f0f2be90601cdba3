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
    "snapshots", "snaplet",
})  # fmt: skip
_DATED: Final = re.compile(r"^\d{4}[-_.]\d\d?[-_.]\d\d?(?:[_.\- ]|$)")
_TABLE_CHANGE: Final = re.compile(r"\b(?:create|alter|drop)\s{1,9}table\b", re.IGNORECASE | re.ASCII)
_LARGEST_UNKNOWN: Final = 500_000
"""Characters: what is larger is a dump."""
_ENDINGS: Final = ("sqlite", "mysql", "postgres", "postgresql")
"""What a folder's name may end with, to say for which server it is (`storesqlite`)."""


def layout_of(path: str, text: str) -> Layout | None:
    """The layout of a file that is a migration; None for any other SQL file (queries, dumps, seeds, fixtures)."""
    *folders, name = path.split("/")
    parts = [part.lower() for part in folders]
    if not _NO_MIGRATION_PARTS.isdisjoint(parts):
        return None
    file = SqlFile(name.rpartition(".")[0] or name, folders[-1] if folders else "")
    found = by_content(file, text) or by_path(file, parts, text)
    if found is None:
        return None
    if found.name == "sqitch" and _undoes_or_checks(parts):
        return in_no_part("sqitch", found.revision)
    transactional = found.transactional
    if transactional is None and says_no_transaction(text):
        transactional = False
    return Layout(found.name, found.revision, found.up, transactional, found.dialect or _dialect(file, parts))


def _undoes_or_checks(parts: list[str]) -> bool:
    """Whether the file lies in Sqitch's folder `revert` or `verify`: what takes a reworked change back is the deploy
    script of before, heading included.
    """
    half = next((part for part in reversed(parts) if part in {"deploy", "revert", "verify"}), "deploy")
    return half != "deploy"


def unknown_layout(path: str, text: str) -> Layout | None:
    """For a file that `layout_of` knows nothing of: how to read it, if it may be a migration all the same."""
    *folders, name = path.split("/")
    parts = [part.lower() for part in folders]
    file = SqlFile(name.rpartition(".")[0] or name, folders[-1] if folders else "")
    numbered = ORDINAL.match(file.stem) or _DATED.match(file.stem)
    if not numbered or not _NO_MIGRATION_PARTS.isdisjoint(parts) or any("init" in part for part in parts):
        return None
    if NO_MIGRATION_NAMES.search(file.stem) or DOWN_NAME.search(file.stem) or len(text) > _LARGEST_UNKNOWN:
        return None
    if _TABLE_CHANGE.search(text) is None:
        return None
    return Layout("", UP_NAME.sub("", file.stem), ((0, len(text)),), dialect=_dialect(file, parts))


def _dialect(file: SqlFile, parts: list[str]) -> str:
    """What a folder or the name's suffix says: `migrations/sqlite/0001_x.sql`, `0001_x.mysql.up.sql`."""
    for word in file.stem.lower().split(".")[1:]:
        if word in DIALECTS:
            return DIALECTS[word]
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
