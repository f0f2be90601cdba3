"""What could not be understood is said, never skipped: rule `unread`, concern `unread`."""

import pytest

from bylaw.engine.run import Report, run
from bylaw.engine.sources import MemorySources
from bylaw.settings import MigrationSettings, RuleSetting, Settings

REVISION = """\
from alembic import op

revision = "a"
down_revision = None


def upgrade():
    op.add_column(name_of_the_day(), column_of_the_day())
"""


def check(files: dict[str, str], level: str = "info", *, judge_all: bool = True) -> Report:
    settings = Settings(
        rules={"unread": RuleSetting(level)},  # type: ignore[arg-type]
        migrations=MigrationSettings(judge_all=judge_all),
    )
    return run(MemorySources({path: text.encode() for path, text in files.items()}), settings, {})


def test_a_statement_that_is_no_sql_is_named_and_the_next_one_still_read() -> None:
    found = check({"migrations/001_x.sql": "CREATE TABEL t (x int);\nALTER TABLE t ADD COLUMN y int;\n"}).diagnostics
    assert [(d.rule, d.concern, d.severity) for d in found] == [("unread", "unread", "info")]
    assert found[0].location.span.start == 0


def test_a_computed_table_name_is_named() -> None:
    found = check({"alembic/versions/a.py": REVISION}).diagnostics
    assert {(d.rule, d.concern) for d in found} == {("unread", "unread")}


def test_the_level_is_the_configurations() -> None:
    files = {"migrations/001_x.sql": "CREATE TABEL t (x int);\n"}
    assert [d.severity for d in check(files, "error").diagnostics] == ["error"]
    assert not check(files, "off").diagnostics


@pytest.mark.parametrize(
    ("dialect", "server"),
    [("mysql", "as mysql it is not understood"), ("postgres", "PostgreSQL does not understand it")],
)
def test_a_statement_is_not_understood_as_what_the_project_says_it_is(dialect: str, server: str) -> None:
    sources = MemorySources({"migrations/001_x.sql": b"ALTER TABLE t FROBNICATE y;\n"})
    settings = Settings(
        rules={"unread": RuleSetting("info")}, migrations=MigrationSettings(judge_all=True, dialect=dialect)
    )
    messages = [found.message for found in run(sources, settings, {}).diagnostics if found.rule == "unread"]
    assert messages == [f'not understood: {server}: syntax error at or near "FROBNICATE"']


def test_an_empty_file_among_revisions_is_named() -> None:
    first = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n"
    said = check({
        "alembic/versions/a.py": REVISION.replace("op.add_column(name_of_the_day(), column_of_the_day())", "pass"),
        "alembic/versions/__init__.py": "",
        "alembic/versions/b.py": "# to be written\n",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": first,
        "shop/migrations/0002_later.py": "",
        "shop/migrations/helpers.py": "BATCH = 500\n",
        "api/versions/v2.py": "",
    }).diagnostics  # fmt: skip
    assert [(d.location.path, d.message.split(": ")[-1].split()[0]) for d in said] == [
        ("alembic/versions/b.py", "Alembic"),
        ("shop/migrations/0002_later.py", "Django"),
    ]


def test_code_that_is_nested_too_deeply_is_named() -> None:
    found = check({"app.py": "x = " + "[" * 900 + "]" * 900 + "\n"}).diagnostics
    assert {(d.rule, d.concern) for d in found} == {("unread", None)}


def test_a_revision_that_is_accepted_and_not_there_is_named() -> None:
    files = {"migrations/001_x.sql": "CREATE TABLE t (x int);\n", "migrations/002_y.sql": "ALTER TABLE t ADD y int;\n"}
    settings = Settings(migrations=MigrationSettings(accepted_through=("001_x", "001_typo")))
    found = run(MemorySources({path: text.encode() for path, text in files.items()}), settings, {}).diagnostics
    assert [(d.rule, d.severity) for d in found] == [("unknown-revision", "warning")]
    assert "`001_typo`" in found[0].message


SUMS = """\
from alembic import op

revision = "a"
down_revision = None


def upgrade():
    for row in op.get_bind().execute("SELECT id FROM t"):
        op.execute("UPDATE t SET state = '" + row.state + "' WHERE id = " + str(row.id))
        op.execute("INSERT INTO u (t_id, at) VALUES (" + str(row.id) + "," + str(0) + ",'" + str(now()) + "');")
        op.execute("DROP INDEX " + row.name)
        op.execute("ALTER TABLE " + row.table + " ADD COLUMN x int")
"""


def test_a_sum_of_strings_is_read_as_far_as_it_is_known() -> None:
    found = check({"alembic/versions/a.py": SUMS}).diagnostics
    assert [SUMS[d.location.span.start : d.location.span.end] for d in found] == [
        '"ALTER TABLE " + row.table + " ADD COLUMN x int"'
    ]


def test_sql_that_is_too_long_is_not_said_to_be_computed() -> None:
    revision = REVISION.partition("    op.")[0]
    long = "'" + "y" * 300_000 + "'"
    django = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = "
    texts = {
        "alembic/versions/a.py": f"{revision}    op.execute({long})\n",
        "alembic/versions/b.py": f"{revision}    op.execute('ALTER TABLE t ADD x text DEFAULT ' + {long})\n",
        "shop/migrations/0001_x.py": f"{django}[migrations.RunSQL({long})]\n",
    }
    for path, text in texts.items():
        (found,) = check({path: text}).diagnostics
        assert found.message == "not understood: the SQL has a string of more than 200,000 characters"


HELPERS = """\
from django.db import migrations


class PostgresOnlyRunSQL(migrations.RunSQL):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class GrantRunSQL(migrations.RunSQL):
    def __init__(self, role):
        super().__init__(f"GRANT SELECT ON ALL TABLES TO {role}")


class RunSQLLater:
    pass
"""
USERS = """\
from django.db import migrations
from core.helpers import GrantRunSQL, PostgresOnlyRunSQL, RunSQLLater


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        PostgresOnlyRunSQL("DROP INDEX by_day"),
        GrantRunSQL("DROP INDEX by_hour"),
        RunSQLLater("DROP INDEX by_year"),
    ]
"""


def test_an_operation_of_the_project_is_what_it_extends_where_it_takes_the_same() -> None:
    files = {"core/helpers.py": HELPERS, "core/__init__.py": "", "shop/migrations/0001_indexes.py": USERS}
    found = check(files).diagnostics
    assert [d.message.split(": ")[1].split()[0] for d in found] == ["GrantRunSQL", "RunSQLLater"]


IDLE = """\
from django.db.migrations.operations.base import Operation


class Announced(Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        pass


class Done(Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute(self.statement)
"""
ANNOUNCED = """\
from django.db import migrations
from core.operations import Announced, Done


class Migration(migrations.Migration):
    dependencies = []
    operations = [Announced(), Done()]
"""


def test_an_operation_that_does_nothing_is_no_riddle() -> None:
    files = {"core/operations.py": IDLE, "core/__init__.py": "", "shop/migrations/0001_announced.py": ANNOUNCED}
    found = check(files).diagnostics
    assert [d.message.split(": ")[1].split()[0] for d in found] == ["Done"]


PREFIXED = """\
import os

from alembic import context, op

revision = "a"
down_revision = None


def upgrade():
    prefix = op.get_context().opts["table_prefix"]
    op.drop_column(f"{prefix}users", "name")
    op.drop_table(context.config.get_main_option("prefix") + "users")
    op.execute("DROP TABLE " + os.environ["PREFIX"] + "users")
    op.execute(f"ALTER TABLE {os.getenv('SCHEMA', 'public')}.users DROP COLUMN age")
    op.drop_table(f"{the_prefix()}users")
"""


def test_a_prefix_that_the_set_up_chooses_is_no_riddle() -> None:
    found = check({"alembic/versions/a.py": PREFIXED}).diagnostics
    assert [PREFIXED[d.location.span.start : d.location.span.end] for d in found] == [
        'op.drop_table(f"{the_prefix()}users")',
    ]


CHOICES = """\
import sqlalchemy as sa
from alembic import op

revision = "a"
down_revision = None


def statement(version):
    if version < 14:
        return "DROP AGGREGATE array_agg_mult (anyarray)"
    return "DROP AGGREGATE array_agg_mult (anycompatiblearray)"


def upgrade():
    op.execute(statement(op.get_bind().dialect.server_version_info[0]))
    op.execute("ALTER TABLE t DROP COLUMN a" if asked() else "ALTER TABLE t DROP COLUMN b")
    for row in op.get_bind().execute("SELECT id FROM t"):
        if row.state:
            query = "UPDATE t SET state = 1 WHERE id = " + str(row.id)
        else:
            query = "UPDATE t SET state = 0 WHERE id = " + str(row.id)
        op.execute(sa.text(query))
    op.execute(anything())
"""


def test_each_of_a_few_texts_may_be_the_one() -> None:
    found = check({"alembic/versions/a.py": CHOICES}).diagnostics
    assert [CHOICES[d.location.span.start : d.location.span.end] for d in found] == ["op.execute(anything())"]


OTHERS = """\
from alembic import op

revision = "a"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, day DATETIME)")
    op.execute("ALTER TABLE t ADD COLUMN x int unsigned NOT NULL AFTER id")
    op.execute("DO $$ BEGIN EXECUTE format('ALTER INDEX %I RENAME TO %I', old_name(), new_name()); END $$")
    op.execute("DO $$ BEGIN EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ALL ON TABLES TO x', y); END $$")
    op.execute("ALTER TABEL t ADD COLUMN x int")
"""


def test_sql_of_another_server_in_python_is_read_as_what_it_is() -> None:
    found = check({"alembic/versions/a.py": OTHERS}).diagnostics
    assert [OTHERS[d.location.span.start : d.location.span.end] for d in found] == ["ALTER TABEL t ADD COLUMN x int"]


RESTART = """\
from django.conf import settings
from django.db import migrations


def number(apps, schema_editor):
    site = apps.get_model("sites", "Site").objects.order_by("-id").first()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute({statement})


class Migration(migrations.Migration):
    operations = [migrations.RunPython(number, migrations.RunPython.noop)]
"""


@pytest.mark.parametrize(
    "statement",
    [
        '"alter sequence django_site_id_seq restart with %s", [site.id + 1]',
        'f"ALTER SEQUENCE django_site_id_seq RESTART WITH {site.id + 1};"',
    ],
)
def test_the_next_number_of_a_sequence_may_be_computed(statement: str) -> None:
    assert not check({"sites/migrations/0003_number.py": RESTART.replace("{statement}", statement)}).diagnostics
