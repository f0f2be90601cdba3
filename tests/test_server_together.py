"""Which revisions of Alembic share a transaction, seen on a server: the lock that one took is still there when the next
one begins, and a label that one added cannot be used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import environments
import pytest

from bylaw.project import Project
from bylaw.project.history import History
from bylaw.readers import read_file
from bylaw.settings import Settings

psycopg = pytest.importorskip("psycopg")

if TYPE_CHECKING:
    from postgres_server import Connection, Server

FIRST = """\
    op.execute("CREATE TYPE state AS ENUM ('new')")
    op.execute("CREATE TABLE customers (id int PRIMARY KEY)")
    op.execute("CREATE TABLE orders (id int, customer_id int, state state)")
    op.execute("INSERT INTO customers VALUES (1)")
    op.execute("INSERT INTO orders VALUES (1, 1, 'new')")
"""
ENVIRONMENT = environments.ALEMBIC.replace("with context", "HANDED_OVER = {}\nwith context", 1)
CONFIGURED = "configure(connection=connection"
OPTION = f"{CONFIGURED}, transaction_per_migration"
ENVIRONMENTS = {
    "as Alembic writes it": ENVIRONMENT,
    "off": ENVIRONMENT.replace(CONFIGURED, f"{OPTION}=False"),
    "on": ENVIRONMENT.replace(CONFIGURED, f"{OPTION}=True"),
    "handed over": ENVIRONMENT.replace(CONFIGURED, f"{CONFIGURED}, **HANDED_OVER").replace(
        "{}", "{'transaction_per_migration': True}"
    ),
    "around all of it": ENVIRONMENT.replace("connect()", "begin()"),
}
REVISION = """\
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
down_revision = {parent}


def upgrade():
{body}
"""
KEY = """\
    op.create_foreign_key("orders_fk", "orders", "customers", ["customer_id"], ["id"], postgresql_not_valid=True)
"""
VALIDATE = """\
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_fk")
"""
LABEL = """\
    op.execute("ALTER TYPE state ADD VALUE 'sent'")
"""
USE = """\
    op.execute("UPDATE orders SET state = 'sent' WHERE id = 1")
"""
OUTSIDE = """\
    with op.get_context().autocommit_block():
        op.execute("SELECT 1")
"""
NOTHING = "    pass\n"


def files_of(environment: str, *bodies: str) -> dict[str, str]:
    files = {"migrations/env.py": ENVIRONMENTS[environment]}
    parent = None
    for number, body in enumerate((FIRST, *bodies)):
        text = REVISION.format(revision=f"r{number}", parent=repr(parent) if parent else None, body=body)
        files[f"migrations/versions/r{number}.py"] = text
        parent = f"r{number}"
    return files


def project_of(files: dict[str, str]) -> Project:
    """The project, on a branch that brought all revisions but the first one."""
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    history = History(frozenset({"migrations/env.py", "migrations/versions/r0.py"}))
    return Project(facts, Settings(), lambda path: files[path].encode(), history)


class Upgrade:
    """`alembic upgrade`, once to the first revision and once to the newest."""

    def __init__(self, files: dict[str, str], server: Server, folder: Path) -> None:
        import sqlalchemy as sa
        from alembic.config import Config

        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        connect = lambda: psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres")  # noqa: E731
        engine = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=sa.NullPool)
        sa.event.listen(engine, "before_cursor_execute", self._before)
        self.config = Config()
        self.config.set_main_option("script_location", str(folder / "migrations"))
        self.config.set_main_option("path_separator", "os")
        self.config.attributes["engine"] = engine
        self.locked = False
        """Whether this session itself keeps a lock on the table when the validation begins."""

    def _before(self, _: object, cursor: Any, statement: str, *_more: object) -> None:
        if "VALIDATE" in statement:
            found = cursor.connection.execute(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'orders'::regclass"
                " AND mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock')"
            ).fetchone()
            self.locked = found[0] > 0

    def run(self) -> Exception | None:
        """The error of the newest revisions, None when there is none."""
        from alembic import command

        command.upgrade(self.config, "r0")
        try:
            command.upgrade(self.config, "head")
        except Exception as error:
            return error
        return None


CASES = {
    "one after the other": (KEY, VALIDATE),
    "one in between": (KEY, NOTHING, VALIDATE),
    "committed by the first": (KEY + OUTSIDE, VALIDATE),
    "committed by one in between": (KEY, OUTSIDE, VALIDATE),
    "committed by the second": (KEY, OUTSIDE + VALIDATE),
}


@pytest.fixture(autouse=True)
def _nothing_left(database: Connection) -> None:
    from postgres_server import empty

    empty(database)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("case", CASES)
def test_a_lock_of_an_earlier_revision(case: str, environment: str, postgres: Server, tmp_path: Path) -> None:
    files = files_of(environment, *CASES[case])
    upgrade = Upgrade(files, postgres, tmp_path)
    failed = upgrade.run()
    if environment == "around all of it" and OUTSIDE in "".join(CASES[case]):
        assert failed is not None  # Alembic cannot leave a transaction that it did not begin
        return
    assert failed is None
    assert any(project_of(files).migrations.held()) == upgrade.locked


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("between", ["", NOTHING, OUTSIDE])
def test_a_label_of_an_earlier_revision(between: str, environment: str, postgres: Server, tmp_path: Path) -> None:
    files = files_of(environment, *(body for body in (LABEL, between, USE) if body))
    failed = Upgrade(files, postgres, tmp_path).run()
    if environment == "around all of it" and between == OUTSIDE:
        assert failed is not None
        return
    assert any(project_of(files).migrations.refusals()) == (failed is not None)
    assert failed is None or "unsafe use of new value" in str(failed)
