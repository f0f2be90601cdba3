"""Shares the rules of a large project out between this process and a fork on the second processor."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from bylaw.diagnostics import Diagnostic
from bylaw.engine.forking import in_fork
from bylaw.project import Project
from bylaw.rule import Rule

_LARGE = 250
"""Files from which judging takes clearly longer than a fork."""
_APART = frozenset({"routing", "typing", "locking"})
"""Categories, and concerns of migrations, whose rules derive little of what the others derive, too: a fork derives
that once more, which is worth the time that it saves.
"""


class _Share(msgspec.Struct):
    """What a fork found, by the name of the rule, and which files it consulted (`Project.consulted`)."""

    said: dict[str, list[Diagnostic]]
    consulted: set[str]


def apply_all(
    rules: Iterable[Rule], project: Project, apply: Callable[[Rule], list[Diagnostic]]
) -> dict[str, list[Diagnostic]]:
    """What each rule says, by its name, in the order of the rules. The same whoever applied them."""
    ours = list(rules)
    apart = [rule for rule in ours if not _APART.isdisjoint((rule.category, rule.concern)) and rule.scope != "ruff"]
    if len(project.files) < _LARGE or len(apart) == len(ours) or not apart:
        return {rule.name: apply(rule) for rule in ours}

    def theirs() -> bytes:
        said = {rule.name: apply(rule) for rule in apart}
        return msgspec.msgpack.encode(_Share(said, project.consulted))

    waiting = in_fork(theirs)
    said = {rule.name: apply(rule) for rule in ours if rule not in apart}
    data = waiting()
    if data is not None:
        share = msgspec.msgpack.decode(data, type=_Share)
        said.update(share.said)
        project.consulted.update(share.consulted)
    return {rule.name: said[rule.name] if rule.name in said else apply(rule) for rule in ours}
