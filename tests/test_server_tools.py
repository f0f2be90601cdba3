"""Alembic and Django build on a server what bylaw reads from their files without running them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import environments
import pytest

from bylaw.project import Project
from bylaw.project.migrations.state.schema import Schema
from bylaw.readers import read_file
from bylaw.settings import Settings

if TYPE_CHECKING:
    from postgres_server import Connection, Server

REVISIONS = {
    "a1": (
        None,
        """
        op.create_table(
            "teams",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("name", sa.String(80), nullable=False, comment="as shown"),
            sa.UniqueConstraint("name", name="one_name"),
        )
        op.create_table(
            "users",
            sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
            sa.Column("email", sa.Text(), nullable=False, unique=True),
            sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id"), nullable=True),
            sa.Column("mood", sa.Enum("sad", "ok", name="mood"), nullable=False, server_default="ok"),
            sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
            sa.Column("points", sa.Numeric(8, 2), server_default=sa.text("0"), nullable=True),
            sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=True),
            sa.Column("extra", postgresql.JSONB(), nullable=True),
            sa.Column("active", sa.Boolean(), nullable=False),
            sa.CheckConstraint("points >= 0", name="no_debt"),
            comment="people",
        )
        op.create_index("ix_users_made_at", "users", ["made_at"])
        """,
    ),
    "b2": (
        "a1",
        """
        op.add_column("users", sa.Column("nick", sa.String(20), nullable=True))
        op.add_column("users", sa.Column("code", sa.Uuid(), nullable=False, server_default=sa.func.gen_random_uuid()))
        op.alter_column("users", "points", type_=sa.Numeric(10, 2), existing_type=sa.Numeric(8, 2), nullable=False)
        op.alter_column("users", "mood", server_default=None)
        op.drop_constraint("users_email_key", "users", type_="unique")
        op.create_unique_constraint("one_email", "users", ["email", "team_id"])
        op.alter_column("users", "active", new_column_name="enabled", server_default=sa.true())
        """,
    ),
    "c3": (
        "b2",
        """
        for column in ("tags", "extra"):
            op.drop_column("users", column)
        op.rename_table("teams", "groups")
        with op.batch_alter_table("users") as batch:
            batch.add_column(sa.Column("size", sa.SmallInteger(), nullable=True))
            batch.drop_index("ix_users_made_at")
            batch.create_check_constraint("small", "size < 10")
        op.execute("ALTER TABLE users ADD COLUMN note text NOT NULL DEFAULT ''")
        op.create_foreign_key("fk_size", "users", "groups", ["size"], ["id"])
        op.create_index("lower_nick", "users", ["nick"], unique=True, postgresql_where=sa.text("nick <> ''"))
        op.create_table_comment("users", "all people", existing_comment="people")
        op.drop_table("scratch", if_exists=True)
        """,
    ),
}

DJANGO = {
    "shop/migrations/0001_initial.py": """
        initial = True
        dependencies = []
        operations = [
            migrations.CreateModel(
                "Team",
                [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=80, unique=True))],
            ),
            migrations.CreateModel(
                "User",
                [
                    ("id", models.AutoField(primary_key=True)),
                    ("email", models.EmailField(max_length=200)),
                    ("team", models.ForeignKey("shop.Team", models.CASCADE, null=True, db_constraint=False)),
                    ("points", models.DecimalField(max_digits=8, decimal_places=2, default=0)),
                    ("plan", models.TextField(db_default="free")),
                    ("extra", models.JSONField(null=True)),
                    ("active", models.BooleanField(default=True, db_column="is_active")),
                ],
                options={"db_table": "people"},
            ),
            migrations.AddConstraint("user", models.UniqueConstraint(fields=["email"], name="one_email")),
        ]
    """,
    "shop/migrations/0002_more.py": """
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("user", "nick", models.CharField(max_length=20, default="")),
            migrations.AddField("user", "seen_at", models.DateTimeField(null=True, db_comment="last visit")),
            migrations.RenameField("user", "points", "score"),
            migrations.AlterField("user", "score", models.IntegerField(null=True)),
            migrations.RemoveField("user", "extra"),
            migrations.AddIndex("user", models.Index(fields=["nick"], name="by_nick")),
            migrations.RenameModel("Team", "Group"),
            migrations.RunSQL("ALTER TABLE people ADD COLUMN note text NULL", migrations.RunSQL.noop),
        ]
    """,
    "shop/migrations/0003_last.py": """
        dependencies = [("shop", "0002_more")]
        operations = [
            migrations.AlterModelTable("user", "members"),
            migrations.RemoveIndex("user", "by_nick"),
            migrations.RemoveConstraint("user", "one_email"),
            migrations.AlterField("user", "plan", models.TextField(null=True)),
            migrations.SeparateDatabaseAndState(
                state_operations=[migrations.RemoveField("user", "nick")],
            ),
            migrations.CreateModel("Note", [("id", models.UUIDField(primary_key=True)), ("text", models.TextField())]),
            migrations.DeleteModel("Note"),
        ]
    """,
}


def _replayed(files: dict[str, str]) -> Schema:
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    migrations = Project(facts, Settings(), lambda path: files[path].encode()).migrations
    return migrations.schema_after(migrations.trees[0].steps[-1])


def _written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_alembic(database: Connection, postgres: Server, tmp_path: Path) -> None:
    command = pytest.importorskip("alembic.command")
    import sqlalchemy as sa
    from alembic.config import Config
    from schema_comparison import differences, of_replay, of_server

    files = {
        f"alembic/versions/{revision}_x.py": "import sqlalchemy as sa\nfrom alembic import op\n"
        f"from sqlalchemy.dialects import postgresql\n\nrevision = {revision!r}\ndown_revision = {parent!r}\n\n\n"
        f"def upgrade() -> None:\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
        for revision, (parent, body) in REVISIONS.items()
    }
    _written(tmp_path, {**files, "alembic/env.py": environments.ALEMBIC})
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "alembic"))
    engine = sa.create_engine("postgresql+psycopg://", creator=postgres.connect, poolclass=sa.NullPool)
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
    database.execute("DROP TABLE alembic_version")
    found = differences(of_replay(_replayed(files), database), of_server(database))
    assert found == []


def test_django(database: Connection, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("django")
    from django.apps import apps
    from django.core.management import call_command
    from schema_comparison import differences, of_replay, of_server
    from spec_execution import django_connection

    files = {
        path: "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
        for path, body in DJANGO.items()
    }
    _written(tmp_path, {**files, "shop/__init__.py": "", "shop/migrations/__init__.py": ""})
    monkeypatch.syspath_prepend(str(tmp_path))
    django_connection(postgres)
    apps.set_installed_apps(["shop"])
    try:
        call_command("migrate", verbosity=0)
    finally:
        apps.unset_installed_apps()
    from django.db import connections

    connections.close_all()
    database.execute("DROP TABLE django_migrations")
    found = differences(of_replay(_replayed(files), database), of_server(database))
    unknown = (".constraints:", ".indexes:", ".generation:", ".team_id.type: we say 'no type: '")
    assert [line for line in found if not any(part in line for part in unknown)] == []
