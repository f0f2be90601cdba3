"""Which database server a tree of migrations runs on, as far as the project tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bylaw.project.migrations.step import MigrationTree, Step

if TYPE_CHECKING:
    from bylaw.project import Project

_POSTGRES: Final = frozenset({"psycopg", "psycopg2", "psycopg_pool", "asyncpg", "aiopg", "pg8000"})
_OTHERS: Final = frozenset({
    "pymysql", "MySQLdb", "aiomysql", "asyncmy", "mysql", "sqlite3", "aiosqlite", "pysqlite2", "pyodbc", "pymssql",
    "cx_Oracle", "oracledb", "clickhouse_driver", "clickhouse_connect", "duckdb", "snowflake",
})  # fmt: skip
_POSTGRES_MODULES: Final = ("sqlalchemy.dialects.postgresql", "django.contrib.postgres", "psycopg", "asyncpg")
_POSTGRES_BACKENDS: Final = ("django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis")
_OTHER_BACKENDS: Final = ("django.db.backends.", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.sqlite")
_POSTGRES_FOLDERS: Final = frozenset({"postgres", "postgresql", "pg"})
_FOLDERS: Final = _POSTGRES_FOLDERS | {"mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "oracle"}
_DECLARED: Final = re.compile(r"""["']?\b(?:provider|dialect)["']?\s*[:=]\s*["'](\w+)["']""")
_OWN_CONNECTION: Final = re.compile(rb"AUTOCOMMIT|isolation_level|\.commit\(\)")
_CONNECTS: Final = re.compile(rb"_from_config\(|\bcreate_(?:async_)?engine\(|\.connect\(|\.begin\(|\bget_engine\(")
_UNUSUAL: Final = re.compile(rb"AUTOCOMMIT|transactional_ddl\s*=\s*False")
_NAMES: Final = {"postgresql": "postgres", "pg": "postgres", "cockroachdb": "postgres"}


class Servers:
    """Answers for all trees of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: dict[MigrationTree, bool] = {}
        self._code: bool | None = None

    def is_postgres(self, tree: MigrationTree) -> bool:
        """Whether the tree runs on PostgreSQL, or nothing speaks for another server."""
        if tree not in self._seen:
            self._seen[tree] = self._decide(tree)
        return self._seen[tree]

    def is_settled(self, tree: MigrationTree, step: Step) -> bool:
        """Whether the runner gives the transaction that it usually gives: Alembic's `env.py`, or the revision itself,
        may see to it that it does not.
        """
        if tree.tool != "alembic":
            return True
        if _OWN_CONNECTION.search(self._project.files[step.path].source.content):
            return False
        parts = tree.folder.split("/")
        for depth in range(len(parts), -1, -1):
            path = "/".join([*parts[:depth], "env.py"])
            if path in self._project.files:
                text = self._project.files[path].source.content
                return _UNUSUAL.search(text) is None and _CONNECTS.search(text) is not None
        return True

    def _decide(self, tree: MigrationTree) -> bool:
        configured = self._project.settings.migrations.dialect
        if configured:
            return _NAMES.get(configured, configured) == "postgres"
        said = {step.migration.dialect for step in tree.steps} - {""}
        if said:
            return "postgres" in said
        for part in reversed(tree.folder.lower().split("/")):
            if part in _FOLDERS:
                return part in _POSTGRES_FOLDERS
        if tree.tool == "sql":
            return self._declared(tree) in {"", "postgres"}
        if any(variant.dialect for step in tree.steps for variant in step.migration.variants):
            return True
        if self._code is None:
            self._code = self._code_allows()
        return self._code

    def _declared(self, tree: MigrationTree) -> str:
        """What the runner's own file beside the migrations says."""
        for name in ("migration_lock.toml", "meta/_journal.json"):
            text = self._project.text_of(f"{tree.folder}/{name}".lstrip("/"))
            found = _DECLARED.search(text) if text else None
            if found:
                return _NAMES.get(found[1], found[1])
        return ""

    def _code_allows(self) -> bool:
        """Code that names a PostgreSQL driver, or no driver at all."""
        others = False
        for file in self._project.files.values():
            facts = file.facts
            modules = {entry.target for entry in facts.imports}
            roots = {module.partition(".")[0] for module in modules}
            names = modules | facts.dotted
            if roots & _POSTGRES or any(name.startswith((*_POSTGRES_MODULES, *_POSTGRES_BACKENDS)) for name in names):
                return True
            others = others or bool(roots & _OTHERS) or any(name.startswith(_OTHER_BACKENDS) for name in names)
        return not others
