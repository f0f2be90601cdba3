"""Tools whose SQL files bear their own marks, wherever they lie: the halves of a file, and its transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

import msgspec

from bylaw.readers.sql.folders import FLYWAY
from bylaw.readers.sql.layout import Layout, Range, SqlFile, in_full, in_no_part


class _Marker(msgspec.Struct, frozen=True):
    """How a tool marks the halves of a file: `up` and `down` match whole comment lines that hold the `hint`."""

    name: str
    hint: str
    up: str
    down: str
    starts_up: bool = False
    """What stands before the first mark belongs to the way up."""


@cache
def _line(pattern: str) -> re.Pattern[str]:
    """A whole line that begins so. Compiled when first needed: most projects use one tool."""
    return re.compile(rf"^[ \t]*{pattern}[^\n]*$", re.MULTILINE | re.IGNORECASE | re.ASCII)


_MARKERS: Final = (
    _Marker("goose", "+goose", r"--[ \t]*\+goose[ \t]+up\b", r"--[ \t]*\+goose[ \t]+down\b"),
    _Marker("dbmate", "migrate:", r"--[ \t]*migrate:up\b", r"--[ \t]*migrate:down\b"),
    _Marker("sql-migrate", "+migrate", r"--[ \t]*\+migrate[ \t]+up\b", r"--[ \t]*\+migrate[ \t]+down\b"),
    _Marker("node-pg-migrate", "igration", r"--[ \t-]*up migration", r"--[ \t-]*down migration", True),
    _Marker("tern", "drop below", r"-{4} create above \?{3}", r"-{4} create above / drop below", True),
    _Marker("aerich", "grade --", r"-- upgrade --", r"-- downgrade --"),
    _Marker("play", "!ups", r"(?:#|--)[ \t]*(?:---[ \t]*)?!ups", r"(?:#|--)[ \t]*(?:---[ \t]*)?!downs"),
    _Marker("mybatis", "@undo", r"--[ \t]*//[ \t]*@do\b", r"--[ \t]*//[ \t]*@undo\b", True),
    _Marker("rambler", "rambler", r"--[ \t]*rambler[ \t]+up\b", r"--[ \t]*rambler[ \t]+down\b"),
    _Marker("shmig", "====", r"--[ \t]*={4}[ \t]*up[ \t]*={4}", r"--[ \t]*={4}[ \t]*down[ \t]*={4}"),
)
_NO_TRANSACTION: Final = r"""^[ \t]*--[ \t]*(?:
        \+goose[ \t]+no[ \t]+transaction
      | migrate:up[^\n]*\btransaction:[ \t]*false
      | \+migrate[ \t]+up[^\n]*\bnotransaction
      | (?:sqlx:[ \t]*)?no-transaction\b
      | (?:postgres-migrations[ \t]+)?!?[ \t]*disable-transaction\b
      | !?[ \t]*no-transaction\b
      | flyway:executeintransaction=false
      | changeset[^\n]*\brunintransaction:[ \t]*false
      | atlas:txmode[ \t]+none
      | transactional:[ \t]*false
      | morph:nontransactional\b
      | --[ \t]*tern:[ \t]*disable-tx\b
)"""
_TRANSACTION: Final = ("transaction", "txmode", "disable-tx")
"""Words of which every such mark has one."""
_LIQUIBASE: Final = r"--[ \t]*liquibase[ \t]+formatted[ \t]+sql"
_CHANGESET: Final = r"--[ \t]*changeset[ \t]"
_SQITCH: Final = r"--[ \t]*(deploy|revert|verify)[ \t]+(?:\S+:\S+|[\w@.:/-]+[ \t]+(?:to|from|on)[ \t]+\w+)"
_HALF: Final = re.compile(r"\.(?:up|down)$", re.IGNORECASE)
_BREAKPOINT: Final = "--> statement-breakpoint"


def says_no_transaction(text: str) -> bool:
    """Whether a comment tells the tool to run the file outside of a transaction."""
    lowered = text.lower()
    if not any(word in lowered for word in _TRANSACTION):
        return False
    flags = re.MULTILINE | re.IGNORECASE | re.ASCII | re.VERBOSE
    return re.search(_NO_TRANSACTION, text, flags) is not None


def by_content(file: SqlFile, text: str) -> Layout | None:
    """The layout of a file with the marks of a tool; None where it bears none."""
    if "--" not in text and "#" not in text:
        return None
    lowered = text.lower() if len(text) < 1_000_000 else text[:100_000].lower()
    for marker in _MARKERS:
        if marker.name == "node-pg-migrate" and (_HALF.search(f".{file.stem}") or FLYWAY.match(file.stem)):
            continue  # which half it is, its name says: the comment is about something
        if marker.hint in lowered and (_line(marker.up).search(text) or _line(marker.down).search(text)):
            return Layout(marker.name, file.stem, tuple(_up_ranges(marker, text)))
    if "liquibase" in lowered and re.match(_LIQUIBASE, text.lstrip(), re.IGNORECASE):
        return Layout("liquibase", file.stem, tuple(_changesets(text)))
    if ("deploy" in lowered or "revert" in lowered or "verify" in lowered) and (
        header := re.match(_SQITCH, text.lstrip(), re.IGNORECASE)
    ):
        direction = (header[1] or header[2]).lower()
        return in_full("sqitch", file.stem, text) if direction == "deploy" else in_no_part("sqitch", file.stem)
    if _BREAKPOINT in text:
        return in_full("drizzle", file.folder if file.stem == "migration" else file.stem, text)
    return None


def _changesets(text: str) -> Iterator[Range]:
    """A changeset ends where the next one begins, be there a semicolon or not."""
    heads = [match.start() for match in _line(_CHANGESET).finditer(text)]
    yield from pairwise([0, *(start for start in heads if start), len(text)])


def _up_ranges(marker: _Marker, text: str) -> Iterator[Range]:
    marks = [(match.start(), match.end(), True) for match in _line(marker.up).finditer(text)]
    marks += [(match.start(), match.end(), False) for match in _line(marker.down).finditer(text)]
    marks.sort()
    position, up = 0, marker.starts_up
    for start, end, is_up in marks:
        if up and start > position:
            yield position, start
        position, up = end, is_up
    if up and position < len(text):
        yield position, len(text)
