"""Alembic revisions become operations: what `upgrade()` does, however it is written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    CreateIndex,
    CreateObject,
    CreateTable,
    DataChange,
    DropConstraint,
    DropIndex,
    DropObject,
    Migration,
    Operation,
    RunCode,
    Transaction,
    UnreadOperation,
)
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Settings

HEAD = """
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0f1e2d3c4b5a"
down_revision = "a5b4c3d2e1f0"
"""


def revision(body: str, before: str = "") -> tuple[Migration, str]:
    source = HEAD + textwrap.dedent(before) + "\n\ndef upgrade():\n" + textwrap.indent(textwrap.dedent(body), "    ")
    facts = read_file("alembic/versions/0f1e2d3c4b5a_x.py", source.encode())
    assert len(facts.migrations) == 1
    return facts.migrations[0], source


def operations(body: str, before: str = "") -> list[Operation]:
    return list(revision(body, before)[0].operations)


def names(found: Iterable[Operation]) -> list[str]:
    """Kind and target of each operation, in few words."""
    words = []
    for operation in found:
        column = getattr(operation, "column", "")
        column = column.name if isinstance(column, ColumnSpec) else column
        target = ".".join(part for part in (getattr(operation, "table", ""), column) if part)
        words.append(f"{type(operation).__name__} {target or getattr(operation, 'name', '')}".strip())
    return words


def test_a_column_keeps_what_matters_for_the_running_release() -> None:
    (added,) = operations(
        'op.add_column("account", sa.Column("plan", sa.String(40), nullable=False, server_default="free", comment="x"))'
    )
    assert isinstance(added, AddColumn)
    column = added.column
    assert (added.table, column.name, column.type, column.nullable) == ("account", "plan", "varchar(40)", False)
    assert (column.server_default, column.client_default, column.comment) == ("'free'", False, "x")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("sa.String(120)", "varchar(120)"), ("sa.String", "varchar"), ("sa.Text()", "text"), ("sa.Integer", "integer"),
        ("sa.BigInteger()", "bigint"), ("sa.Boolean()", "boolean"),
        ("sa.DateTime(timezone=True)", "timestamp with time zone"),
        ("sa.DateTime()", "timestamp"), ("sa.Numeric(10, 2)", "numeric(10, 2)"), ("sa.UUID()", "uuid"),
        ("postgresql.JSONB(astext_type=sa.Text())", "jsonb"), ("postgresql.ARRAY(sa.Text())", "text[]"),
        ('sa.Enum("a", "b", name="mood")', "mood"), ("sa.Float()", "double precision"),
        ('sa.Text().with_variant(postgresql.JSONB(), "postgresql")', "jsonb"),
    ],
)  # fmt: skip
def test_types_are_sql_text(written: str, text: str) -> None:
    (added,) = operations(f'op.add_column("t", sa.Column("c", {written}))')
    assert isinstance(added, AddColumn)
    assert added.column.type == text


@pytest.mark.parametrize(
    ("default", "text"),
    [
        ('sa.text("now()")', "now()"), ("sa.func.now()", "now()"), ("sa.true()", "true"), ('"it\'s"', "'it''s'"),
        ("None", None), ("make()", ""),
    ],
)  # fmt: skip
def test_server_defaults_are_sql_text(default: str, text: str | None) -> None:
    (added,) = operations(f'op.add_column("t", sa.Column("c", sa.Text(), server_default={default}))')
    assert isinstance(added, AddColumn)
    assert added.column.server_default == text


def test_create_table_brings_its_constraints_and_indexes() -> None:
    found = operations("""
        op.create_table(
            "membership",
            sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.account_id"), nullable=False),
            sa.Column("team_id", sa.Integer(), nullable=False, index=True),
            sa.Column("code", sa.Text(), unique=True),
            sa.PrimaryKeyConstraint("account_id", "team_id", name="pk"),
            sa.ForeignKeyConstraint(["team_id"], ["team.team_id"], name="fk"),
            sa.UniqueConstraint("code", "team_id"),
            sa.CheckConstraint("code <> ''", name="ck"),
            schema="crm",
        )
    """)
    table = found[0]
    assert isinstance(table, CreateTable)
    assert (table.table, table.primary_key, table.partial) == ("crm.membership", ("account_id", "team_id"), False)
    assert [column.name for column in table.columns] == ["account_id", "team_id", "code"]
    assert table.columns[0].references == "account.account_id"
    index = found[1]
    assert isinstance(index, CreateIndex)
    assert index.columns == ("team_id",)
    constraints = [item for item in found if isinstance(item, AddConstraint)]
    assert [(item.kind, item.name) for item in constraints] == [("foreign-key", "fk"), ("unique", ""), ("check", "ck")]


def test_every_plain_operation_is_read() -> None:
    found = operations("""
        op.drop_table("a")
        op.rename_table("b", "c")
        op.drop_column("c", "d")
        op.alter_column("c", "e", new_column_name="f", type_=sa.Text(), existing_type=sa.String(10), nullable=False)
        op.alter_column("c", "g", server_default=None)
        op.alter_column("c", "h", server_default=False, nullable=True)
        op.create_index(op.f("ix"), "c", ["f", sa.text("lower(g)")], unique=True, postgresql_concurrently=True)
        op.drop_index("ix", table_name="c")
        op.create_unique_constraint("uq", "c", ["f"])
        op.create_foreign_key("fk", "c", "a", ["f"], ["id"], postgresql_not_valid=True)
        op.create_check_constraint("ck", "c", "f > 0")
        op.create_primary_key("pk", "c", ["f"])
        op.drop_constraint("ck", "c", type_="check")
        op.create_table_comment("c", "deprecated: use a")
        op.bulk_insert(sa.table("c", sa.column("f")), [])
    """)
    assert names(found) == [
        "DropTable a", "RenameTable b", "DropColumn c.d", "AlterColumn c.e", "RenameColumn c.e", "AlterColumn c.g",
        "AlterColumn c.h",
        "CreateIndex c", "DropIndex c", "AddConstraint c", "AddConstraint c", "AddConstraint c", "AddConstraint c",
        "DropConstraint c",
        "SetComment c", "DataChange c",
    ]  # fmt: skip
    altered, undefaulted, nullable = found[3], found[5], found[6]
    assert isinstance(altered, AlterColumn)
    assert (altered.type, altered.old_type, altered.nullable) == ("text", "varchar(10)", False)
    assert isinstance(undefaulted, AlterColumn)
    assert undefaulted.drop_default
    assert isinstance(nullable, AlterColumn)
    assert (nullable.server_default, nullable.drop_default) == (None, False)
    index, key = found[7], found[10]
    assert isinstance(index, CreateIndex)
    assert (index.name, index.columns, index.unique, index.concurrently) == ("ix", ("f", ""), True, True)
    assert isinstance(key, AddConstraint)
    assert (key.references, key.not_valid) == ("a.id", True)


def test_the_operations_of_geoalchemy_are_those_of_alembic() -> None:
    body = """\
    op.add_geospatial_column("areas", sa.Column("shape", Geometry(srid=4326), nullable=True))
    op.drop_geospatial_index("ix_old", table_name="areas")
    with op.batch_alter_table("areas") as batch_op:
        batch_op.create_geospatial_index("ix_shape", ["shape"], unique=False, postgresql_using="gist")
    """
    added, dropped, index = revision(body)[0].operations
    assert isinstance(added, AddColumn)
    assert (added.table, added.column.name) == ("areas", "shape")
    assert isinstance(dropped, DropIndex)
    assert isinstance(index, CreateIndex)
    assert (index.table, index.columns, index.method) == ("areas", ("shape",), "gist")


def test_a_batch_knows_its_table() -> None:
    found = operations("""
        with op.batch_alter_table("account", schema="crm") as batch_op:
            batch_op.add_column(sa.Column("city", sa.Text()))
            batch_op.drop_column("town")
            batch_op.alter_column("zip", nullable=False)
            batch_op.create_index("ix", ["city"])
            batch_op.create_foreign_key("fk", "country", ["country_id"], ["id"])
            batch_op.drop_constraint("ck", type_="check")
    """)
    assert names(found) == [
        "AddColumn crm.account.city", "DropColumn crm.account.town", "AlterColumn crm.account.zip",
        "CreateIndex crm.account",
        "AddConstraint crm.account", "DropConstraint crm.account",
    ]  # fmt: skip


def test_constants_loops_and_helpers_are_followed() -> None:
    found = operations(
        """
        for table in TABLES:
            op.add_column(table, stamp("created_at"))
            op.create_index(f"ix_{table}_created", table, ["created_at"])
        [op.drop_column(TABLES[0], name) for name in ("a", "b")]
        for name, kind in {"x": sa.Text(), "y": sa.Integer()}.items():
            op.add_column("%s_log" % TABLES[1], sa.Column(name, kind))
        drop_all("old", *["p", "q"])
        def last(table):
            op.drop_table(table)
        last("end")
        """,
        before="""
        TABLES = ["account"] + ["team"]

        def stamp(name, nullable=True):
            return sa.Column(name, sa.DateTime(), nullable=nullable)

        def drop_all(table, *columns):
            with op.batch_alter_table(table) as batch:
                for column in columns:
                    batch.drop_column(column)
        """,
    )
    assert names(found) == [
        "AddColumn account.created_at", "CreateIndex account", "AddColumn team.created_at", "CreateIndex team",
        "DropColumn account.a", "DropColumn account.b", "AddColumn team_log.x", "AddColumn team_log.y",
        "DropColumn old.p", "DropColumn old.q", "DropTable end",
    ]  # fmt: skip


def test_ranges_and_sets_are_followed() -> None:
    found = operations("""
        old = {"read", "write"}
        for number in range(1, 3):
            op.drop_column("a", f"b{number}")
        for number in range(4, 0, -2):
            op.drop_column("a", f"c{number}")
        for right in sorted(old.union({"admin"}) - {"write"} | frozenset(["all"])):
            op.drop_column("a", right)
        for right in old.symmetric_difference({"write", "own"}):
            op.drop_column("a", right)
    """)
    assert [name.removeprefix("DropColumn a.") for name in names(found)] == [
        "b1", "b2", "c4", "c2", "admin", "all", "read", "read", "own",
    ]  # fmt: skip
    for unknown in ("range(1, 9, 0)", "range(1, 10**30)", "range('a', 2)", "{other} | {'b'}", "{'a'}.union(other)"):
        assert names(operations(f"for each in {unknown}:\n    op.drop_column('a', f'{{each}}')")) == ["UnreadOperation"]


def test_downgrade_is_not_read_and_guards_do_not_hide_work() -> None:
    source = HEAD + textwrap.dedent("""
        def upgrade():
            bind = op.get_bind()
            if sa.inspect(bind).has_table("account"):
                return
            op.drop_column("account", "a")
            try:
                op.drop_constraint("x", "account")
            except Exception:
                raise

        def downgrade():
            op.drop_table("account")
    """)
    (migration,) = read_file("versions/a.py", source.encode()).migrations
    assert names(migration.operations) == ["DropColumn account.a", "DropConstraint account"]


def test_dialect_branches_are_decided_and_the_others_kept_beside() -> None:
    migration, _ = revision("""
        bind = op.get_bind()
        kind = postgresql.JSONB() if bind.dialect.name == "postgresql" else sa.Text()
        if bind.dialect.name == "sqlite":
            return
        op.add_column("account", sa.Column("extra", kind))
        if bind.dialect.name in ("mysql", "mariadb"):
            op.execute("ALTER TABLE account ENGINE=InnoDB")
    """)
    (added,) = migration.operations
    assert isinstance(added, AddColumn)
    assert added.column.type == "jsonb"
    others = {variant.dialect: names(variant.operations) for variant in migration.variants}
    assert others["sqlite"] == []
    assert others["mysql"][0] == "AddColumn account.extra"


def test_sql_is_read_where_it_stands() -> None:
    migration, source = revision(
        '''
        op.execute("""
            ALTER TABLE account DROP COLUMN town;
            ALTER TABLE account ADD COLUMN city text
        """)
        op.execute(sa.text(f"DROP TABLE {OLD}"))
        op.get_bind().execute(sa.text("UPDATE account SET city = :c WHERE id = :i"), {"c": 1})
        ''',
        before='OLD = "legacy"\n',
    )
    assert names(migration.operations) == [
        "DropColumn account.town", "AddColumn account.city", "DropTable legacy", "DataChange account",
    ]  # fmt: skip
    first = migration.operations[0].span
    assert source.encode()[first.start : first.end].startswith(b"ALTER TABLE account DROP")


def test_autocommit_blocks_and_types_of_their_own() -> None:
    found = operations("""
        with op.get_context().autocommit_block():
            op.create_index("ix", "account", ["city"], postgresql_concurrently=True)
        mood = postgresql.ENUM("sad", "happy", name="mood")
        mood.create(op.get_bind(), checkfirst=True)
        sa.Enum(name="old_mood").drop(op.get_bind())
    """)
    assert [type(item) for item in found] == [Transaction, CreateIndex, Transaction, CreateObject, DropObject]
    created = found[3]
    assert isinstance(created, CreateObject)
    assert (created.kind, created.name, created.labels) == ("type", "mood", ("sad", "happy"))


def test_work_on_rows_is_no_riddle() -> None:
    found = operations(
        """
        session = orm.Session(bind=op.get_bind())
        for account in session.query(Account).all():
            account.city = guess(account)
        session.commit()
        op.execute(accounts.update().where(accounts.c.city.is_(None)).values(city=""))
        op.execute(sa.delete(accounts))
        """,
        before="""
        from sqlalchemy import orm
        from app.places import guess
        accounts = sa.table("account", sa.column("city"))
        """,
    )
    assert not [item for item in found if isinstance(item, UnreadOperation)]
    assert isinstance(found[0], RunCode)
    changes = [(item.kind, item.table, item.filtered) for item in found if isinstance(item, DataChange)]
    assert changes == [("update", "account", True), ("delete", "account", False)]


@pytest.mark.parametrize(
    "body",
    [
        'op.execute(sa.text("INSERT INTO roles SELECT id, :role FROM users").params(role=1))',
        "op.execute(f\"COMMENT ON TABLE {name()} IS 'people'\")",
        'for t in names():\n    op.execute(f"COMMENT ON COLUMN {t}.id IS NULL")',
        'op.alter_column(sa.Column("name", nullable=False))',
        'op.alter_column("users", column(), existing_type=sa.Text())',
    ],
)
def test_what_changes_no_table_is_no_riddle(body: str) -> None:
    assert not [item for item in operations(body) if isinstance(item, UnreadOperation)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('for t in sa.inspect(op.get_bind()).get_table_names():\n    op.drop_column(t, "x")', "table's name"),
        ("op.execute(open('x.sql').read())", "SQL is computed"),
        ("op.create_spatial_index('t', 'c')", "no operation of Alembic"),
        ("Base.metadata.create_all(op.get_bind())", "every table"),
        ('op.execute(f"DROP TABLE {name()}")', "computed at run time"),
        ('op.alter_column("users", column(), nullable=False)', "column's name"),
    ],
)
def test_what_cannot_be_understood_is_said(body: str, reason: str) -> None:
    unread = [item for item in operations(body) if isinstance(item, UnreadOperation)]
    assert len(unread) == 1
    assert reason in unread[0].reason


def test_a_computed_constraint_name_does_not_hide_the_operation() -> None:
    (dropped,) = operations('op.drop_constraint(find_name(), "account", type_="foreignkey")')
    assert isinstance(dropped, DropConstraint)
    assert (dropped.table, dropped.name, dropped.kind) == ("account", "", "foreign-key")


def test_header_parents_and_marks() -> None:
    source = '''"""add things

Revision ID: 0f1e2d3c4b5a
Revises: a, b
"""
from collections.abc import Sequence
from alembic import op

revision: str = "0f1e2d3c4b5a"
down_revision: str | Sequence[str] | None = ("a", "b")
branch_labels = ("crm",)
depends_on = "c"


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table("x")
    # ### end Alembic commands ###
'''
    (migration,) = read_file("versions/x.py", source.encode()).migrations
    assert (migration.parents, migration.branch_labels, migration.depends_on) == (("a", "b"), ("crm",), ("c",))
    assert migration.generated
    assert migration.generator_header is not None
    (region,) = migration.generated_regions
    assert region.span.contains(migration.operations[0].span)


def test_templates_for_several_databases_and_a_handed_in_op() -> None:
    source = HEAD + textwrap.dedent("""
        def upgrade(engine_name):
            globals()["upgrade_%s" % engine_name]()

        def upgrade_main():
            op.drop_table("a")

        def upgrade_audit():
            op.drop_table("b")
    """)
    (migration,) = read_file("versions/x.py", source.encode()).migrations
    assert names(migration.operations) == ["DropTable a", "DropTable b"]
    handed = 'revision = "1"\ndown_revision = None\n\n\ndef upgrade(op):\n    op.drop_table("c")\n'
    (migration,) = read_file("versions/y.py", handed.encode()).migrations
    assert names(migration.operations) == ["DropTable c"]
    assert migration.initial


def test_modules_that_only_resemble_a_revision() -> None:
    assert not read_file("a.py", b"revision = 1\ndown_revision = None\n").migrations
    assert not read_file("b.py", b"def upgrade():\n    op.drop_table('x')\n").migrations


@pytest.mark.parametrize(
    "body",
    [
        "x = ['a']\n" + "x = x + x\n" * 60 + "for t in x:\n    op.drop_table(t)",
        "while True:\n    op.drop_table('a')",
        "upgrade()",
        "if a:\n" + "".join("    " * depth + "if a:\n" for depth in range(1, 90)) + "    " * 90 + "op.drop_table('a')",
        "op.execute(" + "(" * 300 + "'x'" + ")" * 300 + ")",
        "for a in range(1000):\n    for b in range(1000):\n        op.drop_table('x')",
    ],
)
def test_no_code_keeps_the_reader_busy_or_breaks_it(body: str) -> None:
    revision(body)


def linked(files: dict[str, str]) -> list[Operation]:
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    project = Project(facts, Settings(), lambda path: files[path].encode())
    return [found for tree in project.migrations.trees for step in tree.steps for found in step.migration.operations]


def test_what_a_helper_of_another_module_leaves_unread_stands_at_its_call() -> None:
    helper = "from alembic import op\n\n\ndef run(path):\n    op.execute(open(path).read())\n"
    text = HEAD + "from app.views import run\n\ndef upgrade():\n    run('totals')\n"
    [operation] = linked({"app/views.py": "#" * 400 + "\n" + helper, "alembic/versions/x.py": text})
    assert isinstance(operation, UnreadOperation)
    assert text[operation.span.start : operation.span.end] == "run('totals')"


def test_sql_that_another_module_keeps_is_read_where_a_revision_runs_it() -> None:
    kept = 'DROP_IT = "DROP VIEW IF EXISTS totals"\nCOMPUTED = f"CREATE VIEW {x}"\nFILL = "UPDATE t SET id = 1"\n'
    helper = kept + "\n\ndef make_views(run):\n    run(COMPUTED)\n"
    body = "    op.execute(DROP_IT)\n    op.execute(sa.text(COMPUTED))\n    op.execute(FILL)\n    make_views(op)\n"
    text = HEAD + f"from app.views import COMPUTED, DROP_IT, FILL, make_views\n\ndef upgrade():\n{body}"
    found = linked({"app/views.py": helper, "alembic/versions/x.py": text})
    assert names(found) == ["DropObject totals", "UnreadOperation", "UnreadOperation", "UnreadOperation"]
    assert text[found[0].span.start : found[0].span.end] == "op.execute(DROP_IT)"


def test_names_and_helpers_of_other_modules_are_linked() -> None:
    found = linked(
        {
            "app/models.py": 'class Account:\n    __tablename__ = "account"\n\n\nARCHIVE = "archive"\n',
            "app/migrating.py": textwrap.dedent("""
            from alembic import op
            import sqlalchemy as sa

            def add_stamps(table, *extra):
                op.add_column(table, sa.Column("created_at", sa.DateTime()))
                for column in extra:
                    op.add_column(table, column)
                op.create_index(f"ix_{table}", table, ["created_at"])

            def drop_columns_of(table, names):
                with op.batch_alter_table(table) as batch_op:
                    for name in names:
                        batch_op.drop_column(name)

            def fill_cities(session):
                session.execute("UPDATE account SET city = ''")
        """),
            "alembic/versions/x.py": HEAD
            + textwrap.dedent("""
            from app.migrating import add_stamps, drop_columns_of, fill_cities
            from app.models import ARCHIVE, Account

            def upgrade():
                op.drop_table(ARCHIVE)
                op.drop_column(Account.__tablename__, "town")
                add_stamps("team", sa.Column("city", sa.Text(), nullable=False))
                drop_columns_of(table="team", names=["a", "b"])
                fill_cities(op.get_bind())
        """),
        }
    )
    assert names(found)[:7] == [
        "DropTable archive", "DropColumn account.town", "AddColumn team.created_at", "AddColumn team.city",
        "CreateIndex team",
        "DropColumn team.a", "DropColumn team.b",
    ]  # fmt: skip
    added, index = found[3], found[4]
    assert isinstance(added, AddColumn)
    assert added.column.nullable is False
    assert isinstance(index, CreateIndex)
    assert index.name == "ix_team"
    assert not [item for item in found if isinstance(item, UnreadOperation)]


def test_a_name_that_stays_unknown_is_said() -> None:
    found = linked(
        {
            "alembic/versions/x.py": HEAD
            + textwrap.dedent("""
            from elsewhere.names import TABLE
            from elsewhere.helpers import create_indexes

            def upgrade():
                op.drop_column(TABLE, "a")
                create_indexes("account")
        """),
        }
    )
    assert [type(item) for item in found] == [UnreadOperation, UnreadOperation]


def test_the_engine_reports_nothing_for_a_healthy_revision() -> None:
    source = HEAD + "\n\ndef upgrade():\n    op.drop_table('a')\n"
    report = run(MemorySources({"alembic/versions/x.py": source.encode()}), Settings(), {})
    assert not report.diagnostics


def test_names_and_places_of_keys_are_kept() -> None:
    found = operations("""
        op.create_table(
            "account",
            sa.Column("id", sa.Integer(), sa.Identity(always=True)),
            sa.Column("team_id", sa.Integer(), sa.ForeignKey("team.id", name="fk_team")),
            sa.Column("full", sa.Text(), sa.Computed("a || b")),
            sa.PrimaryKeyConstraint("id", name="pk_account"),
        )
        op.create_index("ix", "account", ["full"], postgresql_using="gin", postgresql_where=sa.text("full <> ''"))
    """)
    table, index = found
    assert isinstance(table, CreateTable)
    assert isinstance(index, CreateIndex)
    assert table.primary_key_name == "pk_account"
    assert [column.generation for column in table.columns] == ["identity", "", "computed"]
    assert [column.always for column in table.columns] == [True, False, False]
    assert table.columns[1].constraint_names == (("foreign-key", "fk_team"),)
    assert (index.method, index.where) == ("gin", "full <> ''")


def test_a_helper_that_drops_if_there_is_something_is_no_question() -> None:
    (unread,) = operations(
        'drop_foreignkey_if_exists("fk", "account")', before="from lib.ddl import drop_foreignkey_if_exists\n"
    )
    assert isinstance(unread, UnreadOperation)


def test_objects_of_recipes_and_computed_schemas() -> None:
    created, dropped, index = operations("""
        op.create_view(ReplaceableObject("active_account", "SELECT 1"))
        op.drop_sp("tidy")
        op.execute(f'DROP INDEX "{schema()}"."ix_account"')
    """)
    assert isinstance(created, CreateObject)
    assert (created.kind, created.name) == ("view", "active_account")
    assert isinstance(dropped, DropObject)
    assert (dropped.kind, dropped.name) == ("function", "tidy")
    assert isinstance(index, DropIndex)
    assert index.name == "ix_account"


@pytest.mark.parametrize(
    "made",
    [
        'View("totals", "SELECT 1 AS one")',
        'View(name="totals", sql="SELECT 1 AS one")',
        'a.b.View("totals", "SELECT 1")',
    ],
)
def test_an_object_holds_the_name_of_a_view_and_its_query(made: str) -> None:
    before = f"from somewhere import View, a\nview = {made}\n"
    dropped, created = operations(
        'op.execute(f"DROP VIEW {view.name}")\nop.execute(f"CREATE VIEW {view.name} AS {view.sql}")', before
    )
    assert isinstance(dropped, DropObject)
    assert isinstance(created, CreateObject)
    assert (dropped.name, created.name) == ("totals", "totals")


def test_what_is_dropped_by_a_computed_name_is_not_understood() -> None:
    (unread,) = operations('op.execute(f"DROP VIEW {op.get_bind().dialect.name}")')
    assert isinstance(unread, UnreadOperation)
    assert unread.reason == "the SQL drops a view whose name is computed at run time"


def test_an_operation_that_getattr_gives_is_run_or_not_understood() -> None:
    found = operations('getattr(op, "drop_column")("books", "title")\ngetattr(op, f"drop_{kind()}")("books")')
    assert names(found[:1]) == ["DropColumn books.title"]
    assert isinstance(found[1], UnreadOperation)
    assert found[1].reason == "the operation is named at run time"


def test_what_stands_inside_a_context_manager_of_the_revision_runs_where_it_yields() -> None:
    (migration,) = read_file(
        "migrations/versions/b2.py",
        b"""
from contextlib import contextmanager

from alembic import op

revision = "b2"
down_revision = "a1"


@contextmanager
def without_view():
    op.execute("DROP VIEW v")
    try:
        yield
    finally:
        op.execute("CREATE VIEW v AS SELECT a FROM t")


@contextmanager
def never():
    return
    yield


def upgrade():
    with without_view() as nothing, op.get_context().autocommit_block():
        op.drop_column("t", "b")
    with never():
        op.drop_column("t", "c")
    op.drop_column("t", "d")
""",
    ).migrations
    names = [getattr(one, "column", getattr(one, "kind", "")) for one in migration.operations]
    assert names == ["view", "autocommit-begin", "b", "autocommit-end", "view", "c", "d"]


def test_an_imported_context_manager_may_change_the_schema() -> None:
    found = operations(
        """
        with without_views():
            op.drop_column("t", "b")
        with session_scope() as session, sa.orm.Session(op.get_bind()) as views, op.batch_alter_table("t") as batch:
            batch.drop_column("c")
        """,
        before="from app.tools import session_scope, without_views",
    )
    assert names(found) == ["UnreadOperation", "DropColumn t.b", "DropColumn t.c"]


def test_backticks_in_a_comment_do_not_make_mysql_of_a_function() -> None:
    found = operations(
        '''
        op.execute("""
            CREATE FUNCTION keep_one() RETURNS trigger AS $$
            BEGIN
                -- ``OLD.revoked_at`` says it
                IF TG_OP = 'DELETE' THEN
                    RETURN OLD;
                END IF;
                RETURN NEW;
            END;
            $$ LANGUAGE plpgsql;
        """)
        '''
    )
    assert names(found) == ["CreateObject keep_one"]
    assert names(operations('op.execute("ALTER TABLE `t` MODIFY `b` varchar(36) NOT NULL")')) == ["AlterColumn t.b"]


def test_what_asks_for_postgres_alone_is_known_for_the_others() -> None:
    migration = read_file(
        "migrations/versions/a1.py",
        b"""from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE t ALTER COLUMN b TYPE integer USING b::integer")
    else:
        op.drop_column("t", "b")
""",
    ).migrations[0]
    assert names(migration.operations) == ["AlterColumn t.b"]
    assert {one.dialect: names(one.operations) for one in migration.variants} == {
        "elsewhere": ["DropColumn t.b"],
    }
