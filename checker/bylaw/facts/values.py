"""Expressions as facts: the few shapes that rules and derivations look at, everything else is `Opaque`.

Names are *qualified* by the reader as far as one file allows: `import sqlalchemy as sa; sa.Column` becomes
`Ref("sqlalchemy.Column")`; a name that the module itself defines, or imports relatively, starts with the module's
path-derived dotted name (`server.app.models.user.User`). `bylaw.project.names` follows them across files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from bylaw.source import Span


class Ref(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="r"):
    """A dotted name that is an import, a definition of this module, or a builtin (`builtins.print`)."""

    name: str
    span: Span


class Local(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="l"):
    """A parameter or a variable of the enclosing function (also `self`)."""

    name: str
    span: Span


class Attr(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """`value.name` where the value is no plain dotted Ref: `self.router`, `select(X).where`."""

    value: Value
    name: str
    span: Span


class Constant(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="c"):
    """A literal. For a string `span` covers the whole literal, quotes included."""

    value: str | int | float | bool | None
    span: Span


class Text(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """A formatted string: literal pieces and the values between them."""

    parts: tuple[Value, ...]
    span: Span


class Items(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """A list, tuple or set display."""

    kind: Literal["list", "tuple", "set"]
    items: tuple[Value, ...]
    span: Span


class Entries(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """A dict display; a `**spread` has the key None."""

    entries: tuple[tuple[Value | None, Value], ...]
    span: Span


class Starred(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """`*value`, among arguments or items."""

    value: Value
    span: Span


class Keyword(msgspec.Struct, frozen=True, array_like=True):
    """A keyword argument; `name` is empty for `**value`. `span` covers `name=value`."""

    name: str
    value: Value
    span: Span


class Call(msgspec.Struct, frozen=True, array_like=True, tag="k"):
    """A call, with its arguments as they are written."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[Keyword, ...]
    span: Span

    @property
    def name(self) -> str:
        """The qualified name that is called, or '' when it is not a plain name."""
        return self.function.name if isinstance(self.function, Ref) else ""

    @property
    def method(self) -> str:
        """The last part of the called name: `include_router` in `app.include_router(...)`."""
        match self.function:
            case Ref(name):
                return name.rpartition(".")[2]
            case Attr(_, name) | Local(name):
                return name
            case _:
                return ""

    @property
    def spreads(self) -> bool:
        """Whether `*args` or `**kwargs` may bring arguments that are not seen here."""
        return any(isinstance(arg, Starred) for arg in self.args) or any(not kw.name for kw in self.keywords)

    def keyword(self, name: str) -> Value | None:
        return next((kw.value for kw in self.keywords if kw.name == name), None)

    def argument(self, index: int, name: str = "") -> Value | None:
        """The positional argument at `index`, or the keyword `name`."""
        if index < len(self.args) and not any(isinstance(arg, Starred) for arg in self.args[: index + 1]):
            return self.args[index]
        return self.keyword(name) if name else None


class Index(msgspec.Struct, frozen=True, array_like=True, tag="x"):
    """`value[index]`: also type arguments, where several are an `Items` tuple."""

    value: Value
    index: Value
    span: Span


class Operator(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    """A binary, boolean, comparison or unary (`left` None) operator as the source has it: `+`, `|`, `and`, `is not`."""

    operator: str
    left: Value | None
    right: Value
    span: Span


class Choice(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """`then if condition else otherwise`."""

    condition: Value
    then: Value
    otherwise: Value
    span: Span


class Opaque(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="u"):
    """An expression of another shape (lambda, comprehension, bytes …): `kind` is its syntax name."""

    kind: str
    span: Span


Value = Ref | Local | Attr | Constant | Text | Items | Entries | Starred | Call | Index | Operator | Choice | Opaque


def text_of(value: Value | None) -> str | None:
    """The string that a value is, when it is a plain string literal."""
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else None


def flag_of(value: Value | None) -> bool | None:
    """The bool that a value is, when it is a literal True or False."""
    return value.value if isinstance(value, Constant) and isinstance(value.value, bool) else None


def is_none(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value is None


def _of_entries(value: Entries) -> tuple[Value, ...]:
    return tuple([part for entry in value.entries for part in entry if part is not None])


_INNER: dict[type[object], Callable[[Any], tuple[Value, ...]]] = {
    Attr: lambda value: (value.value,),
    Text: lambda value: value.parts,
    Items: lambda value: value.items,
    Entries: _of_entries,
    Starred: lambda value: (value.value,),
    Call: lambda value: (value.function, *value.args, *[keyword.value for keyword in value.keywords]),
    Index: lambda value: (value.value, value.index),
    Operator: lambda value: (value.right,) if value.left is None else (value.left, value.right),
    Choice: lambda value: (value.condition, value.then, value.otherwise),
}
"""What is inside a value of each kind that holds others. Looked up by type: it is asked of all values of all files."""


def children(value: Value) -> tuple[Value, ...]:
    """The values directly inside a value, in source order."""
    inner = _INNER.get(type(value))
    return () if inner is None else inner(value)


def walk(value: Value) -> Iterator[Value]:
    """The value and every value inside it, outside in, in source order."""
    stack = [value]
    while stack:
        current = stack.pop()
        yield current
        inner = _INNER.get(type(current))
        if inner is not None:
            stack.extend(reversed(inner(current)))
