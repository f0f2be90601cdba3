"""SQLAlchemy column expressions: `Column(...)`, `mapped_column(...)`, annotations, `Annotated` aliases and helpers
that return a column.
"""

from __future__ import annotations

from functools import cached_property

from bylaw.facts.code import Function, Variable
from bylaw.facts.database import ForeignKey
from bylaw.facts.values import (
    Attr,
    Call,
    Choice,
    Constant,
    Index,
    Items,
    Keyword,
    Local,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
    flag_of,
    is_none,
    text_of,
)
from bylaw.project.tables.drafts import Draft
from bylaw.project.tables.helpers import MAX_HELPERS, inlined
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.sqltypes import python_type, sql_type

_ROOTS = frozenset({"sqlalchemy", "sqlmodel", "facade", "flask_sqlalchemy", "advanced_alchemy"})
_COLUMN = frozenset({"Column", "mapped_column", "MappedColumn"})
_AROUND = frozenset({"deferred", "column_property", "undeferred"})
_NOT_TYPES = frozenset(
    {
        "ForeignKey",
        "Identity",
        "Sequence",
        "Computed",
        "FetchedValue",
        "CheckConstraint",
        "ForeignKeyConstraint",
        "DefaultClause",
    }
)
_MAPPED = frozenset({"sqlalchemy.Mapped"})
_FLAGS = frozenset({"nullable", "unique", "index", "primary_key"})


class Columns:
    """Reads column expressions of any module of the project."""

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings

    @cached_property
    def _maps_types(self) -> bool:
        """Whether the project says itself which types its annotations have."""
        name = "type_annotation_map"
        return any(
            name in file.words or any(v.name == name for c in file.classes for v in c.variables)
            for file in self.meanings.names.files
        )

    # -- finding the column call

    def call(self, value: Value | None, near: str, depth: int = 0) -> tuple[Call, str] | None:
        """The column call that an expression is or leads to, with the module whose names it uses; None when it is no
        column.
        """
        if isinstance(value, Choice) and depth <= MAX_HELPERS:
            return self.call(value.then, near, depth + 1) or self.call(value.otherwise, near, depth + 1)
        if not isinstance(value, Call) or depth > MAX_HELPERS:
            return None
        short = self.meanings.short(value, near)
        root, _, last = short.partition(".")
        if root in _ROOTS and last in _COLUMN:
            return value, near
        if root in _ROOTS and last in _AROUND:
            return self.call(value.argument(0), near, depth + 1)
        return self._through_helper(value, near, depth)

    def _through_helper(self, call: Call, near: str, depth: int) -> tuple[Call, str] | None:
        if not call.name:
            return None
        found = self.meanings.names.definition(call.name, near)
        if found is None:
            return None
        if isinstance(found.item, Variable):
            return self._partial(call, found.item.value, found.file.module, depth)
        if not isinstance(found.item, Function) or not found.item.returns:
            return None
        returned = inlined(found.item, call)
        return self.call(returned, found.file.module, depth + 1) if returned is not None else None

    def _partial(self, call: Call, made: Value | None, home: str, depth: int) -> tuple[Call, str] | None:
        """`pk = partial(mapped_column, primary_key=True)`."""
        if not isinstance(made, Call) or self.meanings.short(made, home) != "functools.partial" or not made.args:
            return None
        given = {keyword.name for keyword in call.keywords}
        kept = tuple(keyword for keyword in made.keywords if keyword.name not in given)
        return self.call(
            Call(made.args[0], (*made.args[1:], *call.args), (*kept, *call.keywords), call.span), home, depth + 1
        )

    # -- reading it

    def read(self, call: Call, near: str, draft: Draft) -> None:
        """Lay what a column call says over the draft."""
        draft.settled = draft.settled and not call.spreads
        args = [arg for arg in call.args if not isinstance(arg, Starred)]
        if args and (name := self._name(args[0], near)) is not None:
            draft.name = name
            args = args[1:]
        elif args and isinstance(args[0], Text | Operator):
            draft.unsure = True
        for position, arg in enumerate(args):
            self._argument(arg, near, draft, first=position == 0)
        for keyword in call.keywords:
            self._keyword(keyword, near, draft)

    def _name(self, value: Value, near: str) -> str | None:
        """The text that a column is named by: a literal, or a constant."""
        if isinstance(value, Ref):
            found = self.meanings.names.definition(value.name, near)
            value_of = found.item.value if found is not None and isinstance(found.item, Variable) else None
            return text_of(value_of)
        return text_of(value)

    def _argument(self, arg: Value, near: str, draft: Draft, *, first: bool) -> None:
        last = self.meanings.short(arg, near).rpartition(".")[2]
        if isinstance(arg, Call) and last == "ForeignKey":
            draft.foreign_key = self.foreign_key(arg.argument(0, "column"), near) or draft.foreign_key
        elif last in {"Identity", "Sequence", "Computed", "FetchedValue"}:
            draft.has_server_default = True
        elif first and last not in _NOT_TYPES:
            draft.type = type_text(arg) or draft.type
            draft.sql_type = sql_type(arg, self.meanings, near)

    def _keyword(self, keyword: Keyword, near: str, draft: Draft) -> None:
        if keyword.name in _FLAGS and flag_of(keyword.value) is None:
            draft.settled = False  # also None: it is no True, and not what is left out
        match keyword.name:
            case "name" | "__name_pos":
                draft.name = text_of(keyword.value) or draft.name
                draft.unsure = draft.unsure or text_of(keyword.value) is None
            case "primary_key":
                draft.primary_key = flag_of(keyword.value) is True
            case "nullable":
                draft.nullable = flag_of(keyword.value)
            case "unique":
                draft.unique = flag_of(keyword.value) is True
            case "index":
                draft.indexed = flag_of(keyword.value) is True
            case "default" | "default_factory" | "insert_default":
                draft.has_default = not is_none(keyword.value)
            case "server_default":
                draft.has_server_default = not is_none(keyword.value)
            case "type_" | "__type_pos":
                draft.type = type_text(keyword.value) or draft.type
                draft.sql_type = sql_type(keyword.value, self.meanings, near)
            case _:
                pass

    def foreign_key(self, target: Value | None, near: str) -> ForeignKey | None:
        """What `ForeignKey(target)` points to: names where they are literal, a class where one is named."""
        match target:
            case Constant(str(text)):
                return _named(text)
            case Text(parts):
                return self._formatted(parts, near)
            case Operator("+"):
                return ForeignKey("", "")
            case Ref(name):
                return self._class_attribute(self.meanings.of(name, near))
            case None:
                return None
            case _:
                return ForeignKey("", "")

    def _class_attribute(self, name: str) -> ForeignKey:
        """`User.user_id`, `User.__table__.c.user_id`, `users.c.user_id`."""
        owner, _, column = name.rpartition(".")
        for marker in (".__table__.c", ".__table__.columns", ".c", ".columns"):
            owner = owner.removesuffix(marker)
        return ForeignKey("", column, owner)

    def _formatted(self, parts: tuple[Value, ...], near: str) -> ForeignKey:
        if len(parts) == 2 and isinstance(parts[0], Ref) and parts[0].name.endswith(".__tablename__"):
            column = (text_of(parts[1]) or "").removeprefix(".")
            model = self.meanings.of(parts[0].name.removesuffix(".__tablename__"), near)
            return ForeignKey("", column, model) if column.isidentifier() else ForeignKey("", "")
        tail = text_of(parts[-1]) or ""
        table, _, column = tail.rpartition(".")
        if table.startswith(".") and table[1:].isidentifier():
            return ForeignKey(table[1:], column)
        return ForeignKey("", "")

    # -- annotations

    def mapped_type(self, annotation: Value | None, near: str) -> Value | None:
        """The T of `Mapped[T]`; None when the annotation is no `Mapped[...]`."""
        if isinstance(annotation, Index) and self.meanings.short(annotation.value, near) in _MAPPED:
            return annotation.index
        return None

    def annotate(self, kind: Value, near: str, draft: Draft, depth: int = 0) -> None:
        """Lay what a column's Python type says over the draft: optionality, and the column of an `Annotated` alias."""
        if depth > MAX_HELPERS:
            return
        inner, optional = unwrapped(kind, self.meanings, near)
        draft.nullable = draft.nullable or optional
        if isinstance(inner, Index) and self.meanings.short(inner.value, near).endswith(".Annotated"):
            self._annotated(inner, near, draft, depth)
            return
        if isinstance(inner, Ref):
            found = self.meanings.names.definition(inner.name, near)
            if found is not None and isinstance(found.item, Variable) and found.item.value is not None:
                value = found.item.value
                if isinstance(value, Index | Operator | Ref):
                    self.annotate(value, found.file.module, draft, depth + 1)
                    return
        draft.type = type_text(inner)
        draft.sql_type = "" if self._maps_types else python_type(inner, self.meanings, near)

    def _annotated(self, kind: Index, near: str, draft: Draft, depth: int) -> None:
        items = kind.index.items if isinstance(kind.index, Items) else (kind.index,)
        self.annotate(items[0], near, draft, depth + 1)
        for item in items[1:]:
            column = self.call(item, near)
            if column is not None:
                before = draft.nullable
                self.read(*column, draft)
                draft.settled = draft.settled and draft.nullable == before


def _named(text: str) -> ForeignKey:
    parts = text.split(".")
    if len(parts) == 1:
        return ForeignKey(parts[0], "")
    return ForeignKey(parts[-2], parts[-1], schema=".".join(parts[:-2]))


def unwrapped(kind: Value, meanings: Meanings, near: str) -> tuple[Value, bool]:
    """A type without its `Optional`, and whether it had one: `Optional[T]`, `T | None`, `Union[T, None]`."""
    match kind:
        case Index(base, index) if meanings.short(base, near).endswith(".Optional"):
            return index, True
        case Index(base, Items(_, items)) if meanings.short(base, near).endswith(".Union"):
            rest = [item for item in items if not is_none(item)]
            return (rest[0] if len(rest) == 1 else kind), len(rest) < len(items)
        case Operator("|", left, right) if left is not None:
            if is_none(right):
                return unwrapped(left, meanings, near)[0], True
            if is_none(left):
                return unwrapped(right, meanings, near)[0], True
            return kind, unwrapped(left, meanings, near)[1]
        case _:
            return kind, False


def type_text(value: Value) -> str:
    """A type as short text: `String(50)`, `datetime`, `UUID`; '' for what has no name."""
    match value:
        case Ref(name) | Attr(_, name) | Local(name):
            return name.rpartition(".")[2]
        case Call(function, args):
            literal = [str(arg.value) for arg in args if isinstance(arg, Constant)]
            base = type_text(function)
            return f"{base}({', '.join(literal)})" if base and literal and len(literal) == len(args) else base
        case Index(base):
            return type_text(base)
        case Constant(str(text)) if text.replace(".", "").isidentifier():
            return text.rpartition(".")[2]
        case _:
            return ""
