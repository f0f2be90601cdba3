"""Which database server the project's Python code names: by the drivers it imports, and by backends and dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bylaw.patterns import regex
from bylaw.project.paths import is_test

if TYPE_CHECKING:
    from bylaw.project import File, Project

_POSTGRES: Final = frozenset({"psycopg", "psycopg2", "psycopg_pool", "asyncpg", "aiopg", "pg8000"})
_POSTGRES_MODULES: Final = (
    "sqlalchemy.dialects.postgresql", "django.contrib.postgres", "psycopg", "asyncpg", "django.db.backends.postgresql",
    "django.contrib.gis.db.backends.postgis",
)  # fmt: skip
_MYSQL: Final = frozenset({"pymysql", "MySQLdb", "aiomysql", "asyncmy", "mysql"})
_MYSQL_MODULES: Final = ("django.db.backends.mysql", "sqlalchemy.dialects.mysql")
_OTHERS: Final = _MYSQL | {
    "sqlite3", "aiosqlite", "pysqlite2", "pyodbc", "pymssql", "cx_Oracle", "oracledb", "clickhouse_driver",
    "clickhouse_connect", "duckdb", "snowflake",
}  # fmt: skip
_OTHER_MODULES: Final = ("django.db.backends.", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.sqlite")
OTHER: Final = "other"
_POSTGRES_ADDRESS: Final = regex(rb"[\"']postgres(?:ql)?(?:\+\w{1,20})?://[^\"'\s]")
_MYSQL_ADDRESS: Final = regex(rb"[\"'](?:mysql|mariadb)(?:\+\w{1,20})?(?:://[^\"'\s]|[\"'])")


def server_named(project: Project) -> str:
    """PostgreSQL where code names it, unless only tests do, and other code names MySQL: then mysql. `other` for what is
    neither, or for MySQL in tests alone; '' where code names no server.
    """
    others = mysql = tested = False
    for path, file in project.files.items():
        roots, names = _named(file)
        if roots & _POSTGRES or any(name.startswith(_POSTGRES_MODULES) for name in names):
            if not is_test(path, project.settings):
                return "postgres"
            tested = True
        if not mysql and (roots & _MYSQL or any(name.startswith(_MYSQL_MODULES) for name in names)):
            mysql = not is_test(path, project.settings)
        others = others or bool(roots & _OTHERS) or any(name.startswith(_OTHER_MODULES) for name in names)
    if mysql:
        return "postgres" if _addresses_postgres(project) else "mysql"
    return "postgres" if tested else OTHER if others else ""


def _addresses_postgres(project: Project) -> bool:
    """Whether the addresses of databases in the code are PostgreSQL's alone: a migration may show with which server it
    was generated, the address says with which one the program runs.
    """
    own = [file.source.content for path, file in project.files.items() if not is_test(path, project.settings)]
    return any(map(_POSTGRES_ADDRESS.search, own)) and not any(map(_MYSQL_ADDRESS.search, own))


def names_others(project: Project) -> bool:
    """Whether any code, tests among it, names another server than PostgreSQL. SQLite's module of the standard library
    says nothing.
    """
    return any(_names_others(*_named(file)) for file in project.files.values())


def _names_others(roots: set[str], names: set[str]) -> bool:
    foreign = (name for name in names if name.startswith(_OTHER_MODULES) and not name.startswith(_POSTGRES_MODULES))
    return bool(roots & (_OTHERS - {"sqlite3"})) or any(foreign)


def _named(file: File) -> tuple[set[str], set[str]]:
    """The packages that a file imports, and all modules that it imports or names in full."""
    modules = {entry.target for entry in file.facts.imports}
    return {module.partition(".")[0] for module in modules}, modules | file.facts.dotted
