"""What an Alembic environment leaves out of the comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.database import Table
from bylaw.project.migrations.step import MigrationTree

if TYPE_CHECKING:
    from bylaw.project import Project

_HOOK = re.compile(r"\binclude_(?:object|name)\b")
_OWN_HOOK = re.compile(r"\bdef include_(?:object|name)\b|\binclude_(?:object|name)\s*=\s*lambda")
_LITERAL = re.compile(r"""["']([A-Za-z_]\w{2,})["']""")
_SETTLED = frozenset({"table", "column", "index", "foreign_key_constraint", "unique_constraint", "schema"})


def hides(project: Project, tree: MigrationTree, table: Table) -> bool:
    """Whether a hook of the tree's `env.py` may hide the table from Alembic."""
    text = _environment(project, tree)
    if not _HOOK.search(text):
        return False
    if not _OWN_HOOK.search(text):
        return True
    literals = set(_LITERAL.findall(text)) - _SETTLED
    asks = re.search(r"\.info\b|\.schema\b|__table__|getattr\(", text) is not None
    return asks or any(literal in table.name for literal in literals)


def _environment(project: Project, tree: MigrationTree) -> str:
    folder = tree.folder
    while True:
        path = f"{folder}/env.py" if folder else "env.py"
        if path in project.files:
            return project.files[path].source.content.decode("utf-8", "replace")
        if not folder:
            return ""
        folder = folder.rpartition("/")[0]
