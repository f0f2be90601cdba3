"""What an Alembic environment leaves out of the comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.database import Table
from bylaw.patterns import regex
from bylaw.project.migrations.environment import environment
from bylaw.project.migrations.step import MigrationTree

if TYPE_CHECKING:
    from bylaw.project import Project

_HOOK = regex(r"\binclude_(?:object|name)\s*=\s*(?:\w+\.)*(\w+)")
_LITERAL = regex(r"""["']([A-Za-z_]\w{2,})["']""")
_SETTLED = frozenset({
    "table", "column", "index", "schema", "foreign_key_constraint", "unique_constraint", "info", "skip_autogenerate",
})  # fmt: skip
_ANY_HOOK = regex(r"\binclude_(?:object|name)\b")
_OF_KEYS = regex(r"index|constraint|foreign_key|type_\s*(?:==|!=|in|not)\b(?!\s*[\"'](?:table|column|schema)[\"'])")
_ASKS_MORE = regex(r"\.schema\b|__table__|__module__|getattr\(")


def hides(project: Project, tree: MigrationTree, table: Table) -> bool:
    """Whether a hook of the tree's `env.py` may hide the table from Alembic. (Tables that say so themselves, in their
    `info`, are none that the caller asks for.)
    """
    file = environment(project, tree)
    if file is None:
        return False
    text = file.source.content.decode("utf-8", "replace")
    hooks = set(_HOOK.findall(text)) - {"None"}
    if not hooks and re.search(r"\binclude_(?:object|name)\b", text):
        return True
    own = [function for function in file.facts.functions if function.name in hooks]
    if len(own) < len(hooks):
        return True
    outside = {
        item.local
        for item in file.facts.imports
        if project.names.definition(item.target) or _is_module(project, item.target)
    }
    for function in own:
        body = file.text(function.statement)
        words = set(re.findall(r"\w+", body))
        if _ASKS_MORE.search(body) or words & outside:
            return True
        lists = (
            file.text(v.statement) for v in file.facts.variables if v.name in words and v.name != "target_metadata"
        )
        literals = {literal for part in (body, *lists) for literal in _LITERAL.findall(part)} - _SETTLED
        if any(literal in table.name for literal in literals):
            return True
    return False


def hides_keys(project: Project, tree: MigrationTree) -> bool:
    """Whether a hook of the tree's `env.py` may hide keys or indexes, other than by what they say in their `info`."""
    file = environment(project, tree)
    if file is None:
        return False
    text = file.source.content.decode("utf-8", "replace")
    if not _ANY_HOOK.search(text):
        return False
    own = [function for function in file.facts.functions if function.name in set(_HOOK.findall(text))]
    bodies = [file.text(function.statement) for function in own] or [text]
    return any(
        _OF_KEYS.search(body)
        and (
            not re.search(r"\binfo\b", body)
            or _ASKS_MORE.search(body)
            or any(literal not in _SETTLED for literal in _LITERAL.findall(body))
        )
        for body in bodies
    )


def _is_module(project: Project, name: str) -> bool:
    return project.names.module(name) is not None
