"""What a source file defines and uses, in terms that hold for any language with modules, classes and functions."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.facts.values import Call, Value
from bylaw.source import Span


class Import(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One imported name. `target` is what it refers to (`sqlalchemy.Column`, `app.models.user`), made absolute.

    A star import has the name `*` and the module as its target. `local` is the name bound here.
    """

    local: str
    target: str
    span: Span
    is_module: bool = False
    """True for `import a.b [as c]`; a `from a import b` may bind a module or a member."""
    typing_only: bool = False
    """Under `if TYPE_CHECKING:`."""
    function: str = ""
    """Qualified name of the function that imports it, or '' at module level."""
    conditional: bool = False
    """Inside an if, try, with, loop or match of that function or of the module."""
    level: int = 0
    """How many dots a relative import begins with."""


class Variable(msgspec.Struct, frozen=True, array_like=True):
    """A name that is assigned at module level or in a class body. `span` covers the name, `statement` all of it.

    `x += [..]` and `x.append(..)` do not change `value`; an augmented assignment is a Variable of its own, `augmented`.
    """

    name: str
    value: Value | None
    annotation: Value | None
    span: Span
    statement: Span
    augmented: bool = False
    conditional: bool = False
    """Inside an if, try, with or loop."""


class Parameter(msgspec.Struct, frozen=True, array_like=True):
    """A parameter of a function. `kind` says how it is passed; `*` and `**` take all that is left."""

    name: str
    annotation: Value | None
    default: Value | None
    span: Span
    kind: Literal["positional", "keyword", "*", "**"] = "positional"


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function or method. `name` is its own, `qualified` the path-derived dotted name (`app.models.User.delete`)."""

    name: str
    qualified: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Value, ...]
    annotation: Value | None
    returns: tuple[Value, ...]
    """The values of its own return statements (without those of nested functions), where they were written."""
    span: Span
    """The name."""
    statement: Span
    """From the first decorator to the end of the body."""
    owner: str = ""
    """Qualified name of the class or function it is defined in, or ''."""
    conditional: bool = False
    """Inside an if, try, with, loop or match of the module, class or function."""
    idle: bool = False
    """A method that does nothing: its body is `pass`, `...`, a bare return, its docstring."""


class Class(msgspec.Struct, frozen=True, array_like=True):
    """A class statement. `methods` are the names of its functions; `owner` is the qualified name of the class or
    function around it, '' in a module.
    """

    name: str
    qualified: str
    bases: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    """Class keywords: `table=True`, `metaclass=…`."""
    decorators: tuple[Value, ...]
    variables: tuple[Variable, ...]
    methods: tuple[str, ...]
    span: Span
    """The name."""
    statement: Span
    owner: str = ""
    conditional: bool = False
    """Inside an if, try, with, loop or match of the module, class or function."""


Role = Literal["argument", "item", "value", "return", "decorator", "receiver", "called", "base", "annotation", "other"]


class Reference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A use of a name that the module imports or defines at its top level (attributes folded in: `users.router`).

    `role` tells the position: argument of a call, item of a list or dict, value of an assignment, returned, in a
    decorator, receiver of a method call (`router` in `router.get(…)`; the name is the receiver's), called itself, base
    class. Names in annotations are none, nor are names of the standard library. Each (name, role, function) stands
    once, at its first place; what a decorator or a `CallSite` is handed stands apart from what other calls are handed.
    """

    name: str
    role: Role
    span: Span
    function: str = ""
    """Qualified name of the enclosing function, or '' at module level."""
    call: str = ""
    """For an argument, or an item inside one: the last name of what is called (`include_router`), `@name` in a
    decorator."""


class Loop(msgspec.Struct, frozen=True, array_like=True):
    """A `for target in values` around a call (also in a comprehension)."""

    targets: tuple[str, ...]
    values: Value


class CallSite(msgspec.Struct, frozen=True, array_like=True):
    """A call that some framework gives a meaning to (registration, query, task …), with what surrounds it."""

    call: Call
    function: str = ""
    """Qualified name of the enclosing function, or '' at module level."""
    loops: tuple[Loop, ...] = ()
    """Outermost first."""
    conditional: bool = False
    assigned_to: str = ""
    """The single name that the statement assigns the call's result to: qualified, but plain inside a function."""


class Suppression(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A `bylaw: ignore[rule, …]: reason` or `bylaw: ignore-file[…]: reason` comment.

    `span` is the comment itself. It speaks of the 1-based lines `line` to `last_line`: behind code, of its own line and
    of what begins or ends there; alone on a line, of what begins next.
    """

    rules: tuple[str, ...]
    reason: str
    span: Span
    line: int
    whole_file: bool = False
    problem: str = ""
    """What is wrong with the comment: no rule named, no reason, not understood."""
    last_line: int = 0
    """The last line of the statement, argument or item that it speaks of (of the header, where that has a body);
    0: the same as `line`."""


class TypeEscape(msgspec.Struct, frozen=True, array_like=True):
    """A place where the code leaves the type system.

    kind: `any` (an Any in a type expression, one fact for each annotation), `bare-generic` (`dict` without arguments in
    one), `cast` (a call of typing.cast), `ignore` (a comment that silences a type checker), `no-type-check`.
    """

    kind: Literal["any", "cast", "ignore", "no-type-check", "bare-generic"]
    span: Span
    """The Any, the call, the comment's part, the decorator."""
    position: str = ""
    """Where a type expression stands: parameter, *args, **kwargs, return, variable, attribute, field, alias, base
    class, type parameter."""
    nested: bool = False
    """An Any that is only a type argument (`dict[str, Any]`)."""
    target: str = ""
    """For a cast: the target type as written; for `any`: the parameter's, function's or variable's name; for an ignore:
    its form (`type: ignore`, `mypy: ignore-errors`)."""
    inner_target: str = ""
    """For a cast of a cast: the inner target type as written."""
    value_span: Span | None = None
    """For a cast: the expression that is cast."""
    codes: tuple[str, ...] = ()
    """For an ignore comment: the error codes it names."""
    comment: str = ""
    """The comments on the same line and right above it, without the `#`, a line for each."""
    forwarding: bool = False
    """`*args`/`**kwargs` of a function that only forwards them."""
    target_kind: Literal["", "any", "object"] = ""
    """For a cast: what the target type amounts to."""
    inner_span: Span | None = None
    """For a cast of a cast: the inner call; the same as `value_span` when it is written inside."""
    opened: bool = False
    """For a parameter: the function takes its value apart without asking what it is."""


class Unread(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something the reader could not understand, and why. Never dropped in silence."""

    span: Span
    reason: str


class SyntaxProblem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The file is no valid Python (or its bytes are no text): first place and the parser's words."""

    span: Span
    message: str
