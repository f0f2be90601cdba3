"""All facts of one file, as they are cached and handed to the project."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.code import (
    CallSite,
    Class,
    Function,
    Import,
    Reference,
    Suppression,
    SyntaxProblem,
    TypeEscape,
    Unread,
    Variable,
)
from bylaw.facts.migrations import Helper, Migration
from bylaw.facts.queries import Query


class FileFacts(msgspec.Struct, frozen=True, array_like=True):
    """What one reader found in one file. `module` is the dotted name derived from the path ('' where there is none)."""

    path: str
    language: Literal["python", "sql"]
    module: str = ""
    is_package: bool = False
    """The file is an `__init__`."""
    imports: tuple[Import, ...] = ()
    exports: tuple[str, ...] | None = None
    """`__all__`, when it is a literal."""
    variables: tuple[Variable, ...] = ()
    classes: tuple[Class, ...] = ()
    functions: tuple[Function, ...] = ()
    references: tuple[Reference, ...] = ()
    calls: tuple[CallSite, ...] = ()
    queries: tuple[Query, ...] = ()
    escapes: tuple[TypeEscape, ...] = ()
    migrations: tuple[Migration, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    words: frozenset[str] = frozenset()
    """Attribute names, keyword-argument names and identifier-like words of string literals: does this code still name a column?"""
    import_anchor: int = 0
    """Byte offset after the last top-level import (or the docstring): where a new import belongs."""
    unread: tuple[Unread, ...] = ()
    syntax_problem: SyntaxProblem | None = None
    dotted: frozenset[str] = frozenset()
    """String literals that may name a module or something in it: `app.api.users`, `app.main:app`."""
    helpers: tuple[Helper, ...] = ()
    """Functions beside migrations that do what migrations do."""
