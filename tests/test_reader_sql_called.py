"""Functions that a migration defines and calls: what their bodies do, the migration does."""

from __future__ import annotations

import pytest

from bylaw.facts.migrations import CreateIndex, DataChange, DropColumn, Operation, UnreadOperation
from bylaw.readers import read_file

DROPS = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE t DROP COLUMN b; END $$;\n"


def read(text: str) -> list[Operation]:
    (migration,) = read_file("migrations/002_x.up.sql", text.encode()).migrations
    return list(migration.operations)


def drops(text: str) -> list[str]:
    """The text at each dropped column."""
    found = [one.span for one in read(text) if isinstance(one, DropColumn)]
    return [text.encode()[span.start : span.end].decode() for span in found]


@pytest.mark.parametrize(
    "call",
    [
        "SELECT f();",
        "select public.F() ;",
        "DO $x$ BEGIN PERFORM f(); END $x$;",
        "SELECT f();\nSELECT f();",
        "DO $x$ BEGIN EXECUTE 'SELECT f()'; END $x$;\nSELECT f();",
    ],
)
def test_a_function_that_is_called_does_what_its_body_says(call: str) -> None:
    assert drops(DROPS + call) == ["ALTER TABLE t DROP COLUMN b"]


@pytest.mark.parametrize(
    "text",
    [
        DROPS,
        "SELECT f();\n" + DROPS,
        DROPS + "SELECT g();",
        "-- CREATE FUNCTION f() AS 'x';\nSELECT f();",
        DROPS.replace("plpgsql", "plpython3u") + "SELECT f();",
    ],
)
def test_what_nobody_calls_is_not_done(text: str) -> None:
    assert drops(text) == []


def test_procedures_and_plain_sql() -> None:
    body = "ALTER TABLE t DROP COLUMN b; CREATE INDEX i ON t (a)"
    text = f'CREATE OR REPLACE PROCEDURE "F"(a int) AS \'{body}\' LANGUAGE SQL;\nCALL "F"(1);'
    assert drops(text) == ["ALTER TABLE t DROP COLUMN b"]
    assert any(isinstance(one, CreateIndex) for one in read(text))


def test_the_last_definition_before_the_call_counts() -> None:
    later = DROPS.replace("CREATE", "CREATE OR REPLACE").replace("DROP COLUMN b", "DROP COLUMN c")
    assert drops(DROPS + later + "SELECT f();\n") == ["ALTER TABLE t DROP COLUMN c"]


def test_functions_that_call_each_other_are_read_once() -> None:
    begin = "CREATE FUNCTION f0() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; END $$;\n"
    steps = "".join(
        f"CREATE FUNCTION f{n}() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM f{n - 1}(); PERFORM f{n - 1}(); "
        f"EXECUTE 'SELECT f{n - 1}()'; PERFORM f{n}(); END $$;\n"
        for n in range(1, 40)
    )
    found = read(begin + steps + "SELECT f39();")
    assert [one.kind for one in found if isinstance(one, DataChange) and one.kind == "delete"] == ["delete"]


def test_a_statement_that_a_body_computes_is_unread() -> None:
    body = "BEGIN EXECUTE format('ALTER TABLE %I DROP COLUMN b', t); END"
    text = f"CREATE FUNCTION f(t text) RETURNS void LANGUAGE plpgsql AS $$ {body} $$;\n"
    assert not any(isinstance(one, UnreadOperation) for one in read(text))
    assert any(isinstance(one, UnreadOperation) for one in read(text + "SELECT f('t');"))


def test_what_a_procedure_of_mysql_defines_is_said_to_be_unread() -> None:
    create = "DELIMITER $$\nCREATE DEFINER=`root`@`%` PROCEDURE `s`.p()\nBEGIN\n  {};\nEND$$\nDELIMITER ;\n"
    marker = "ALTER TABLE `t` ENGINE=InnoDB;\n"
    defines, fills = create.format("ALTER TABLE t DROP COLUMN b"), create.format("UPDATE t SET b = 1 WHERE a = 2")

    def unread(text: str) -> list[str]:
        return [one.reason for one in read(marker + text) if isinstance(one, UnreadOperation)]

    assert unread(defines + "CALL p();") == ["it calls `p`, whose body is not read"]
    assert unread(defines + "CALL q();") == []
    assert unread(defines) == []
    assert unread(fills + "CALL p();") == []


HEAD = "from alembic import op\n\nrevision = 'b2'\ndown_revision = 'a1'\n\n\ndef upgrade():\n"


def steps(*calls: str) -> list[str]:
    """The SQL at each column that a revision of these statements drops."""
    text = HEAD + "".join(f"    {call}\n" for call in calls)
    (migration,) = read_file("migrations/versions/b2.py", text.encode()).migrations
    found = [one.span for one in migration.operations if isinstance(one, DropColumn)]
    return [text[span.start : span.end] for span in found]


DEFINES = f'op.execute("""{DROPS.strip()}""")'


def test_a_string_calls_what_an_earlier_one_defines() -> None:
    dropped = ["ALTER TABLE t DROP COLUMN b"]
    assert steps(DEFINES, 'op.execute("SELECT f()")') == dropped
    assert steps(DEFINES, 'op.execute("SELECT f()")', 'op.execute("SELECT f()")') == dropped
    assert steps(DEFINES.replace(" END $$;", " END $$; SELECT f();"), 'op.execute("SELECT f()")') == dropped
    assert steps(DEFINES, 'op.execute("DO $$ BEGIN PERFORM f(); END $$")') == dropped
    assert steps(DEFINES) == []
    assert steps('op.execute("SELECT f()")', DEFINES) == []
    assert steps(DEFINES, 'op.execute("DROP FUNCTION f()")') == []


def test_operations_of_django_call_what_an_earlier_one_defines() -> None:
    text = (
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = []\n"
        f'    operations = [migrations.RunSQL("""{DROPS}"""), migrations.RunSQL("SELECT f()")]\n'
    )
    (migration,) = read_file("shop/migrations/0002_x.py", text.encode()).migrations
    assert [type(one) for one in migration.operations if isinstance(one, DropColumn)] == [DropColumn]


@pytest.mark.parametrize(
    "call", ["SELECT * FROM f();", "SELECT count(*) FROM f() AS x;", "SELECT * FROM public.f() x;"]
)
def test_a_function_that_is_read_like_a_table_is_called(call: str) -> None:
    assert drops(DROPS + call) == ["ALTER TABLE t DROP COLUMN b"]


def test_a_function_beside_a_table_runs_for_each_of_its_rows_or_never() -> None:
    call = "SELECT * FROM t, LATERAL f(t.a);"
    assert drops(DROPS + call) == []
