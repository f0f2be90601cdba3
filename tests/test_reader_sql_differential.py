"""Two parsers that know nothing of each other must find the same operations in what both understand."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import sqlglot
from sql_cases import Case, cases
from sqlglot import ErrorLevel, exp

from bylaw.facts import migrations as ops
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_COMMON = [
    "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(120) NOT NULL UNIQUE, age int DEFAULT 0 CHECK (age > 0))",
    "CREATE TABLE IF NOT EXISTS s.orders (id int, buyer int REFERENCES users (id) ON DELETE CASCADE, PRIMARY KEY (id))",
    "CREATE TABLE a (b int, CONSTRAINT fk FOREIGN KEY (b) REFERENCES d (e), CONSTRAINT u UNIQUE (b, c), CHECK (b > c))",
    "CREATE TABLE a (b numeric(10,2) NOT NULL DEFAULT 1.5, c timestamp, d double precision, e char(3), f boolean)",
    "CREATE TABLE a AS SELECT 1",
    "ALTER TABLE users ADD COLUMN nick varchar(20) DEFAULT 'x' NOT NULL",
    "ALTER TABLE users ADD nick text NULL",
    "ALTER TABLE users DROP COLUMN nick",
    "ALTER TABLE users RENAME COLUMN nick TO name",
    "ALTER TABLE users RENAME TO people",
    "ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES b (c)",
    "ALTER TABLE users ADD CONSTRAINT c CHECK (a > 0)",
    "ALTER TABLE users ADD UNIQUE (a, b)",
    "ALTER TABLE users ADD PRIMARY KEY (id)",
    "ALTER TABLE users ADD COLUMN a int, DROP COLUMN b, ADD CONSTRAINT u UNIQUE (c)",
    "ALTER TABLE users ALTER COLUMN a SET DEFAULT 5",
    "ALTER TABLE users ALTER COLUMN a DROP DEFAULT",
    "ALTER TABLE users DROP CONSTRAINT c",
    "CREATE UNIQUE INDEX i ON users (a, b)",
    "CREATE INDEX i ON users (lower(a), b DESC)",
    "DROP TABLE a",
    "DROP TABLE IF EXISTS a, b",
    "DROP VIEW v",
    "CREATE VIEW v AS SELECT 1",
    "INSERT INTO a (b, c) VALUES (1, 2)",
    "INSERT INTO a SELECT * FROM b",
    "UPDATE a SET b = 1, c = 2 WHERE d = 3",
    "UPDATE a SET b = 1",
    "DELETE FROM a",
    "DELETE FROM a WHERE b = 1",
    "SELECT a FROM b WHERE c = 1",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT a",
]


@pytest.mark.parametrize("dialect", ["mysql", "sqlite", "tsql", "snowflake"])
@pytest.mark.parametrize("sql", _COMMON)
def test_dialects_agree(sql: str, dialect: str) -> None:
    assert operations(sql, dialect, Span) == operations(sql, "postgres", Span)


@pytest.mark.parametrize("case", [*cases("postgres.sql")], ids=lambda case: f"{case.file}:{case.line}")
def test_sqlglot_sees_the_same(case: Case) -> None:
    theirs = _theirs(case.sql)
    if theirs is None:
        pytest.skip("opaque to sqlglot")
    assert list(_ours(case.sql)) == theirs


Summary = tuple[str, str, str]


def _ours(sql: str) -> Iterator[Summary]:
    for one in operations(sql, "postgres", Span):
        match one:
            case ops.AddColumn(table=table, column=column):
                yield "add", table, column.name
            case ops.AlterColumn(table=table, column=column):
                yield "alter", table, column
            case ops.DropColumn(table=table, column=column):
                yield "drop column", table, column
            case ops.CreateTable(table=table, columns=columns):
                yield "create table", table, ",".join(column.name for column in columns)
            case ops.AddConstraint(table=table) | ops.ValidateConstraint(table=table):
                yield "constraint", table, ""
            case ops.DropTable(table=table):
                yield "drop", table, ""
            case ops.DropIndex(name=name) | ops.DropObject(name=name):
                yield "drop", name, ""
            case ops.CreateIndex(table=table, name=name):
                yield "create index", table, name
            case ops.DataChange(kind=kind, table=table, filtered=filtered):
                yield kind, table, "filtered" if filtered else ""
            case ops.RenameTable(table=table) | ops.RenameColumn(table=table):
                yield "rename", table, ""
            case _:
                yield type(one).__name__, "", ""


def _theirs(sql: str) -> list[Summary] | None:
    """What sqlglot makes of a single statement; None where it leaves it, or its like, opaque."""
    try:
        trees = sqlglot.parse(sql, dialect="postgres", error_level=ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError:
        return None
    if len(trees) != 1 or not isinstance(
        trees[0], exp.Create | exp.Alter | exp.Drop | exp.Update | exp.Delete | exp.Insert
    ):
        return None
    tree = trees[0]
    # Data-modifying WITH, objects of the rarer kinds, and the renames without COLUMN are not sqlglot's strength.
    if tree.args.get("with_") or tree.args.get("kind", "TABLE") not in {"TABLE", "INDEX"}:
        return None
    return list(_summary(tree))


def _name(node: exp.Expression | None) -> str:
    return ".".join(part.name for part in node.parts) if isinstance(node, exp.Table) else ""


def _summary(tree: exp.Expression) -> Iterator[Summary]:
    match tree:
        case exp.Update() | exp.Delete() | exp.Insert():
            target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
            yield type(tree).__name__.lower(), _name(target), "filtered" if tree.args.get("where") else ""
        case exp.Drop():
            for table in tree.args["tables"]:
                yield "drop", _name(table), ""
        case exp.Create() if tree.args["kind"] == "INDEX":
            yield "create index", _name(tree.this.args["table"]), tree.this.name
        case exp.Create():
            schema = tree.this if isinstance(tree.this, exp.Schema) else None
            columns = [one.name for one in schema.expressions if isinstance(one, exp.ColumnDef)] if schema else []
            yield "create table", _name(schema.this if schema else tree.this), ",".join(columns)
            for one in schema.expressions if schema else []:
                kinds = (exp.Constraint, exp.ForeignKey, exp.UniqueColumnConstraint, exp.CheckColumnConstraint)
                primary = one.find(exp.PrimaryKey) is not None
                if (isinstance(one, kinds) and not primary) or type(one).__name__.startswith("Exclude"):
                    yield "constraint", _name(schema.this), ""  # type: ignore[union-attr]
        case exp.Alter() if tree.args["kind"] == "INDEX":
            yield "RenameObject", "", ""
        case exp.Alter():
            for action in tree.args.get("actions") or []:
                yield _action(action, _name(tree.this))


def _action(action: exp.Expression, table: str) -> Summary:
    match action:
        case exp.ColumnDef():
            return "add", table, action.name
        case exp.AlterColumn():
            return "alter", table, action.name
        case exp.Drop() if action.args["kind"] == "COLUMN":
            return "drop column", table, action.args["tables"][0].name
        case exp.Drop():
            return "DropConstraint", "", ""
        case exp.AddConstraint():
            return "constraint", table, ""
        case exp.RenameColumn() | exp.AlterRename():
            return "rename", table, ""
        case _:
            return type(action).__name__, "", ""
