"""What the tables of a file are for: the application, tests, examples, or a migration's frozen picture of the past."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from bylaw.facts.database import Context
from bylaw.facts.file import FileFacts
from bylaw.project.paths import is_example, is_named_migration
from bylaw.settings import Settings

if TYPE_CHECKING:
    from bylaw.project import File, Project
    from bylaw.project.migrations.step import MigrationTree

_MIGRATION_FOLDERS = frozenset({"migrations", "alembic", "south_migrations", "db_migrations"})


def context_of(project: Project, file: FileFacts) -> Context:
    """The role of a file, by its path (the layout's globs first) and by Alembic's markers in it."""
    if project.is_test(file.path):
        return "test"
    if _is_migration(file, project.settings):
        return "migration"
    return "example" if is_example(file.path) else "app"


def is_own(project: Project, path: str) -> bool:
    """Whether a file is the application's own, migrations among it: neither a test nor an example."""
    return not project.is_test(path) and not is_example(path)


def is_application(project: Project, file: FileFacts, tree: MigrationTree) -> bool:
    """Whether a file is Python code of the service itself: none of the tree's migrations, no test, no example."""
    if file.language != "python" or file.migrations or file.path.startswith(f"{tree.folder}/"):
        return False
    return project.context_of(file) == "app"


def files_saying(project: Project, words: Collection[str], tree: MigrationTree) -> Iterator[File]:
    """The files of the service itself that have all these words among theirs (`FileFacts.words`)."""
    for file in project.files.values():
        if file.facts.words.issuperset(words) and is_application(project, file.facts, tree):
            yield file


def _is_migration(file: FileFacts, settings: Settings) -> bool:
    if is_named_migration(file.path, settings):
        return True
    if file.migrations or is_migration_folder(file.path.rpartition("/")[0]):
        return True
    return any(variable.name == "down_revision" for variable in file.variables)


def is_migration_folder(path: str) -> bool:
    """Whether a folder, or one above it, is called as folders of migrations are."""
    return not _MIGRATION_FOLDERS.isdisjoint(path.split("/"))
