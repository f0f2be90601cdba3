"""Where Alembic's `env.py` stands, which opens the connection and begins the transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.project.migrations.step import MigrationTree
from bylaw.project.paths import inside, upwards

if TYPE_CHECKING:
    from bylaw.project import File, Project


def environment(project: Project, tree: MigrationTree) -> File | None:
    """The tree's `env.py`, beside its revisions or further up; None where it has none."""
    paths = (inside(folder, "env.py") for folder in upwards(tree.folder))
    return next((project.files[path] for path in paths if path in project.files), None)
