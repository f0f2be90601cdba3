"""The schema that migrations build: what is known, what is not, and how Django's names become the database's."""

from __future__ import annotations

from test_migrations import HERE, USERS, alembic, django, migrations, sql

from bylaw.facts import migrations as ops
from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import ColumnSpec, Operation
from bylaw.project.migrations import Schema


def schema(*operations: Operation) -> Schema:
    found = migrations(alembic("v/1.py", "1", operations=operations))
    return found.schema_after(found.trees[0].steps[-1])


def django_schema(*operations: Operation, state_only: tuple[Operation, ...] = ()) -> Schema:
    first = django("app/migrations/0001_initial.py", operations=operations)
    second = django("app/migrations/0002_b.py", "app.0001_initial", state_only=state_only)
    found = migrations(first, second)
    return found.schema_after(found.trees[0].steps[-1])


def test_columns_come_change_and_go() -> None:
    state = schema(
        USERS,
        ops.AddColumn("users", ColumnSpec("name", "varchar(20)", nullable=True), HERE),
        ops.AlterColumn("users", "name", HERE, type="text", nullable=False, server_default="''"),
        ops.RenameColumn("users", "name", "title", HERE),
        ops.DropColumn("users", "id", HERE),
    )
    table = state.tables["users"]
    assert list(table.columns) == ["title"]
    column = table.columns["title"]
    assert (column.type, column.nullable, column.default, column.required) == ("text", False, "''", False)


def test_what_was_never_seen_is_not_guessed() -> None:
    state = schema(ops.AlterColumn("legacy", "age", HERE, nullable=False))
    table = state.tables["legacy"]
    assert not table.complete
    assert table.created is None
    column = table.columns["age"]
    assert (column.type, column.nullable, column.default_known, column.required) == ("", False, False, None)


def test_one_table_under_several_spellings() -> None:
    state = schema(ops.CreateTable("public.Users", (ColumnSpec("id"),), (), HERE))
    assert state.table("users") is state.table("public.users") is state.tables["public.Users"]
    assert state.table("other.users") is None


def test_two_schemas_are_told_apart() -> None:
    state = schema(ops.CreateTable("a.users", (), (), HERE), ops.CreateTable("b.users", (), (), HERE))
    assert state.table("users") is None
    assert state.table("b.users") is not None


def test_create_if_not_exists_keeps_what_is_there() -> None:
    again = ops.CreateTable("users", (ColumnSpec("x"),), (), HERE, if_not_exists=True)
    assert list(schema(USERS, again).tables["users"].columns) == ["id"]


def test_an_earlier_schema_is_not_touched_by_later_operations() -> None:
    found = migrations(
        alembic("v/1.py", "1", operations=(USERS,)),
        alembic("v/2.py", "2", "1", operations=(ops.DropTable("users", HERE),)),
        alembic("v/3.py", "3", "2", operations=(USERS,)),
    )
    first, second, third = (found.schema_after(step) for step in found.trees[0].steps)
    assert (first.table("users") is None, second.table("users") is None, third.table("users") is None) == (
        False,
        True,
        False,
    )
    assert first.tables["users"].identity != third.tables["users"].identity


def test_a_constraint_is_validated_later() -> None:
    check = ops.AddConstraint("users", "check", (), HERE, name="c", expression="id > 0", not_valid=True)
    assert not schema(USERS, check).tables["users"].constraints[-1].validated
    assert schema(USERS, check, ops.ValidateConstraint("users", "c", HERE)).tables["users"].constraints[-1].validated


def test_enum_labels() -> None:
    state = schema(
        ops.CreateObject("type", "mood", HERE, labels=("sad", "ok")),
        ops.AlterEnum("mood", "add", "happy", HERE),
        ops.AlterEnum("mood", "rename", "ok", HERE, new_value="fine"),
    )
    assert state.enums["mood"] == ("sad", "fine", "happy")


ORDER = ops.CreateTable(
    "shop_orders",
    (ColumnSpec("id", "bigint", primary_key=True), ColumnSpec("buyer_id", "bigint", field="buyer"), ColumnSpec("note")),
    ("id",), HERE, model="app.Order",
)  # fmt: skip
JOINING = (
    ColumnSpec("id", primary_key=True), ColumnSpec("order_id", references="app_order"),
    ColumnSpec("tag_id", references="app_tag"),
)  # fmt: skip
TAGS = ops.CreateTable("app_order_tags", JOINING, ("id",), HERE, model="app.Order_tags")


def test_django_names_models_and_fields() -> None:
    state = django_schema(
        ORDER,
        ops.AlterColumn("app_order", "buyer", HERE, nullable=True),
        ops.RenameColumn("app_order", "buyer", "customer", HERE),
        ops.DropColumn("app_order", "note", HERE),
    )
    assert list(state.tables) == ["shop_orders"]
    assert list(state.tables["shop_orders"].columns) == ["id", "customer_id"]
    assert state.tables["shop_orders"].fields == {"customer": "customer_id"}


def test_a_renamed_model_keeps_a_table_that_it_named_itself() -> None:
    rename = ops.RenameTable("app_order", "app_purchase", HERE, model="app.Purchase")
    state = django_schema(ORDER, rename, ops.DropColumn("app_purchase", "note", HERE))
    assert list(state.tables["shop_orders"].columns) == ["id", "buyer_id"]


def test_a_renamed_model_takes_its_tables_along() -> None:
    plain = ops.CreateTable("app_order", (ColumnSpec("id"),), (), HERE, model="app.Order")
    rename = ops.RenameTable("app_order", "app_purchase", HERE, model="app.Purchase")
    state = django_schema(plain, TAGS, rename)
    assert sorted(state.tables) == ["app_purchase", "app_purchase_tags"]
    assert set(state.tables["app_purchase_tags"].columns) == {"id", "purchase_id", "tag_id"}


def test_a_renamed_model_renames_the_columns_that_point_at_it() -> None:
    plain = ops.CreateTable("app_tag", (ColumnSpec("id"),), (), HERE, model="app.Tag")
    rename = ops.RenameTable("app_tag", "app_label", HERE, model="app.Label")
    state = django_schema(ORDER, plain, TAGS, rename)
    assert set(state.tables["shop_orders_tags"].columns) == {"id", "order_id", "label_id"}


def test_a_renamed_many_to_many_field_renames_its_table() -> None:
    rename = ops.RenameColumn("app_order", "tags", "labels", HERE)
    state = django_schema(ORDER, TAGS, rename)
    assert sorted(state.tables) == ["shop_orders", "shop_orders_labels"]
    gone = django_schema(ORDER, TAGS, rename, ops.DropColumn("app_order", "labels", HERE))
    assert sorted(gone.tables) == ["shop_orders"]


def test_a_many_to_many_field_is_a_table() -> None:
    state = django_schema(ORDER, TAGS, ops.DropColumn("app_order", "tags", HERE))
    assert list(state.tables) == ["shop_orders"]


def test_changes_of_the_models_alone_leave_the_database() -> None:
    state = django_schema(
        ORDER, TAGS, state_only=(ops.DropColumn("app_order", "note", HERE), ops.DropTable("app_order", HERE))
    )
    table = state.tables["shop_orders"]
    assert "note" in table.columns
    assert table.columns["note"].unmapped is not None
    assert table.unmapped is not None
    assert state.of_model("app_order") is None


def test_a_squash_is_not_run_beside_its_originals() -> None:
    originals = [
        django("app/migrations/0001_initial.py", operations=(ORDER,)),
        django("app/migrations/0002_b.py", "app.0001_initial", operations=(ops.DropColumn("app_order", "note", HERE),)),
    ]
    squash = django("app/migrations/0001_squashed.py", operations=(ORDER,), replaces=("app.0001_initial", "app.0002_b"))
    for files in ([*originals, squash], [squash], [originals[1], squash]):
        found = migrations(*files)
        columns = found.schema_after(found.trees[0].steps[-1]).tables["shop_orders"].columns
        assert ("note" in columns) == (originals[0] not in files)
        assert not list(found.drops())


def test_a_long_history_folds_quickly() -> None:
    tables = 1500
    creates = tuple(ops.CreateTable(f"t{at}", (ColumnSpec("id"),), (), HERE) for at in range(tables))
    adds = tuple(ops.AddColumn(f"t{at}", ColumnSpec("x", nullable=True), HERE) for at in range(tables))
    files: list[FileFacts] = [sql("db/1.sql", *creates), sql("db/2.sql", *adds)]
    found = migrations(*files, base={"db/1.sql", "db/2.sql"})
    assert len(found.schema_after(found.trees[0].steps[-1]).tables) == tables
