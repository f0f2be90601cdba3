"""Random statements, one after the other: whatever the server accepts, the replayed schema follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_server_operations import replayed

if TYPE_CHECKING:
    from postgres_server import Connection

_TABLES = st.sampled_from(["one", "two", "a_much_longer_name_of_a_table_than_anybody_needs"])
_COLUMNS = st.sampled_from(["a", "b", "c", "d"])
_NAMES = st.sampled_from(["x", "y", "z", "one_a_key", "two_b_check", "one_a_idx", "one_pkey", "two_a_not_null"])
_TYPES = st.sampled_from(
    ["int", "bigint", "text", "varchar(10)", "numeric(6, 2)", "boolean", "timestamptz(3)", "text[]", "serial", "jsonb"]
)
_INLINE = st.sampled_from(
    [
        "", "", "", "NOT NULL", "NULL", "UNIQUE", "PRIMARY KEY", "DEFAULT NULL", "DEFAULT NULL NOT NULL",
        "CHECK ({column} IS NOT NULL)", "CONSTRAINT x UNIQUE", "CONSTRAINT y NOT NULL", "REFERENCES one",
        "GENERATED ALWAYS AS IDENTITY",
    ]
)  # fmt: skip


@st.composite
def _definition(draw: st.DrawFn, column: str | None = None) -> str:
    name = column or draw(_COLUMNS)
    return f"{name} {draw(_TYPES)} {draw(_INLINE).format(column=name)}".strip()


@st.composite
def _create(draw: st.DrawFn) -> str:
    columns = draw(st.lists(_COLUMNS, min_size=1, max_size=4, unique=True))
    parts = [draw(_definition(column)) for column in columns]
    parts += draw(st.lists(_constraint(), max_size=1))
    exists = draw(st.sampled_from(["", "IF NOT EXISTS "]))
    return f"CREATE TABLE {exists}{draw(_TABLES)} ({', '.join(parts)})"


@st.composite
def _constraint(draw: st.DrawFn) -> str:
    one, other = draw(st.lists(_COLUMNS, min_size=2, max_size=2, unique=True))
    name = draw(st.one_of(st.just(""), _NAMES.map(lambda name: f"CONSTRAINT {name} ")))
    body = draw(
        st.sampled_from(
            [
                "UNIQUE ({one})", "UNIQUE ({one}, {other})", "PRIMARY KEY ({one})", "PRIMARY KEY ({one}, {other})",
                "CHECK ({one} IS NOT NULL)", "CHECK ({one} IS NOT NULL OR {other} IS NULL)",
                "FOREIGN KEY ({one}) REFERENCES two",
            ]
        )
    )  # fmt: skip
    return name + body.format(one=one, other=other)


@st.composite
def _action(draw: st.DrawFn) -> str:
    column = draw(_COLUMNS)
    return draw(
        st.one_of(
            st.builds("ADD COLUMN {}".format, _definition()),
            st.builds("ADD COLUMN IF NOT EXISTS {}".format, _definition()),
            st.builds("DROP COLUMN {} {}".format, st.just(column), st.sampled_from(["", "CASCADE"])),
            st.builds("ADD {}".format, _constraint()),
            st.builds("ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID".format, _NAMES, _COLUMNS),
            st.builds("ADD CONSTRAINT {} NOT NULL {} NOT VALID".format, _NAMES, _COLUMNS),
            st.builds("DROP CONSTRAINT {} {}".format, _NAMES, st.sampled_from(["", "CASCADE"])),
            st.builds("VALIDATE CONSTRAINT {}".format, _NAMES),
            st.sampled_from(
                [
                    f"ALTER {column} SET NOT NULL", f"ALTER {column} DROP NOT NULL", f"ALTER {column} DROP DEFAULT",
                    f"ALTER {column} SET DEFAULT NULL", f"ALTER {column} TYPE text", f"ALTER {column} DROP IDENTITY",
                    f"ALTER {column} TYPE bigint USING NULL", f"ALTER {column} ADD GENERATED ALWAYS AS IDENTITY",
                ]
            ),
        )
    )  # fmt: skip


_STATEMENTS = st.one_of(
    _create(),
    st.builds("ALTER TABLE {} {}".format, _TABLES, _action()),
    st.builds("ALTER TABLE {} {}".format, _TABLES, _action()),
    st.builds("ALTER TABLE {} {}, {}".format, _TABLES, _action(), _action()),
    st.builds("ALTER TABLE {} RENAME COLUMN {} TO {}".format, _TABLES, _COLUMNS, _COLUMNS),
    st.builds("ALTER TABLE {} RENAME TO {}".format, _TABLES, _TABLES),
    st.builds("ALTER TABLE {} RENAME CONSTRAINT {} TO {}".format, _TABLES, _NAMES, _NAMES),
    st.builds("CREATE {}INDEX {} ON {} ({})".format, st.sampled_from(["", "UNIQUE "]), _NAMES, _TABLES, _COLUMNS),
    st.builds("CREATE INDEX ON {} ({})".format, _TABLES, st.sampled_from(["a", "b, c", "d, a"])),
    st.builds("ALTER INDEX {} RENAME TO {}".format, _NAMES, _NAMES),
    st.builds("DROP INDEX {}".format, _NAMES),
    st.builds("DROP TABLE {} {}".format, _TABLES, st.sampled_from(["", "CASCADE"])),
    st.builds("COMMENT ON COLUMN {}.{} IS {}".format, _TABLES, _COLUMNS, st.sampled_from(["'x'", "NULL"])),
)


@settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(st.lists(_STATEMENTS, min_size=4, max_size=14))
def test_whatever_the_server_accepts(database: Connection, statements: list[str]) -> None:
    psycopg = pytest.importorskip("psycopg")
    from postgres_server import empty
    from schema_comparison import differences, of_replay, of_server

    empty(database)
    accepted = ["CREATE TABLE one (a int PRIMARY KEY, b text)", "CREATE TABLE two (b bigint PRIMARY KEY, c int UNIQUE)"]
    for statement in accepted:
        database.execute(statement)  # type: ignore[call-overload]
    for statement in statements:
        try:
            database.execute(statement)  # type: ignore[call-overload]
        except psycopg.Error:
            continue
        accepted.append(statement)
    schema = replayed(accepted)[-1]
    assert differences(of_replay(schema, database), of_server(database)) == [], "\n".join(accepted)
