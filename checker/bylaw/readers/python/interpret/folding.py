"""Expressions with the names in them replaced by what they are known to be: constants, displays, f-strings over them.

Nothing is run. What cannot be computed stays as it is written, so a result is always a `Value`: `op.get_bind()` bound
to a local name stays the call, and whoever reads `bind.execute(...)` sees it as the receiver.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bylaw.facts.late import is_late
from bylaw.facts.values import (
    Attr,
    Call,
    Choice,
    Constant,
    Entries,
    Index,
    Items,
    Keyword,
    Local,
    Opaque,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
    children,
)
from bylaw.readers.python.interpret.objects import kept
from bylaw.readers.python.interpret.pure import compare, pure_call
from bylaw.readers.python.walk import Module
from bylaw.source import Span

Environment = dict[str, Value]
"""What the local names of a function stand for at one point."""

MAX_STEPS: Final = 200_000
MAX_DEPTH: Final = 60
MAX_WEIGHT: Final = 50_000
MAX_PARTS: Final = 2_000
MAX_LENGTH: Final = 200_000
COMPREHENSIONS: Final = frozenset({
    "list_comprehension", "set_comprehension", "generator_expression", "dictionary_comprehension",
})  # fmt: skip
_LITERALS = (Constant, Items, Text, Entries, Operator)


class TooMuch(Exception):  # noqa: N818 - a state of the input, caught by whoever started the folding
    """The code would need more steps to follow than a migration ever takes."""


class Folder:
    """Folds the expressions of one module. `truth` and `called` are hooks for what a caller knows beyond constants."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.truth: Callable[[Value], bool | None] = literal_truth
        self.called: Callable[[Call], Value | None] = lambda _: None
        self.comprehension: Callable[[Opaque, Environment], Value | None] = lambda _opaque, _names: None
        self._steps = 0
        self._weights: dict[int, tuple[Value, int]] = {}
        self._constants = self._module_constants()
        self._folded: dict[str, Value] = {}
        self._folding: set[str] = set()

    def fold(self, value: Value, names: Environment, depth: int = 0) -> Value:
        """The value with known names replaced and constant parts computed. Raises TooMuch."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuch
        if depth > MAX_DEPTH:
            return Opaque("too-deep", value.span)
        return self._fold(value, names, depth)

    def weigh(self, value: Value) -> int:
        """How many parts a value has, shared ones counted each time. Raises TooMuch for one that no walk would end in:
        `x = [x, x]`, again and again.
        """
        known = self._weights.get(id(value))
        if known is not None:
            return known[1]
        weight = 1 + sum(self.weigh(part) for part in children(value))
        if weight > MAX_WEIGHT:
            raise TooMuch
        self._weights[id(value)] = (value, weight)
        return weight

    def _fold(self, value: Value, names: Environment, depth: int) -> Value:
        match value:
            case Constant():
                return value
            case Ref(name, where):
                return self._reference(name, where)
            case Local(name):
                return names.get(name, value)
            case Attr(inner, name, where):
                return attribute(self.fold(inner, names, depth + 1), name, where)
            case Call():
                return self._call(value, names, depth)
            case Text(parts, where):
                return joined(tuple(self.fold(part, names, depth + 1) for part in parts), where)
            case Items(kind, items, where):
                return Items(kind, self._sequence(items, names, depth), where)
            case Entries(entries, where):
                return self._entries(entries, where, names, depth)
            case Starred(inner, where):
                return Starred(self.fold(inner, names, depth + 1), where)
            case Index(inner, index, where):
                return indexed(self.fold(inner, names, depth + 1), self.fold(index, names, depth + 1), where)
            case Operator():
                return self._operator(value, names, depth)
            case Choice(condition, then, otherwise, where):
                test = self.fold(condition, names, depth + 1)
                known = self.truth(test)
                if known is not None:
                    return self.fold(then if known else otherwise, names, depth + 1)
                first, second = self.fold(then, names, depth + 1), self.fold(otherwise, names, depth + 1)
                return Choice(test, first, second, where)
            case Opaque(kind) if kind in COMPREHENSIONS:
                return self.comprehension(value, names) or value
            case _:
                return value

    def _module_constants(self) -> dict[str, Value]:
        """Names that the top level binds exactly once."""
        found: dict[str, Value] = {}
        seen: set[str] = set()
        for variable in self.module.variables:
            qualified = self.module.scope.own(variable.name)
            if qualified in seen or variable.augmented:
                found.pop(qualified, None)
            elif variable.value is not None:
                found[qualified] = variable.value
            seen.add(qualified)
        return found

    def top_level(self, name: str) -> Value | None:
        """What a name of the module's top level stands for; None where it is bound twice, or not at all."""
        qualified = self.module.scope.own(name)
        return self._constant(qualified, Span(0, 0)) if qualified in self._constants else None

    def learn(self, names: Environment) -> None:
        """Take over what names of the module's top level stand for when all of it has run."""
        self._folded.update((self.module.scope.own(name), value) for name, value in names.items())
        self._constants.update(self._folded)

    def _reference(self, name: str, where: Span) -> Value:
        if name in self._constants:
            return self._constant(name, where)
        own = self.module.scope.own("")
        if not name.startswith(own) or (not own and "." not in name):
            return Ref(name, where)
        first, _, rest = name[len(own) :].partition(".")
        if own + first not in self._constants or not rest:
            return self._class_constant(name) or Ref(name, where)
        value = self._constant(own + first, where)
        for part in rest.split("."):
            value = attribute(value, part, where)
        return value

    def _class_constant(self, name: str) -> Value | None:
        """A literal in the body of a class of this module: `Model.__tablename__`."""
        owner, _, attribute_name = name.rpartition(".")
        for record in self.module.classes:
            if record.fact.qualified == owner:
                found = [variable.value for variable in record.fact.variables if variable.name == attribute_name]
                literal = len(found) == 1 and isinstance(found[0], _LITERALS)
                return self.fold(found[0], {}) if literal and found[0] is not None else None
        return None

    def _constant(self, name: str, where: Span) -> Value:
        if name not in self._folded:
            if name in self._folding:
                return Ref(name, where)
            self._folding.add(name)
            self._folded[name] = self.fold(self._constants[name], {})
            self._folding.discard(name)
        return self._folded[name]

    def _sequence(self, items: tuple[Value, ...], names: Environment, depth: int) -> tuple[Value, ...]:
        found: list[Value] = []
        for item in items:
            folded = self.fold(item, names, depth + 1)
            if isinstance(folded, Starred) and isinstance(folded.value, Items):
                found.extend(folded.value.items)
            else:
                found.append(folded)
        if len(found) > MAX_STEPS:
            raise TooMuch
        return tuple(found)

    def _entries(
        self, entries: tuple[tuple[Value | None, Value], ...], where: Span, names: Environment, depth: int
    ) -> Value:
        found: list[tuple[Value | None, Value]] = []
        for key, value in entries:
            folded = self.fold(value, names, depth + 1)
            if key is None and isinstance(folded, Entries):
                found.extend(folded.entries)
            else:
                found.append((None if key is None else self.fold(key, names, depth + 1), folded))
        return Entries(tuple(found), where)

    def _call(self, call: Call, names: Environment, depth: int) -> Value:
        keywords = spread_keywords(call.keywords, lambda value: self.fold(value, names, depth + 1))
        args = self._sequence(call.args, names, depth)
        folded = Call(self.fold(call.function, names, depth + 1), args, keywords, call.span)
        return pure_call(folded) or self.called(folded) or folded

    def _operator(self, value: Operator, names: Environment, depth: int) -> Value:
        right = self.fold(value.right, names, depth + 1)
        if value.left is None:
            known = self.truth(right) if value.operator == "not" else None
            return (
                Operator(value.operator, None, right, value.span) if known is None else Constant(not known, value.span)
            )
        left = self.fold(value.left, names, depth + 1)
        if value.operator in {"and", "or"}:
            return self._boolean(value, left, right)
        return compare(value.operator, left, right, value.span) or Operator(value.operator, left, right, value.span)

    def _boolean(self, value: Operator, left: Value, right: Value) -> Value:
        first, second = self.truth(left), self.truth(right)
        decides = value.operator == "or"
        if first is decides:
            return left
        if first is not None:
            return right
        if second is decides:
            return Constant(decides, value.span)
        return Operator(value.operator, left, right, value.span)


def literal_truth(value: Value) -> bool | None:
    """Whether a value is true, where it is a literal; else None."""
    match value:
        case Constant(inner):
            return None if isinstance(inner, str) and is_late(inner) else bool(inner)
        case Items(_, items) if not any(isinstance(item, Starred) for item in items):
            return bool(items)
        case Entries(entries):
            return bool(entries)
        case _:
            return None


def attribute(base: Value, name: str, where: Span) -> Value:
    """`base.name`: a longer Ref for a Ref; what an object was made with, where its class keeps that by this name."""
    said = kept(base, name) if isinstance(base, Call) else None
    if said is not None:
        return said
    return Ref(f"{base.name}.{name}", where) if isinstance(base, Ref) else Attr(base, name, where)


def joined(parts: tuple[Value, ...], where: Span) -> Value:
    """A formatted string: a Constant where all its parts are known, else a Text without nested Texts."""
    flat: list[Value] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Text) else (part,))
    if all(isinstance(part, Constant) for part in flat):
        text = "".join(str(part.value) for part in flat if isinstance(part, Constant))
        return Constant(text, where) if len(text) <= MAX_LENGTH else Opaque("long-string", where)
    return Text(tuple(flat), where) if len(flat) <= MAX_PARTS else Opaque("long-string", where)


def indexed(base: Value, index: Value, where: Span) -> Value:
    """`base[index]` for a literal display and a literal index."""
    match base, index:
        case (Items(_, items), Constant(int(at))) if -len(items) <= at < len(items) and not _starred(items):
            return items[at]
        case (Entries(entries), Constant(wanted)):
            for key, value in reversed(entries):
                if isinstance(key, Constant) and key.value == wanted:
                    return value
                if not isinstance(key, Constant):
                    break
        case _:
            pass
    return Index(base, index, where)


def _starred(items: tuple[Value, ...]) -> bool:
    return any(isinstance(item, Starred) for item in items)


def spread_keywords(keywords: tuple[Keyword, ...], fold: Callable[[Value], Value]) -> tuple[Keyword, ...]:
    """Keyword arguments folded; `**{...}` becomes the keywords that it stands for."""
    found: list[Keyword] = []
    for keyword in keywords:
        value = fold(keyword.value)
        if keyword.name or not isinstance(value, Entries):
            found.append(Keyword(keyword.name, value, keyword.span))
            continue
        for key, inner in value.entries:
            named = key.value if isinstance(key, Constant) and isinstance(key.value, str) else ""
            found.append(Keyword(named, inner, keyword.span))
    return tuple(found)
