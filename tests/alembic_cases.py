"""Operations of Alembic on a few tables, each for a revision of its own: for tests that render them as SQL."""

from __future__ import annotations

from textwrap import indent
from typing import Final

_REVISION: Final = """\
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {parent}


def upgrade():
{body}
"""
_TABLES: Final = """\
op.create_table("teams", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("name", sa.String(80)))
op.create_table(
    "users",
    sa.Column("id", sa.BigInteger(), primary_key=True),
    sa.Column("name", sa.String(40)),
    sa.Column("age", sa.Integer(), nullable=False),
    sa.Column("other", sa.Integer()),
    sa.Column("team_id", sa.BigInteger()),
    sa.Column("total", sa.Numeric(8, 2), server_default="0"),
    sa.Column("made", sa.DateTime()),
    sa.Column("flag", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.CheckConstraint("total >= 0", name="total_ok"),
    sa.UniqueConstraint("name", name="one_name"),
)
op.create_index("ix_age", "users", ["age"])
op.create_foreign_key("fk_team", "users", "teams", ["team_id"], ["id"])
"""
_ADDED: Final = {
    "null": "sa.Integer()",
    "required": "sa.Integer(), nullable=False",
    "default": 'sa.Integer(), nullable=False, server_default="1"',
    "now": "sa.DateTime(), server_default=sa.func.now(), nullable=False",
    "uuid": 'sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False',
    "unique": "sa.Integer(), unique=True",
    "index": "sa.Integer(), index=True",
    "unique index": "sa.Integer(), unique=True, index=True",
    "fk": 'sa.BigInteger(), sa.ForeignKey("teams.id")',
    "fk named": (
        'sa.BigInteger(), sa.ForeignKey("teams.id", name="fk_a", ondelete="CASCADE"), nullable=False, '
        'server_default="1"'
    ),
    "identity": "sa.BigInteger(), sa.Identity()",
    "computed": 'sa.Integer(), sa.Computed("age * 2", persisted=True)',
    "check": 'sa.Integer(), sa.CheckConstraint("a > 0")',
    "enum": 'sa.Enum("x", "y", name="mood")',
    "bool": "sa.Boolean(), nullable=False",
    "serial": "sa.Integer(), autoincrement=True, nullable=False",
    "pk": "sa.Integer(), primary_key=True",
    "python default": "sa.Integer(), default=1, nullable=False",
    "comment": 'sa.Integer(), comment="x"',
}
_ALTERED: Final = {
    "required": '"name", nullable=False',
    "required existing": '"name", existing_type=sa.String(40), nullable=False',
    "nullable": '"age", nullable=True',
    "type": '"age", type_=sa.BigInteger()',
    "widen": '"name", type_=sa.String(80), existing_type=sa.String(40)',
    "narrow": '"name", type_=sa.String(10), existing_type=sa.String(40), existing_nullable=True',
    "text": '"name", type_=sa.Text()',
    "using": '"name", type_=sa.Integer(), postgresql_using="name::integer"',
    "numeric": '"total", type_=sa.Numeric(10, 2)',
    "tz": '"made", type_=sa.DateTime(timezone=True)',
    "default": '"age", server_default="3"',
    "drop default": '"flag", server_default=None',
    "rename": '"name", new_column_name="title"',
    "rename type": '"name", new_column_name="title", type_=sa.Text(), nullable=False',
    "comment": '"name", comment="deprecated"',
    "identity": '"age", server_default=sa.Identity(always=True)',
    "type required": '"other", type_=sa.BigInteger(), nullable=False',
}
_OTHERS: Final = {
    "drop column": 'op.drop_column("users", "name")',
    "drop two": 'op.drop_column("users", "name")\nop.drop_column("users", "age")',
    "create index": 'op.create_index("i", "users", ["other"])',
    "create index unique": 'op.create_index("i", "users", ["other"], unique=True)',
    "create index concurrently": (
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("i", "users", ["other"], postgresql_concurrently=True)'
    ),
    "create index text": (
        'op.create_index("i", "users", [sa.text("lower(name)")], postgresql_using="btree", '
        'postgresql_where=sa.text("age > 3"))'
    ),
    "create index if not": 'op.create_index("i", "users", ["other"], if_not_exists=True)',
    "drop index": 'op.drop_index("ix_age", "users")',
    "drop index noname": 'op.drop_index("ix_age")',
    "drop index concurrently": (
        "with op.get_context().autocommit_block():\n"
        '    op.drop_index("ix_age", table_name="users", postgresql_concurrently=True)'
    ),
    "create unique": 'op.create_unique_constraint("u", "users", ["age", "other"])',
    "create unique none": 'op.create_unique_constraint(None, "users", ["age"])',
    "create fk": 'op.create_foreign_key("f", "users", "teams", ["other"], ["id"])',
    "create fk not valid": 'op.create_foreign_key("f", "users", "teams", ["other"], ["id"], postgresql_not_valid=True)',
    "create check": 'op.create_check_constraint("c", "users", "age > 0")',
    "create check not valid": (
        'op.create_check_constraint("c", "users", sa.column("age") > 0, postgresql_not_valid=True)'
    ),
    "create pk": 'op.drop_constraint("users_pkey", "users")\nop.create_primary_key("users_pkey", "users", ["age"])',
    "create exclude": 'op.create_exclude_constraint("x", "users", ("made", "="), using="gist")',
    "drop constraint": 'op.drop_constraint("one_name", "users", type_="unique")',
    "drop fk": 'op.drop_constraint("fk_team", "users", type_="foreignkey")',
    "rename table": 'op.rename_table("users", "people")',
    "drop table": 'op.drop_table("users")',
    "create table": (
        'op.create_table("x", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("u", '
        'sa.BigInteger(), sa.ForeignKey("users.id"), index=True))'
    ),
    "create table as": 'op.execute("CREATE TABLE x AS SELECT * FROM users")',
    "execute update": "op.execute(\"UPDATE users SET name = 'x'\")",
    "execute delete": 't = sa.table("users", sa.column("name"))\nop.execute(t.delete())',
    "execute text": 'op.execute(sa.text("ALTER TABLE users ALTER COLUMN name SET NOT NULL"))',
    "batch": (
        'with op.batch_alter_table("users") as b:\n'
        '    b.add_column(sa.Column("a", sa.Integer(), nullable=False))\n'
        '    b.alter_column("name", nullable=False)\n'
        '    b.create_index("i", ["other"])\n'
        '    b.drop_column("made")\n'
        '    b.create_foreign_key("f", "teams", ["other"], ["id"])'
    ),
    "batch unique": (
        'with op.batch_alter_table("users", schema=None) as b:\n'
        '    b.create_unique_constraint("u", ["other"])\n'
        '    b.drop_constraint("total_ok", type_="check")'
    ),
    "table comment": 'op.create_table_comment("users", "deprecated")',
    "enum type": (
        'sa.Enum("a", "b", name="kind").create(op.get_bind())\n'
        'op.add_column("users", sa.Column("a", sa.Enum("a", "b", name="kind", create_type=False)))'
    ),
    "schema": 'op.add_column("users", sa.Column("a", sa.Integer(), nullable=False), schema="sales")',
    "lock timeout": 'op.execute("SET lock_timeout = \'2s\'")\nop.create_index("i", "users", ["other"])',
}
CASES: Final = {
    **{f"add {name}": f'op.add_column("users", sa.Column("a", {column}))' for name, column in _ADDED.items()},
    **{f"alter {name}": f'op.alter_column("users", {change})' for name, change in _ALTERED.items()},
    **_OTHERS,
}
"""Bodies of `upgrade()` by what they do."""


def files_of(name: str) -> dict[str, str]:
    """The two revisions: the tables, and the case."""
    first = _REVISION.format(revision="a1", parent=None, body=indent(_TABLES, "    "))
    second = _REVISION.format(revision="b2", parent='"a1"', body=indent(CASES[name], "    "))
    return {"migrations/versions/0001_first.py": first, "migrations/versions/0002_change.py": second}
