"""What is timed: pinned public wheels, downloaded once, and SQL migrations made by rule."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

DATA = Path(__file__).parent / ".data"
BACKENDS = {"label-studio": "1.23.2", "apache-airflow-core": "3.3.2"}
REVISIONS = ("apache-superset", "6.1.0")
SQL_FILES = 500
_TABLES = 120


def wheel(name: str, version: str) -> Path:
    """The Python and SQL files of a pinned wheel, unpacked once."""
    target = DATA / f"{name}-{version}"
    if not target.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run([*command, f"{name}=={version}"], check=True)
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
                members = [member for member in archive.namelist() if member.endswith((".py", ".sql"))]
                archive.extractall(target, members)
    return target


def revisions(into: Path) -> int:
    """Copy the Alembic tree of a large project, and nothing else of it, into a folder. Returns how many revisions."""
    source = wheel(*REVISIONS) / "superset" / "migrations"
    shutil.copytree(source, into / "superset" / "migrations")
    return len(list((source / "versions").glob("*.py")))


def sql_migrations(into: Path) -> int:
    """Write numbered SQL migrations of four statements each into a folder. Returns the number of statements."""
    into.mkdir(parents=True)
    for number in range(SQL_FILES):
        (into / f"V{number + 1}__change_{number}.sql").write_text("\n\n".join(_statements(number)) + "\n", "utf-8")
    return 4 * SQL_FILES


def _statements(number: int) -> tuple[str, str, str, str]:
    table = f"table_{number % _TABLES}"
    if number < _TABLES:
        return (
            f"CREATE TABLE {table} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
            "    name text NOT NULL,\n    email varchar(120),\n    amount numeric(10, 2) NOT NULL DEFAULT 0,\n"
            "    created_at timestamptz NOT NULL DEFAULT now()\n);",
            f"CREATE INDEX {table}_name_idx ON {table} (name);",
            f"COMMENT ON TABLE {table} IS 'Rows of {table}';",
            f"CREATE UNIQUE INDEX {table}_email_key ON {table} (lower(email));",
        )
    match number % 5:
        case 0:
            return (
                f"ALTER TABLE {table} ADD COLUMN note_{number} text;",
                f"ALTER TABLE {table} ADD COLUMN flag_{number} boolean NOT NULL DEFAULT false;",
                f"CREATE INDEX CONCURRENTLY {table}_note_{number}_idx ON {table} (note_{number});",
                f"UPDATE {table} SET note_{number} = name WHERE note_{number} IS NULL;",
            )
        case 1:
            other = f"table_{(number + 7) % _TABLES}"
            return (
                f"ALTER TABLE {table} ADD COLUMN ref_{number} bigint;",
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_ref_{number}_fk FOREIGN KEY (ref_{number}) "
                f"REFERENCES {other} (id) NOT VALID;",
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_ref_{number}_fk;",
                f"CREATE INDEX {table}_ref_{number}_idx ON {table} (ref_{number});",
            )
        case 2:
            return (
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_c_{number} CHECK (amount >= 0) NOT VALID;",
                f"ALTER TABLE {table} ALTER COLUMN email TYPE varchar(240);",
                f"ALTER TABLE {table} ALTER COLUMN amount SET DEFAULT {number};",
                f"CREATE VIEW {table}_v_{number} AS SELECT id, name FROM {table} WHERE amount > {number};",
            )
        case 3:
            return (
                f"CREATE TYPE kind_{number} AS ENUM ('one', 'two', 'three');",
                f"ALTER TABLE {table} ADD COLUMN kind_{number} kind_{number};",
                f"INSERT INTO {table} (name, email) VALUES ('seed {number}', 'seed{number}@example.org');",
                f"ALTER TABLE {table} DROP COLUMN IF EXISTS note_{number - 3};",
            )
        case _:
            return (
                f"CREATE OR REPLACE FUNCTION touch_{number}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
                "    NEW.created_at := now();\n    RETURN NEW;\nEND\n$$;",
                f"CREATE TRIGGER touch_{number} BEFORE UPDATE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION touch_{number}();",
                f"GRANT SELECT ON {table} TO PUBLIC;",
                f"DELETE FROM {table} WHERE amount = {number};",
            )
