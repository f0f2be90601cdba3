"""Every statement by its first word, but queries and changes of rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bylaw.facts.migrations import Operation, UnreadOperation
from bylaw.readers.sql.generic.commands import (
    Reader,
    begin,
    execute,
    load,
    other,
    pragma,
    prepare,
    rollback,
    set_parameter,
    start,
    transaction,
    truncate,
)
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.objects import alter, comment, create, drop, rename
from bylaw.source import Span

_PLAIN: Final = (
    "grant", "revoke", "analyze", "optimize", "flush", "call", "use", "lock", "unlock", "vacuum", "reindex", "attach",
    "detach", "release", "deallocate", "print", "declare", "kill", "show", "describe", "explain", "check", "repair",
    "refresh", "notify", "handler", "install", "reset", "raiserror", "checkpoint", "discard", "execute", "do", "deny",
)  # fmt: skip


def _if(cursor: Cursor, span: Span) -> Iterable[Operation]:
    """SQL Server's `IF condition statement`: the statement may run, so it is read."""
    while not cursor.is_done():
        word = cursor.peek()
        if word == "(":
            cursor.group()
        elif word in {"alter", "create", "drop", "exec"}:
            cursor.at += 1
            return STATEMENTS[word](cursor, span)
        elif word in {"begin", "else", ";"}:
            break
        else:
            cursor.at += 1
    return [UnreadOperation(span, "it runs on a condition")]


STATEMENTS: Final[dict[str, Reader]] = {
    **{word: other(word) for word in _PLAIN},
    "create": create,
    "drop": drop,
    "alter": alter,
    "rename": rename,
    "truncate": truncate,
    "begin": begin,
    "start": start,
    "commit": transaction("commit"),
    "end": transaction("commit"),
    "rollback": rollback,
    "savepoint": transaction("savepoint"),
    "set": set_parameter,
    "pragma": pragma,
    "comment": comment,
    "exec": execute,
    "prepare": prepare,
    "load": load,
    "if": _if,
}
