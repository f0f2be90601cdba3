"""One revision each for what Alembic and SQLAlchemy decide by themselves: the server has then what bylaw reads."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from bylaw.project import Project
from bylaw.project.migrations.state.schema import Schema
from bylaw.readers import read_file
from bylaw.settings import Settings

if TYPE_CHECKING:
    from postgres_server import Connection, Server

LONG = "a_table_whose_name_is_long_enough_that_names_made_from_it_are_too_long"[:60]

CASES = {
    "a column that says nothing of NULL": """
        op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("a", sa.Text()))
        op.add_column("t", sa.Column("b", sa.Text()))
        op.add_column("t", sa.Column("c", sa.Text(), nullable=None))
    """,
    "an identity that says nothing of NULL": """
        op.create_table("t", sa.Column("a", sa.Integer(), sa.Identity()), sa.Column("b", sa.Text()))
    """,
    "a key beside the columns": """
        op.create_table("t", sa.Column("a", sa.Text()), sa.Column("b", sa.Text()), sa.PrimaryKeyConstraint("a"))
    """,
    "unique and indexed": """
        op.create_table(
            "t",
            sa.Column("a", sa.Text(), unique=True, index=True),
            sa.Column("b", sa.Text(), unique=True, index=False),
            sa.Column("c", sa.Text(), index=True),
        )
        op.add_column("t", sa.Column("d", sa.Text(), unique=True, index=True))
    """,
    "a lone key of whole numbers counts": """
        op.create_table("a", sa.Column("id", sa.BigInteger(), nullable=False), sa.PrimaryKeyConstraint("id"))
        op.create_table("b", sa.Column("id", sa.Integer(), sa.ForeignKey("a.id"), primary_key=True))
        op.create_table("c", sa.Column("id", sa.Integer(), autoincrement=False, primary_key=True))
        op.create_table(
            "d", sa.Column("x", sa.Integer(), primary_key=True), sa.Column("y", sa.Integer(), primary_key=True)
        )
        op.create_table("e", sa.Column("id", sa.Integer(), primary_key=True, server_default="1"))
        op.create_table(
            "f",
            sa.Column("id", sa.BigInteger(), primary_key=True),
            sa.ForeignKeyConstraint(["id"], ["a.id"]),
        )
        op.create_table(
            "g",
            sa.Column("x", sa.Integer(), autoincrement=True, nullable=False),
            sa.Column("y", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("x", "y"),
        )
    """,
    "a key that is added as a column": """
        op.create_table("t", sa.Column("a", sa.Text()))
        op.add_column("t", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False))
    """,
    "an enum that is kept as text": """
        op.create_table(
            "t",
            sa.Column("a", sa.Enum("sad", "happy", name="mood", native_enum=False)),
            sa.Column("b", sa.Enum("sad", "happy", name="mood", native_enum=False, length=40)),
        )
    """,
    "an index that goes down": """
        op.create_table("t", sa.Column("a", sa.Text()), sa.Column("b", sa.Text()))
        op.create_index("t_a_b", "t", ["a", sa.literal_column("b DESC")])
        op.create_index("t_b_a", "t", [sa.text("b DESC NULLS LAST"), sa.desc("a")])
    """,
    "an enum made with its table, and renamed": """
        op.execute("CREATE TYPE old_mood AS ENUM ('sad')")
        op.create_table("t", sa.Column("a", sa.dialects.postgresql.ENUM("sad", name="old_mood", create_type=False)))
        op.execute("ALTER TYPE old_mood RENAME TO mood")
    """,
    "keys over the same columns are one": """
        op.create_table(
            "a", sa.Column("id", sa.Integer(), autoincrement=False), sa.Column("x", sa.Text(), unique=True),
            sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("id"), sa.UniqueConstraint("x", name="one_x"),
        )
        op.create_table(
            "b", sa.Column("id", sa.Integer(), autoincrement=False), sa.Column("x", sa.Text()),
            sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("id", name="one_id"),
            sa.UniqueConstraint("x"), sa.UniqueConstraint("x"),
        )
        op.create_unique_constraint("one_more", "b", ["x"])
        op.drop_constraint("one_x", "a", type_="unique")
    """,
    "names too long": f"""
        op.create_table("{LONG}", sa.Column("first_column", sa.Text(), index=True), sa.Column("b", sa.Text()))
        op.create_index(op.f("ix_{LONG}_b_and_more"), "{LONG}", ["b"])
    """,
    "a long name dropped": f"""
        op.create_table("{LONG}", sa.Column("first_column", sa.Text(), index=True), sa.Column("b", sa.Text()))
        op.drop_index(op.f("ix_{LONG}_first_column"), table_name="{LONG}")
    """,
}


def _replayed(source: str) -> Schema:
    files = {"alembic/versions/a1_x.py": source.encode()}
    facts = {path: read_file(path, content) for path, content in files.items()}
    migrations = Project(facts, Settings(), files.__getitem__).migrations
    return migrations.schema_after(migrations.trees[0].steps[-1])


def _run(source: str, postgres: Server) -> None:
    import sqlalchemy as sa
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    engine = sa.create_engine("postgresql+psycopg://", creator=postgres.connect, poolclass=sa.NullPool)
    names: dict[str, object] = {}
    exec(compile(source, "revision", "exec"), names)  # noqa: S102 - our own text
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        names["upgrade"]()  # type: ignore[operator]


@pytest.mark.parametrize("body", CASES.values(), ids=CASES.keys())
def test_the_replayed_schema_is_what_alembic_builds(body: str, database: Connection, postgres: Server) -> None:
    pytest.importorskip("alembic")
    from schema_comparison import differences, of_replay, of_server

    source = (
        'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
        f"def upgrade() -> None:\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    )
    _run(source, postgres)
    assert differences(of_replay(_replayed(source), database), of_server(database)) == []


def test_a_house_that_names_constraints_itself_leaves_names_open() -> None:
    files = {
        "alembic/versions/a1_x.py": b'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\n'
        b'down_revision = None\n\n\ndef upgrade():\n    op.create_table("t", sa.Column("a", sa.Text(), unique=True))\n',
        "app/db.py": b'import sqlalchemy\n\nbase = sqlalchemy.MetaData(naming_convention={"uq": "uq_%(table_name)s"})',
    }
    names = []
    for paths in (files, ["alembic/versions/a1_x.py"]):
        migrations = Project({p: read_file(p, files[p]) for p in paths}, Settings(), files.__getitem__).migrations
        table = migrations.schema_after(migrations.trees[0].steps[-1]).tables["t"]
        names += [constraint.name for constraint in table.constraints]
    assert names == ["", "t_a_key"]
