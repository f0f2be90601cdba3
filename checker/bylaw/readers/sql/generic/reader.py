"""Text in a dialect that is not PostgreSQL, to operations.

Statements that define something are read by a grammar of our own over their tokens. It knows where each action stands,
keeps types and defaults as written, and knows the forms that sqlglot takes for something else or leaves opaque
(`RENAME TABLE`, `ADD COLUMN (…)`, `CONVERT TO`, `WITHOUT ROWID`, `START TRANSACTION`). It understands a statement in
full or not at all. Queries and changes of rows are sqlglot's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bylaw.facts.migrations import Operation, OtherStatement, UnreadOperation
from bylaw.readers.sql.generic.cursor import Cursor, NotUnderstood
from bylaw.readers.sql.generic.statements import STATEMENTS
from bylaw.readers.sql.lexer import ANY, CLOUD, MYSQL, SQLITE, TSQL, Lexicon
from bylaw.readers.sql.rows import begun_table, row_change
from bylaw.readers.sql.splitter import split
from bylaw.readers.sql.text import Reading, Stretch

_LEXICONS: Final[dict[str, Lexicon]] = {
    "mysql": MYSQL, "singlestore": MYSQL, "doris": MYSQL, "starrocks": MYSQL, "clickhouse": CLOUD, "bigquery": CLOUD,
    "spark": CLOUD, "databricks": CLOUD, "hive": CLOUD, "sqlite": SQLITE, "tsql": TSQL, "oracle": Lexicon(),
}  # fmt: skip
_ALIASES: Final = {
    "mssql": "tsql", "sqlserver": "tsql", "mariadb": "mysql", "tidb": "mysql", "pymysql": "mysql", "mysqldb": "mysql",
    "sqlite3": "sqlite", "aiosqlite": "sqlite", "libsql": "sqlite", "turso": "sqlite", "d1": "sqlite",
}  # fmt: skip
_UNFOLDED: Final = frozenset({"mysql", "sqlite", "tsql"})
_CONDITIONAL: Final = re.compile(r"/\*M?!\d*|\*/")
_PROCEDURE: Final = re.compile(
    r"create\s(?:[^(]{0,300}?\s)?procedure\s{1,9}(?:if\s{1,9}not\s{1,9}exists\s{1,9})?(?:[`\w]{1,99}\.)?`?(\w{1,99})",
    re.IGNORECASE,
)
_CALL: Final = re.compile(r"\w{1,9}\s{1,9}(?:[`\w]{1,99}\.)?`?(\w{1,99})")
_DEFINES: Final = re.compile(
    r"\b(?:alter|create|drop|rename|truncate)\s{1,9}(?:table|index|view)\b|\bprepare\b", re.IGNORECASE
)
_LARGEST_INSERT: Final = 4_000
"""Characters of an INSERT that are looked at for its table and columns."""


def read_generic(stretch: Stretch, dialect: str, reading: Reading) -> None:
    """Read a stretch of text statement by statement. What is not understood in full becomes an UnreadOperation."""
    name = _ALIASES.get(dialect, dialect)
    lexicon = _LEXICONS.get(name, ANY)
    bodies: dict[str, str] = {}
    if name == "mysql" and _CONDITIONAL.search(stretch.source):
        stretch = stretch.rewritten(_uncommented(stretch.source))
    for chunk in split(stretch.text, lexicon, stretch.start, stretch.end, batches=name == "tsql"):
        part = stretch.part(chunk.start, chunk.end)
        if chunk.kind == "meta":
            reading.operations.append(OtherStatement("client-command", part.span))
            continue
        reading.statements.append(part.span)
        if chunk.problem:
            reading.operations.append(UnreadOperation(part.span, chunk.problem))
            continue
        for operation in _read(part, lexicon, name):
            reading.operations.append(_with_body(operation, part.source, bodies))
        if defined := _PROCEDURE.match(part.source):
            bodies[defined[1].lower()] = part.source


def _with_body(operation: Operation, source: str, bodies: Mapping[str, str]) -> Operation:
    """The operation; where it calls a procedure of the same text that defines something, one that is not understood."""
    if not isinstance(operation, OtherStatement) or operation.kind != "call":
        return operation
    name = called[1] if (called := _CALL.match(source)) is not None else ""
    if _DEFINES.search(bodies.get(name.lower(), "")) is None:
        return operation
    return UnreadOperation(operation.span, f"it calls `{name}`, whose body is not read")


def read_plain(stretch: Stretch) -> Iterable[Operation]:
    """The operations of the single statement that fills a stretch, as SQLite takes it, which knows the most words."""
    return _read(stretch, SQLITE, "sqlite")


def _uncommented(source: str) -> str:
    """MySQL runs what stands in `/*!40101 … */`, MariaDB what stands in `/*M!100100 … */` as well: the signs of such
    comments become blanks.
    """
    parts: list[str] = []
    last, inside = 0, False
    for match in _CONDITIONAL.finditer(source):
        if inside != (match[0] == "*/"):
            continue
        parts += [source[last : match.start()], " " * len(match[0])]
        last, inside = match.end(), not inside
    return "".join([*parts, source[last:]])


def _read(stretch: Stretch, lexicon: Lexicon, dialect: str) -> Iterable[Operation]:
    if stretch.source[:8].lower().startswith(("insert", "replace")):
        beginning = stretch.source[:_LARGEST_INSERT]
        change = row_change(beginning, lexicon, stretch.span, fold=dialect not in _UNFOLDED)
        if change is not None:
            return (change,)
    cursor = Cursor(stretch, lexicon, dialect)
    if cursor.is_done():
        return ()
    reader = STATEMENTS.get(cursor.peek())
    if reader is None:
        from bylaw.readers.sql.generic.glot import query_operations  # noqa: PLC0415

        return query_operations(stretch.source, dialect, stretch.span)
    cursor.at = 1
    try:
        found = list(reader(cursor, stretch.span))
    except NotUnderstood as problem:
        reason = f"as {dialect or 'SQL'} it is not understood from here on: {problem}"
        fold = dialect not in _UNFOLDED
        return (*begun_table(stretch.source, lexicon, stretch.span, fold=fold), UnreadOperation(stretch.span, reason))
    return found or (UnreadOperation(stretch.span, "it breaks off"),)
