"""Django migrations become operations on tables, named by their models as `bylaw.facts.migrations` describes."""

from __future__ import annotations

import textwrap

import pytest

from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    CreateIndex,
    CreateObject,
    CreateTable,
    DropColumn,
    DropIndex,
    DropObject,
    Migration,
    Operation,
    RenameTable,
    RunCode,
    UnreadOperation,
)
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Settings

HEAD = """
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import connection, migrations, models
from pgvector.django import VectorExtension
"""


def migration(body: str, before: str = "", path: str = "shop/migrations/0002_next.py") -> Migration:
    head = HEAD + textwrap.dedent(before)
    source = head + "\n\nclass Migration(migrations.Migration):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    facts = read_file(path, source.encode())
    assert len(facts.migrations) == 1
    return facts.migrations[0]


def operations(*written: str, before: str = "") -> list[Operation]:
    return list(migration(f"operations = [{', '.join(written)}]", before).operations)


def kinds(found: list[Operation]) -> list[str]:
    return [type(operation).__name__ for operation in found]


def test_create_model_knows_its_columns_keys_and_joins() -> None:
    found = operations(
        """migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("note", models.CharField(max_length=80, null=True)),
                ("buyer", models.ForeignKey(on_delete=models.CASCADE, to="crm.Customer")),
                ("total", models.DecimalField(max_digits=8, decimal_places=2, default=0)),
                ("tags", models.ManyToManyField(to="shop.Tag")),
            ],
            options={"db_table": "orders", "indexes": [models.Index(fields=["note"], name="ix")]},
        )"""
    )
    table = found[0]
    assert isinstance(table, CreateTable)
    assert (table.table, table.model, table.primary_key) == ("orders", "shop.Order", ("id",))
    columns = {column.name: column for column in table.columns}
    assert [(name, column.type, column.nullable) for name, column in columns.items()] == [
        ("id", "bigint", False), ("note", "varchar(80)", True), ("buyer_id", "", False),
        ("total", "numeric(8, 2)", False),
    ]  # fmt: skip
    assert (columns["buyer_id"].field, columns["buyer_id"].references) == ("buyer", "crm_customer")
    assert columns["total"].client_default
    joins = [item for item in found[1:] if isinstance(item, CreateTable)]
    assert [(item.table, item.model) for item in joins] == [("orders_tags", "shop.Order_tags")]
    indexes = [item.columns for item in found if isinstance(item, CreateIndex)]
    assert indexes == [("buyer",), ("order_id",), ("tag_id",), ("note",)]


@pytest.mark.parametrize("options", ['{"managed": False}', '{"proxy": True}'])
def test_models_without_a_table_of_their_own(options: str) -> None:
    assert operations(f'migrations.CreateModel(name="View", fields=[], options={options})') == []


def test_fields_are_added_changed_and_removed_by_their_names() -> None:
    added, index, altered, removed = operations(
        'migrations.AddField("order", "courier", models.ForeignKey("crm.Courier", null=True, on_delete=None))',
        'migrations.AlterField(model_name="order", name="note", field=models.TextField())',
        'migrations.RemoveField(model_name="order", name="note")',
    )
    assert isinstance(added, AddColumn)
    assert (added.table, added.column.name, added.column.nullable) == ("shop_order", "courier_id", True)
    assert isinstance(index, CreateIndex)
    assert isinstance(altered, AlterColumn)
    assert altered.definition is not None
    assert (altered.column, altered.definition.type, altered.definition.nullable) == ("note", "text", False)
    assert isinstance(removed, DropColumn)
    assert (removed.table, removed.column) == ("shop_order", "note")


def test_a_database_default_is_not_a_default_of_the_orm() -> None:
    ours, theirs = operations(
        'migrations.AddField("order", "a", models.IntegerField(default=3))',
        'migrations.AddField("order", "b", models.IntegerField(db_default=3))',
    )
    assert isinstance(ours, AddColumn)
    assert isinstance(theirs, AddColumn)
    assert (ours.column.client_default, ours.column.server_default) == (True, None)
    assert (theirs.column.client_default, theirs.column.server_default) == (False, "3")


def test_renames_of_models_and_of_their_tables_differ() -> None:
    model, table = operations(
        'migrations.RenameModel("Order", "Purchase")', 'migrations.AlterModelTable("purchase", "buys")'
    )
    assert isinstance(model, RenameTable)
    assert (model.table, model.new_name, model.model) == ("shop_order", "shop_purchase", "shop.Purchase")
    assert isinstance(table, RenameTable)
    assert (table.table, table.new_name, table.model) == ("shop_purchase", "buys", "shop.purchase")


def test_constraints_and_indexes() -> None:
    found = operations(
        'AddIndexConcurrently("order", models.Index(fields=["-note"], name="ix"))',
        'migrations.AddConstraint("order", models.UniqueConstraint(fields=["note"], name="uq"))',
        'migrations.AddConstraint("order", models.CheckConstraint(check=models.Q(total__gt=0), name="ck"))',
        'migrations.AlterUniqueTogether("order", {("note", "total")})',
        'migrations.RemoveIndex("order", "ix")',
        "TrigramExtension()",
        "VectorExtension()",
        'migrations.AlterModelOptions("order", {"ordering": ["note"]})',
    )
    index, unique, check, together, dropped, extension, other = found
    assert isinstance(index, CreateIndex)
    assert (index.columns, index.concurrently) == (("note",), True)
    assert isinstance(unique, AddConstraint)
    assert isinstance(check, AddConstraint)
    assert isinstance(together, AddConstraint)
    assert [unique.kind, check.kind, together.columns] == ["unique", "check", ("note", "total")]
    assert isinstance(dropped, DropIndex)
    assert isinstance(extension, CreateObject)
    assert isinstance(other, CreateObject)
    assert {extension.kind, other.kind} == {"extension"}
    assert (extension.name, other.name) == ("pg_trgm", "vector")


def test_sql_and_python() -> None:
    found = operations(
        'migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN a", reverse_sql="DROP TABLE x")',
        'migrations.RunSQL([("UPDATE shop_order SET b = %s", ["x"]), "DROP TABLE old"])',
        "migrations.RunSQL(migrations.RunSQL.noop)",
        "migrations.RunPython(fill, migrations.RunPython.noop)",
        before="""
        def fill(apps, schema_editor):
            apps.get_model("shop", "Order").objects.update(b=1)
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute("CREATE INDEX ix ON shop_order (b)")
        """,
    )
    assert kinds(found) == ["DropColumn", "DataChange", "DropTable", "DataChange", "CreateIndex", "RunCode"]


def test_state_and_database_are_kept_apart() -> None:
    read = migration("""
        operations = [
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RunSQL("CREATE INDEX ix ON shop_order (b)")],
                state_operations=[migrations.RemoveField("order", "b")],
            ),
        ]
    """)
    assert kinds(list(read.operations)) == ["CreateIndex"]
    assert kinds(list(read.state_only)) == ["DropColumn"]


def test_operations_that_are_put_together() -> None:
    read = migration(
        """
        atomic = False
        dependencies = [("shop", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
        replaces = [("shop", "0000_old")]
        database_operations = [migrations.DeleteModel("A")]
        operations = [*database_operations] + more("B")
        if connection.vendor == "postgresql":
            operations += [migrations.DeleteModel("C")]
        else:
            operations += [migrations.DeleteModel("D")]
        operations.append(migrations.DeleteModel("E"))
        """,
        before="""
        from django.conf import settings


        def more(name):
            found = []
            for model in (name,):
                found.append(migrations.DeleteModel(model))
            return found
        """,
    )
    tables = [getattr(operation, "table", "") for operation in read.operations]
    assert tables == ["shop_a", "shop_b", "shop_c", "shop_e"]
    assert [getattr(operation, "table", "") for operation in read.variants[0].operations][2] == "shop_d"
    assert (read.revision, read.transactional) == ("shop.0002_next", False)
    assert read.parents == ("shop.0001_initial", "AUTH_USER_MODEL.__first__")
    assert read.replaces == ("shop.0000_old",)


def test_operations_of_ones_own() -> None:
    known, unknown = operations(
        'Fill("x")',
        'Partition("order")',
        before="""
        from shop.operations import Partition


        class Fill(migrations.RunPython):
            pass
        """,
    )
    assert isinstance(known, RunCode)
    assert isinstance(unknown, UnreadOperation)
    assert "Partition" in unknown.reason


def test_an_imported_kind_of_run_python_moves_data() -> None:
    files = {
        "shop/operations.py": "from django.db import migrations\n\n\nclass Fill(migrations.RunPython):\n    pass\n",
        "shop/migrations/0001_initial.py": HEAD
        + "from shop.operations import Fill\n\n\nclass Migration(migrations.Migration):\n"
        + "    operations = [Fill('x')]\n",
    }
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    project = Project(facts, Settings(), lambda path: files[path].encode())
    found = [item for tree in project.migrations.trees for step in tree.steps for item in step.migration.operations]
    assert kinds(found) == ["RunCode"]


@pytest.mark.parametrize(
    "text",
    [
        "class Migration:\n    operations = []\n",
        "class Migration(models.Model):\n    pass\n",
        "from .base import Migration\n",
    ],
)
def test_other_classes_named_migration(text: str) -> None:
    assert not read_file("shop/migrations/0001_x.py", (HEAD + text).encode()).migrations


def test_the_generator_signs_its_work() -> None:
    signed = "# Generated by Django 5.2 on 2026-01-01\n" + HEAD
    signed += "\nclass Migration(migrations.Migration):\n    operations = []\n"
    (read,) = read_file("shop/migrations/0001_x.py", signed.encode()).migrations
    assert read.generated
    assert read.generator_header is not None
    assert not migration("operations = []").generated


@pytest.mark.parametrize("line", ["operations = [operations]\n", "operations = operations + operations\n"])
def test_no_code_keeps_the_reader_busy(line: str) -> None:
    migration('operations = [migrations.DeleteModel("A")]\n' + line * 3_000)


def test_a_library_gives_a_column_a_default_that_models_do_not_know() -> None:
    (altered,) = operations('AddDefaultValue(model_name="order", name="kind", value=0)')
    assert isinstance(altered, AlterColumn)
    assert (altered.table, altered.column, altered.server_default) == ("shop_order", "kind", "0")


def test_operations_that_a_function_gives_are_spread() -> None:
    before = """
        def rules():
            return [migrations.RunSQL(f"DROP TABLE {name}", "") for name in ("a", "b")]
    """
    found = migration("operations = [*rules(), *rules()]", before).operations
    assert [getattr(one, "table", "") for one in found] == ["a", "b", "a", "b"]
    (unread,) = migration("operations = [*known(1)]").operations
    assert isinstance(unread, UnreadOperation)
    assert unread.reason == "the operations are computed at run time"


def test_triggers_of_a_library_are_those_of_the_models_table() -> None:
    trigger = 'pgtrigger.compiler.Trigger(name="logged", sql=pgtrigger.compiler.UpsertTriggerSql(func="…"))'
    removed, added = operations(
        'pgtrigger.migrations.RemoveTrigger(model_name="order", name="logged")',
        f'pgtrigger.migrations.AddTrigger(model_name="order", trigger={trigger})',
    )
    assert isinstance(removed, DropObject)
    assert isinstance(added, CreateObject)
    assert (removed.kind, removed.name, removed.table) == ("trigger", "logged", "shop_order")
    assert (added.kind, added.name, added.table) == ("trigger", "logged", "shop_order")
