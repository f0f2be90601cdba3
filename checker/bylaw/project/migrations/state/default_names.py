"""The names that PostgreSQL gives to constraints and indexes which their creator left without one."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Final

_LONGEST: Final = 63
"""Bytes of a name."""
_LABELS: Final = {
    "primary-key": "pkey", "unique": "key", "foreign-key": "fkey", "check": "check", "exclude": "excl",
    "not-null": "not_null", "index": "idx",
}  # fmt: skip


def default_name(kind: str, table: str, columns: Iterable[str], taken: Container[str]) -> str:
    """`users_email_key` for a unique constraint of `users.email`. `kind` is a constraint's, or `index`.

    With a number at the end where the name is `taken`. '' for a kind that has no such name.
    """
    label = _LABELS.get(kind)
    if label is None:
        return ""
    table = table.rpartition(".")[2]
    middle = _joined(columns) if kind != "primary-key" else ""
    count = 0
    name = _fitted(table, middle, label)
    while name in taken:
        count += 1
        name = _fitted(table, middle, f"{label}{count}")
    return name


def _joined(columns: Iterable[str]) -> str:
    """The columns' names, as many as may count."""
    joined = ""
    for column in columns:
        joined = f"{joined}_{column}" if joined else column
        if len(joined.encode()) > _LONGEST:
            break
    return joined


def _fitted(table: str, middle: str, label: str) -> str:
    """The parts with underscores between them; of the longer of the first two, bytes are cut until the whole fits."""
    first, second = table.encode(), middle.encode()
    room = _LONGEST - len(label) - 1 - (1 if second else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = (first.decode(errors="ignore"), second.decode(errors="ignore"), label)
    return "_".join(part for part in parts if part)
