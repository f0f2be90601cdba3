"""How an SQL file is to be read as a migration."""

from __future__ import annotations

import msgspec

Range = tuple[int, int]
"""Start and end, in characters of the bytewise text."""


class Layout(msgspec.Struct, frozen=True):
    """`name` is the tool, '' where it is not known. `up` are the ranges to read, in characters of the bytewise text:
    none for a file that undoes or only checks.
    """

    name: str
    revision: str
    up: tuple[Range, ...]
    transactional: bool | None = None
    dialect: str = ""


class SqlFile(msgspec.Struct, frozen=True):
    """What a file is called, without its ending."""

    stem: str
    folder: str
    """The name of the folder it lies in, as written."""


def in_full(name: str, revision: str, text: str, dialect: str = "") -> Layout:
    """The layout of a file all of which leads up."""
    return Layout(name, revision, ((0, len(text)),), dialect=dialect)


def in_no_part(name: str, revision: str) -> Layout:
    """The layout of a file that undoes or only checks."""
    return Layout(name, revision, ())
