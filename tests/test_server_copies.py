"""What `no-table-copy` claims of MariaDB, seen on one: who may write to a table meanwhile, LOCK=NONE asks for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from bylaw.project import Project
from bylaw.project.migrations.locking.mysql_types import copies_table
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, Settings

pymysql = pytest.importorskip("pymysql", reason="pymysql is not installed: it talks to the MariaDB of these tests")

if TYPE_CHECKING:
    from mariadb_server import MariaConnection, MariaServer

TYPES = (
    "int", "int unsigned", "bigint", "decimal(8, 2)", "decimal(12, 2)", "varchar(10)", "varchar(20)", "text",
    "datetime", "datetime(6)", "enum('a', 'b')", "enum('a', 'b', 'c')", "enum('b', 'a')",
)  # fmt: skip
TABLE = """CREATE TABLE orders (
    id int PRIMARY KEY, total int NOT NULL, number int NOT NULL, note varchar(40), body text, customer_id int,
    CONSTRAINT known CHECK (number > 0)
) ENGINE=InnoDB"""
ACTIONS = (
    "MODIFY total bigint NOT NULL", "MODIFY note varchar(60)", "MODIFY note varchar(10)", "MODIFY total int NULL",
    "ADD CONSTRAINT key_1 FOREIGN KEY (customer_id) REFERENCES customers (id)", "ADD CHECK (total > 0)",
    "DROP PRIMARY KEY", "DROP PRIMARY KEY, ADD PRIMARY KEY (number)", "CONVERT TO CHARACTER SET latin1",
    "ADD doubled int GENERATED ALWAYS AS (total * 2) STORED", "ADD doubled int GENERATED ALWAYS AS (total * 2) VIRTUAL",
    "ADD FULLTEXT INDEX by_body (body)", "ADD INDEX by_total (total)", "ADD UNIQUE (number)", "ADD extra int",
    "DROP COLUMN note", "RENAME COLUMN note TO remark", "ADD counted int NOT NULL AUTO_INCREMENT UNIQUE",
    "ALTER note SET DEFAULT 'x'", "DROP CONSTRAINT known", "ENGINE=InnoDB", "CHANGE note remark varchar(40)",
    "ADD other_id int REFERENCES customers (id)",
    "ADD size int CHECK (size > 0)",
)  # fmt: skip


@pytest.fixture
def mariadb(mariadb_server: MariaServer) -> Iterator[MariaConnection]:
    if mariadb_server.version >= (11, 2):
        pytest.skip("this MariaDB copies tables while others write to them")
    with mariadb_server.database() as connection:
        yield connection


def allows_writers(database: MariaConnection, table: str, action: str) -> bool | None:
    """Whether the action works with LOCK=NONE; None where it does not work at all."""
    cursor = database.cursor()
    try:
        cursor.execute(f"ALTER TABLE {table} {action}, LOCK=NONE")
    except pymysql.Error as error:
        if error.args[0] in {1845, 1846}:  # not supported; try LOCK=SHARED
            return False
        return None
    return True


def test_a_type_that_copies_refuses_writers_and_no_other_known_one_does(mariadb: MariaConnection) -> None:
    cursor = mariadb.cursor()
    cursor.execute("SET SESSION sql_mode = ''")
    wrong, compared = [], 0
    for old, new in permutations(TYPES, 2):
        cursor.execute("DROP TABLE IF EXISTS things")
        cursor.execute(f"CREATE TABLE things (id int PRIMARY KEY, c {old} NULL) ENGINE=InnoDB CHARSET=utf8mb4")
        allowed = allows_writers(mariadb, "things", f"MODIFY c {new} NULL")
        if allowed is not None:
            compared += 1
            if copies_table(old, new, "mariadb", exact=True) == allowed:
                wrong.append((old, new, allowed))
    assert not wrong
    assert compared > 120


def claims(action: str) -> bool:
    files = {
        "db/mysql/0001.sql": TABLE + ";",
        "db/mysql/0002.sql": f"ALTER TABLE orders {action};",
    }
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    settings = Settings(migrations=MigrationSettings(dialect="mariadb", judge_all=True))
    return any(Project(facts, settings, lambda path: files[path].encode()).migrations.copies())


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_that_is_reported_keeps_writers_out_and_no_other_does(action: str, mariadb: MariaConnection) -> None:
    cursor = mariadb.cursor()
    cursor.execute("CREATE TABLE customers (id int PRIMARY KEY) ENGINE=InnoDB")
    cursor.execute(f"{TABLE} CHARSET=utf8mb4")
    allowed = allows_writers(mariadb, "orders", action)
    assert allowed is not None
    assert claims(action) == (not allowed)
