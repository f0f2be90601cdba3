"""Text in a dialect that is not PostgreSQL, to operations.

Statements that define something are read by a grammar of our own over their tokens: it knows where each action stands, keeps types and
defaults as written, and knows the forms that sqlglot takes for something else or leaves opaque (`RENAME TABLE`, `ADD COLUMN (…)`,
`CONVERT TO`, `WITHOUT ROWID`, `START TRANSACTION`). It understands a statement in full or not at all. Queries and changes of rows are
sqlglot's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bylaw.facts.migrations import Operation, OtherStatement, UnreadOperation
from bylaw.readers.sql.generic.cursor import Cursor, NotUnderstood
from bylaw.readers.sql.generic.objects import STATEMENTS
from bylaw.readers.sql.lexer import ANY, CLOUD, MYSQL, SQLITE, TSQL, Lexicon
from bylaw.readers.sql.rows import row_change
from bylaw.readers.sql.splitter import Chunk, split
from bylaw.readers.sql.text import Place, Reading

_LEXICONS: Final[dict[str, Lexicon]] = {
    "mysql": MYSQL, "mariadb": MYSQL, "tidb": MYSQL, "singlestore": MYSQL, "doris": MYSQL, "starrocks": MYSQL, "clickhouse": CLOUD,
    "bigquery": CLOUD, "spark": CLOUD, "databricks": CLOUD, "hive": CLOUD, "sqlite": SQLITE, "tsql": TSQL, "mssql": TSQL,
    "oracle": Lexicon(),
}  # fmt: skip
_ALIASES: Final = {"mssql": "tsql", "sqlserver": "tsql", "mariadb": "mysql", "tidb": "mysql", "sqlite3": "sqlite", "libsql": "sqlite", "turso": "sqlite",
                   "d1": "sqlite", "pymysql": "mysql", "mysqldb": "mysql", "aiosqlite": "sqlite"}  # fmt: skip
_CONDITIONAL: Final = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
_LARGEST_INSERT: Final = 4_000


def read_generic(text: str, start: int, end: int, dialect: str, place: Place, reading: Reading) -> None:
    """Read a range of a text statement by statement. What is not understood in full becomes an UnreadOperation."""
    name = _ALIASES.get(dialect, dialect)
    lexicon = _LEXICONS.get(name, ANY)
    if name == "mysql" and text.find("/*!", start, end) >= 0:
        text = text[:start] + _CONDITIONAL.sub(_uncommented, text[start:end]) + text[end:]
    for chunk in split(text, lexicon, start, end, batches=name == "tsql"):
        span = place(chunk.start, chunk.end)
        if chunk.kind == "meta":
            reading.operations.append(OtherStatement("client-command", span))
            continue
        reading.statements.append(span)
        reading.operations.extend(_read(chunk, text, lexicon, name, place))


def _uncommented(match: re.Match[str]) -> str:
    """MySQL runs what stands in `/*!40101 … */`: the comment signs become blanks."""
    opening = match.start(1) - match.start()
    return " " * opening + match[1] + "  "


def _read(chunk: Chunk, text: str, lexicon: Lexicon, dialect: str, place: Place) -> Iterable[Operation]:
    span = place(chunk.start, chunk.end)
    if chunk.problem:
        return (UnreadOperation(span, chunk.problem),)
    source = text[chunk.start : chunk.end]
    word = source[:8].lower()
    if word.startswith(("insert", "replace")):
        change = row_change(source[:_LARGEST_INSERT], lexicon, span, fold=dialect not in {"mysql", "sqlite", "tsql"})
        if change is not None:
            return (change,)
    cursor = Cursor(text, lexicon, chunk.start, chunk.end, dialect, place)
    verb = cursor.peek()
    reader = STATEMENTS.get(verb)
    if reader is None:
        from bylaw.readers.sql.generic.glot import query_operations  # noqa: PLC0415

        return query_operations(source, dialect, span)
    cursor.at = 1
    try:
        return list(reader(cursor, span))
    except NotUnderstood as problem:
        return (UnreadOperation(span, f"as {dialect or 'SQL'} it is not understood from here on: {problem}"),)
