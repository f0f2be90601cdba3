"""What a project hooks into SQLAlchemy's sessions: criteria for every query, deletes that only mark rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call

if TYPE_CHECKING:
    from bylaw.project import Project

_ORM_HOOKS = frozenset({"do_orm_execute", "before_compile"})
_RUNNING = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "query", "get", "__init__"})
"""Methods of a session of the project's own, through which every statement goes."""
_APPLIED = frozenset({"called", "argument", "value"})
_FLUSH_HOOKS = frozenset({"before_flush", "before_delete"})


class SessionHooks:
    """Answers for all code but the tests. `speaks` says whether a file's code speaks of deleted rows."""

    def __init__(self, project: Project, speaks: Callable[[FileFacts], bool]) -> None:
        self._project = project
        self._speaks = speaks

    @cached_property
    def hide(self) -> str:
        """Why SQLAlchemy reads may be filtered elsewhere: criteria for all queries, or a hook on the session; '' if
        nothing.
        """
        for facts in self._running:
            for use in facts.references:
                alone = use.function and use.function.rpartition(".")[2] not in _RUNNING  # options of one statement
                if use.name.endswith("with_loader_criteria") and use.role in _APPLIED and not alone:
                    return f"{facts.path} filters with `with_loader_criteria`"
            if _hooks(facts, _ORM_HOOKS):
                return f"{facts.path} hooks into every query"
        return ""

    @cached_property
    def mark(self) -> str:
        """Why `session.delete` may only mark rows: a hook that knows the marker; '' if nothing."""
        for facts in self._running:
            if _hooks(facts, _FLUSH_HOOKS) and _sees_deletes(facts) and self._speaks(facts):
                return f"{facts.path} hooks into deletes"
        return ""

    @cached_property
    def _running(self) -> list[FileFacts]:
        """All files but the tests, whose hooks no user of the application meets."""
        return [f.facts for path, f in self._project.files.items() if not self._project.is_test(path)]


def _sees_deletes(facts: FileFacts) -> bool:
    """Whether a hook that stands in a file may look at what is about to be deleted: one on `before_flush` finds it in
    `session.deleted`.
    """
    if "before_delete" in facts.words or "deleted" in facts.words:
        return True
    decorators = (decorator for function in facts.functions for decorator in function.decorators)
    return not any(isinstance(one, Call) and one.method == "listens_for" for one in decorators)


def _hooks(facts: FileFacts, events: frozenset[str]) -> bool:
    return bool(events & facts.words) and any(
        item.target.startswith("sqlalchemy.event") or item.target == "sqlalchemy.event" for item in facts.imports
    )
