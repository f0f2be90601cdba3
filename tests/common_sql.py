"""Statements that PostgreSQL and its peers share, made up by hypothesis.

Names are put down as `‹name›` where they stand in quotes, so that each dialect can quote them in its own way at the
same length.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

QUOTES = {"postgres": '""', "mysql": "``", "sqlite": '""', "tsql": "[]", "snowflake": '""', "oracle": '""'}

_WORDS = ("users", "orders", "line_items", "a", "b2", "created_at", "total", "note", "kind", "state_of_it")
_QUOTED = ("Odd name", "select", "Users", "ünlike", "x-y", "Table")
NAMES = st.sampled_from(_WORDS) | st.sampled_from(_QUOTED).map("‹{}›".format)
TABLES = NAMES | st.builds("{}.{}".format, st.sampled_from(["shop", "public", "‹My schema›"]), NAMES)
TYPES = st.sampled_from([
    "int", "INTEGER", "bigint", "smallint", "text", "varchar(20)", "VARCHAR(5)", "character varying(7)", "char(3)",
    "numeric(10, 2)", "numeric(10,2)", "decimal(8)", "decimal", "boolean", "timestamp", "date", "real",
    "double precision", "varchar", "timestamp(3)", "timestamptz", "timestamp with time zone", "time", "time(0)",
    "uuid", "json", "int4", "int8", "bool", "float8",
])  # fmt: skip
_TERMS = st.sampled_from([
    "5", "-1", "1.5", "'x'", "'it''s; -- no'", "''", "NULL", "TRUE", "CURRENT_TIMESTAMP", "(1 + 2)", "lower('X')",
    "coalesce(NULL, 3)",
])  # fmt: skip
_CONDITIONS = st.sampled_from([
    "total > 0", "a IS NOT NULL", "kind IN ('x', 'y')", "(a > 1) AND (b2 < 5)", "length(note) < 20", "note <> ')'",
    "a BETWEEN 1 AND 5",
])  # fmt: skip
_ACTIONS = st.sampled_from(
    ["", "", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE", " ON UPDATE NO ACTION"]
)
_NAMED = st.just("") | st.builds("CONSTRAINT {} ".format, NAMES)
_ENDS = st.sampled_from(["", "", " CASCADE", " RESTRICT"])
_OR = st.sampled_from


@st.composite
def _columns(draw: st.DrawFn, least: int = 1) -> str:
    return f"({', '.join(draw(st.lists(NAMES, min_size=least, max_size=3, unique=True)))})"


@st.composite
def definitions(draw: st.DrawFn, name: str | None = None) -> str:
    """A column and at most one option of each kind, in any order."""
    options = draw(
        st.permutations(
            [
                draw(_OR(["", "", "NOT NULL", "NULL"])),
                draw(st.just("") | _TERMS.map("DEFAULT {}".format)),
                draw(st.just("") | _NAMED.map("{}UNIQUE".format)),
                draw(st.just("") | st.builds("{}CHECK ({})".format, _NAMED, _CONDITIONS)),
                draw(st.just("") | st.builds("{}REFERENCES {} ({}){}".format, _NAMED, TABLES, NAMES, _ACTIONS)),
            ]
        )
    )
    words = [name or draw(NAMES), draw(TYPES), *options]
    return " ".join(word for word in words if word)


@st.composite
def constraints(draw: st.DrawFn) -> str:
    body = draw(
        st.one_of(
            _columns().map("PRIMARY KEY {}".format),
            _columns().map("UNIQUE {}".format),
            _CONDITIONS.map("CHECK ({})".format),
            st.builds("FOREIGN KEY ({}) REFERENCES {} ({}){}".format, NAMES, TABLES, NAMES, _ACTIONS),
            st.builds("FOREIGN KEY ({}, z) REFERENCES {} ({}, y){}".format, NAMES, TABLES, NAMES, _ACTIONS),
        )
    )
    return draw(_NAMED) + body


@st.composite
def tables(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    parts = [draw(definitions(name)) for name in names]
    more = draw(st.lists(constraints(), max_size=3))
    more = [one for at, one in enumerate(more) if "PRIMARY KEY" not in one or at == 0]
    head = draw(_OR(["CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", "create table ", "CREATE TEMPORARY TABLE "]))
    return f"{head}{draw(TABLES)} ({', '.join([*parts, *more])})"


_ADDED = st.builds(
    "{}{}".format, _OR(["ADD COLUMN ", "ADD ", "add column ", "ADD COLUMN IF NOT EXISTS "]), definitions()
)
_CHANGED = st.builds(
    "ALTER COLUMN {} {}".format,
    NAMES,
    st.one_of(
        _TERMS.map("SET DEFAULT {}".format),
        _OR(["DROP DEFAULT", "SET NOT NULL", "DROP NOT NULL"]),
        TYPES.map("TYPE {}".format),
        TYPES.map("SET DATA TYPE {}".format),
    ),
)
_DROPPED = st.builds("{}{}{}".format, _OR(["DROP COLUMN ", "DROP COLUMN IF EXISTS "]), NAMES, _ENDS)
_RELEASED = st.builds("DROP CONSTRAINT {}{}{}".format, _OR(["", "IF EXISTS "]), NAMES, _ENDS)
_ACTION = st.one_of(_ADDED, _ADDED, _CHANGED, _DROPPED, _RELEASED, constraints().map("ADD {}".format))
_ALONE = st.one_of(st.builds("RENAME COLUMN {} TO {}".format, NAMES, NAMES), NAMES.map("RENAME TO {}".format))


@st.composite
def alterations(draw: st.DrawFn) -> str:
    actions = draw(st.lists(_ACTION, min_size=1, max_size=4) | _ALONE.map(lambda one: [one]))
    head = draw(_OR(["ALTER TABLE ", "alter table ", "ALTER TABLE IF EXISTS "]))
    return f"{head}{draw(TABLES)} {', '.join(actions)}"


_INDEXED = st.lists(
    st.one_of(NAMES, NAMES.map("{} DESC".format), _OR(["lower(note)", "(a + 1)"])), min_size=1, max_size=3
).map(", ".join)
_INDEXES = st.builds(
    "CREATE {}INDEX {}{} ON {} ({}){}".format,
    _OR(["", "UNIQUE "]), _OR(["", "IF NOT EXISTS "]), NAMES, TABLES, _INDEXED,
    st.just("") | _CONDITIONS.map(" WHERE {}".format),
)  # fmt: skip
_DROPS = st.builds(
    "DROP {} {}{}{}".format, _OR(["TABLE", "VIEW", "SEQUENCE", "SCHEMA"]), _OR(["", "IF EXISTS "]), NAMES, _ENDS
) | st.builds("DROP TABLE {}, {}".format, TABLES, TABLES)
_VIEWS = st.builds(
    "CREATE {}VIEW {} AS SELECT {} FROM {} WHERE {}".format,
    _OR(["", "OR REPLACE "]), TABLES, st.lists(NAMES, min_size=1, max_size=3).map(", ".join), TABLES, _CONDITIONS,
)  # fmt: skip
_ROWS = st.one_of(
    st.builds("INSERT INTO {} {} VALUES (1)".format, TABLES, NAMES.map("({})".format)),
    st.builds("INSERT INTO {} ({}) SELECT {} FROM {}".format, TABLES, NAMES, NAMES, TABLES),
    st.builds("UPDATE {} SET {} = 1, z = z + 1 WHERE {}".format, TABLES, NAMES, _CONDITIONS),
    st.builds("UPDATE {} SET {} = NULL".format, TABLES, NAMES),
    st.builds("DELETE FROM {} WHERE {}".format, TABLES, _CONDITIONS),
    st.builds("DELETE FROM {}".format, TABLES),
)
COMMENTS = (" /* a, (b */ ", " -- c;\n")
_SPACES = _OR([" ", " ", " ", "  ", "\n", "\n\t", *COMMENTS])


@st.composite
def statements(draw: st.DrawFn) -> str:
    text: str = draw(st.one_of(tables(), alterations(), alterations(), _INDEXES, _DROPS, _VIEWS, _ROWS))
    if draw(st.booleans()):
        return text
    return re.sub(r"(?<=[\w,)]) (?=[A-Z])", lambda _: str(draw(_SPACES)), text)  # not inside of literals


def in_dialect(text: str, dialect: str) -> str:
    quotes = QUOTES[dialect]
    return text.replace("‹", quotes[0]).replace("›", quotes[1])


def without_comments(text: str) -> str:
    for comment in COMMENTS:
        text = text.replace(comment, " ")
    return text
