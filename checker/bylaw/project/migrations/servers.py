"""Which database server a tree of migrations runs on, and its version, as far as the project tells."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bylaw.facts.migrations import Migration, ValidateConstraint
from bylaw.patterns import regex
from bylaw.project.migrations.drivers import server_of_a_part, server_of_drivers
from bylaw.project.migrations.environment import environment
from bylaw.project.migrations.named_in_code import OTHER, names_others, server_named
from bylaw.project.migrations.server_names import NAMES, server_of_file, server_of_folder
from bylaw.project.migrations.server_version import ServerVersion, found_version
from bylaw.project.migrations.sqlite_alone import keeps_to_sqlite
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.project.paths import inside
from bylaw.project.server_files import Product
from bylaw.project.servers_said import Said, servers_said

if TYPE_CHECKING:
    from bylaw.project import Project

_DECLARED: Final = regex(r"""["']?\b(?:provider|dialect)["']?\s*[:=]\s*["'](\w+)["']""")
_OWN_CONNECTION: Final = regex(rb"AUTOCOMMIT|isolation_level|\.commit\(\)")
_CONNECTS: Final = regex(
    rb"_from_config\(|\bcreate_(?:async_)?engine\(|\.connect\(|\.begin\(|\bget_(?:engine|connection)\("
)
_UNUSUAL: Final = regex(rb"AUTOCOMMIT|transactional_ddl\s*=\s*False")
_POSTGRES_NAMED: Final = regex(rb"[\"'](?:postgres|pg[\"'])|\b(?:PGDialect|PostgresqlImpl)\b|\bis_?postgres")
_CONNECTING: Final = regex(
    r"(?:^|/)(?:alembic_)?env\.py$|settings|config|database|(?:^|[_/])db|engine|session", re.IGNORECASE
)


def _is_postgres_alone(migration: Migration) -> bool:
    """Whether it says what only PostgreSQL takes."""
    return any(
        getattr(operation, "concurrently", False) or isinstance(operation, ValidateConstraint)
        for operation in migration.operations
    )


class Servers:
    """Answers for all trees of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: dict[MigrationTree, str] = {}
        self._evident: dict[MigrationTree, bool] = {}
        self._mentioned: dict[str, bool] = {}

    def is_postgres(self, tree: MigrationTree, step: Step | None = None) -> bool:
        """Whether the tree, or one step of it, runs on PostgreSQL, or nothing speaks for another server."""
        return self.dialect(tree, step) == "postgres"

    def dialect(self, tree: MigrationTree, step: Step | None = None) -> str:
        """postgres (also where nothing speaks for another server), mysql, mariadb, sqlite …, or `other` where it is
        none of PostgreSQL's, but not clear whose. A step may say in its file's name for whom it is, alone in its tree.
        """
        named = server_of_file(step.path) if step is not None else ""
        if named:
            return self._mysql_or_mariadb() if named == "mysql" else named
        if tree not in self._seen:
            self._seen[tree] = self._decide(tree)
        return self._seen[tree]

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What compose files, CI services and the like say."""
        return servers_said(self._project)

    @cached_property
    def postgres(self) -> ServerVersion:
        configured = self._project.settings.migrations.postgres_version
        if configured is not None:
            return ServerVersion("postgres", (configured,), "configured")
        return found_version(self.said, "postgres")

    def mysql(self, tree: MigrationTree, step: Step | None = None) -> ServerVersion | None:
        """The version of the MySQL or MariaDB that a tree, or step, runs on; None for one that runs on neither."""
        dialect = self.dialect(tree, step)
        if dialect not in {"mysql", "mariadb"}:
            return None
        maria = dialect == "mariadb" or (self._mysql_or_mariadb() == "mariadb" and not self._tells_them_apart)
        product: Product = "mariadb" if maria else "mysql"
        configured = self._project.settings.migrations.mysql_version
        numbers = tuple(int(part) for part in configured.split(".")[:3] if part.isdigit() and len(part) < 6)
        if numbers:
            return ServerVersion(product, numbers, "configured")
        return found_version(self.said, product)

    def is_settled(self, tree: MigrationTree, step: Step) -> bool:
        """Whether the runner gives the transaction that it usually gives: Alembic's `env.py`, or the revision itself,
        may see to it that it does not.
        """
        if tree.tool != "alembic":
            return True
        if _OWN_CONNECTION.search(self._project.files[step.path].source.content):
            return False
        file = environment(self._project, tree)
        if file is None:
            return True
        text = file.source.content
        return _UNUSUAL.search(text) is None and _CONNECTS.search(text) is not None

    def is_set(self, tree: MigrationTree, setting: str) -> bool:
        """Whether code beside the migrations seems to set it for all of them: Alembic's `env.py`, the settings, or the
        module that connects.
        """
        if setting not in self._mentioned:
            word = setting.encode()
            named = ((file, "/".join(path.split("/")[-2:])) for path, file in self._project.files.items())
            files = (file for file, name in named if _CONNECTING.search(name))
            self._mentioned[setting] = any(not file.facts.migrations and word in file.source.content for file in files)
        return tree.tool != "sql" and self._mentioned[setting]

    def _decide(self, tree: MigrationTree) -> str:
        configured = self._project.settings.migrations.dialect
        if configured:
            return NAMES.get(configured, configured)
        said = {NAMES.get(step.migration.dialect, step.migration.dialect) for step in tree.steps} - {""}
        if said:
            if "postgres" in said:
                drivers = server_of_drivers(tree.folder, self._project.text_of) if not self._running else ""
                return drivers if drivers == "cockroach" else "postgres"
            if self._tells_them_apart and server_of_folder(tree.folder) == "mysql":
                return "mysql"
            return (
                self._mysql_or_mariadb() if said <= {"mysql", "mariadb"} else "".join(said) if len(said) == 1 else OTHER
            )
        if named := server_of_folder(tree.folder):
            return named
        if tree.tool == "sql":
            read = self._project.text_of
            made_of = self._declared(tree) or server_of_a_part(tree.folder, read) or self._running
            made_of = made_of or server_of_drivers(tree.folder, read) or self._of_others(tree)
            return (made_of if made_of != "mysql" else self._mysql_or_mariadb()) or "postgres"
        if any(variant.dialect for step in tree.steps for variant in step.migration.variants):
            mysql = self._of_code in {"mysql", "mariadb"}
            if mysql and (self._running or not self._asks_for_postgres(tree)):
                return self._of_code
            alone = self._of_code in {"", OTHER} and keeps_to_sqlite(self._project, tree.folder)
            return "sqlite" if alone else "postgres"
        return self._of_code or ("sqlite" if keeps_to_sqlite(self._project, tree.folder) else "postgres")

    @cached_property
    def plainly_mysql(self) -> str:
        """mysql or mariadb where the code has a driver of it, and none of PostgreSQL's, and no other server is started:
        what such a project's migrations do on another database is no concern of it. Else ''.
        """
        return self._of_code if self._running and self._of_code in {"mysql", "mariadb"} else ""

    def _of_others(self, tree: MigrationTree) -> str:
        """The only server that two other trees of the same runner, or more, are written for; '' where there is none."""
        others = [one for one in self._project.migrations.trees if one is not tree and one.layout == tree.layout != ""]
        written = [{step.migration.dialect for step in other.steps} - {""} for other in others]
        said = set().union(*written)
        return said.pop() if len(said) == 1 and sum(map(bool, written)) > 1 else ""

    def _asks_for_postgres(self, tree: MigrationTree) -> bool:
        """Whether migrations name PostgreSQL as one of the servers that they tell apart."""
        return any(
            "postgres" in step.path or _POSTGRES_NAMED.search(self._project.files[step.path].source.content)
            for step in tree.steps
        )

    def is_evident(self, tree: MigrationTree) -> bool:
        """Whether something says that the tree runs on PostgreSQL, and on nothing else: it is not just assumed."""
        if tree not in self._evident:
            self._evident[tree] = self.dialect(tree) == "postgres" and self._shows(tree)
        return self._evident[tree]

    def _shows(self, tree: MigrationTree) -> bool:
        if self._project.settings.migrations.dialect or any(step.migration.dialect for step in tree.steps):
            return True
        if server_of_folder(tree.folder) == "postgres" or self._declared(tree):
            return True
        return any(_is_postgres_alone(step.migration) for step in tree.steps) or self._is_evident_in_code

    @cached_property
    def _is_evident_in_code(self) -> bool:
        return "postgres" in {self._named, self._running} and not names_others(self._project)

    @cached_property
    def _tells_them_apart(self) -> bool:
        """Whether a folder of migrations is MariaDB's alone, so that one named after MySQL means MySQL."""
        return any(server_of_folder(tree.folder) == "mariadb" for tree in self._project.migrations.trees)

    def _mysql_or_mariadb(self) -> str:
        return "mariadb" if {place.product for place in self.said} & {"mysql", "mariadb"} == {"mariadb"} else "mysql"

    @cached_property
    def _running(self) -> str:
        """The only kind of server that compose files and the like start; '' for several, or none."""
        kinds = {place.product for place in self.said}
        if kinds and kinds <= {"mysql", "mariadb"}:
            return self._mysql_or_mariadb()
        return "postgres" if kinds == {"postgres"} else ""

    def _declared(self, tree: MigrationTree) -> str:
        """What the runner's own file beside the migrations says."""
        for name in ("migration_lock.toml", "meta/_journal.json"):
            text = self._project.text_of(inside(tree.folder, name))
            found = _DECLARED.search(text) if text else None
            if found:
                return NAMES.get(found[1], found[1])
        return ""

    @cached_property
    def _of_code(self) -> str:
        """The server that code names, unless what is started speaks for another one; '' where neither says anything."""
        if self._named == "postgres":
            return self._named
        if self._running in {"mysql", "mariadb"} or (self._named == "mysql" and self._running != "postgres"):
            return self._mysql_or_mariadb()
        return self._running or self._named

    @cached_property
    def _named(self) -> str:
        return server_named(self._project)
