"""What messages of several rules say in the same words."""

from __future__ import annotations

from bylaw.facts.migrations import Operation


def operation_in_words(operation: Operation, kind: str) -> str:
    """Its kind and what it is about: "`add-column` of `users.nick`", "`add-constraint` `key` of `t`"."""
    column = getattr(operation, "column", "")
    names = [getattr(operation, "table", ""), column if isinstance(column, str) else column.name]
    target, own = ".".join(name for name in names if name), getattr(operation, "name", "")
    if target and own:
        return f"`{kind}` `{own}` of `{target}`"
    return f"`{kind}` of `{target or own}`" if target or own else f"`{kind}`"
