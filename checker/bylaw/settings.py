"""The resolved configuration that the engine works with. Built by `bylaw.config`, or by hand in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Level = Literal["off", "info", "warning", "error"]
MAX_FILE_SIZE = 5_000_000
"""Bytes, where no configuration says otherwise."""


class RuleSetting(msgspec.Struct, frozen=True):
    """How one rule runs. `options` is an instance of the rule's options type, None for the defaults."""

    level: Level
    options: Any = None


class Override(msgspec.Struct, frozen=True):
    """Other rule settings for the files that match one of the globs (from the root)."""

    paths: tuple[str, ...]
    rules: Mapping[str, RuleSetting]


class Layout(msgspec.Struct, frozen=True):
    """Which paths play which role: globs from the root. Empty means: found from the code itself."""

    migrations: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


class MigrationSettings(msgspec.Struct, frozen=True):
    """`dialect` '' means: found from the project. Each of `accepted_through` is a revision id, name or file name.

    `judge_all` judges every migration, whatever was accepted and whatever the default branch holds.
    """

    dialect: str = ""
    accepted_through: tuple[str, ...] = ()
    judge_all: bool = False
    postgres_version: int | None = None
    """The oldest major version of PostgreSQL that the migrations run on; None means: found from the project."""
    mysql_version: str = ""
    """The oldest version of MySQL or MariaDB that they run on (`8.0`, `10.11`); '' means: found from the project."""
    runner: str = ""
    """Who runs the SQL files that do not tell by themselves; '' means: not known."""


class Settings(msgspec.Struct, frozen=True):
    """Everything that decides what a run reports, apart from the files themselves."""

    rules: Mapping[str, RuleSetting] = msgspec.field(default_factory=dict)
    """Level and options per rule name; a rule that is not named is off."""
    overrides: tuple[Override, ...] = ()
    exclude: tuple[str, ...] = ()
    layout: Layout = msgspec.field(default_factory=Layout)
    migrations: MigrationSettings = msgspec.field(default_factory=MigrationSettings)
    max_file_size: int = MAX_FILE_SIZE
    """Bytes; larger files are not opened, and said to be skipped."""
    all_rules_known: bool = True
    """False when configured rule packs were not loaded: a name that is not known may be one of their rules."""


DIALECTS = (
    "bigquery", "clickhouse", "cockroachdb", "databricks", "doris", "duckdb", "greenplum", "hive", "libsql",
    "mariadb", "mssql", "mysql", "oracle", "pg", "postgres", "postgresql", "redshift", "singlestore", "snowflake",
    "spark", "sqlite", "sqlite3", "sqlserver", "starrocks", "tidb", "timescaledb", "trino", "tsql",
)  # fmt: skip
"""What `dialect` may be."""
RUNNERS = (
    "aerich", "atlas", "db-migrate", "dbmate", "diesel", "drizzle", "flyway", "golang-migrate", "goose", "hasura",
    "liquibase", "morph", "mybatis", "node-pg-migrate", "play", "pop", "postgrator", "postgres-migrations", "prisma",
    "psql", "rambler", "refinery", "shmig", "sql-migrate", "sqitch", "sqlx", "supabase", "tern", "yoyo",
)  # fmt: skip
"""What `runner` may be; `psql` stands for all that run one statement after the other, each by itself."""

INTERNAL_LEVELS: Mapping[str, Level] = {
    "unread": "info",
    "unused-suppression": "warning",
    "invalid-suppression": "error",
}
"""Diagnostics of the engine itself whose level a configuration may choose, as if they were rules, and their default
levels.
"""
