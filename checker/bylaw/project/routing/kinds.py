"""Which calls create an application or a router: library classes, the project's subclasses, functions that make one."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Choice, Index, Local, Operator, Ref, Value, children
from bylaw.project.names import Names
from bylaw.project.routing.vocabulary import CLASS_NAMES, CLASS_SUFFIXES, Kind, library_kind

MAX_STEPS = 12


class Kinds:
    """Answers what a call makes. `extra_types`: further class names (bare or dotted) of routers like FastAPI's."""

    def __init__(self, names: Names, extra_types: frozenset[str]) -> None:
        self.names = names
        self.extra_types = extra_types
        self.words = _words(names.files, CLASS_NAMES | {name.rpartition(".")[2] for name in extra_types})
        self._of_name: dict[str, Kind | None] = {}
        self._made_by: dict[str, Kind | None] = {}

    def created_by(self, call: Call, near: str) -> Kind | None:
        """What a call creates when it is a constructor, an alias of one, or a partial of one."""
        return self.of_name(call.name, near) if call.name and self._may_make(call.method) else None

    def _may_make(self, last: str) -> bool:
        return last in self.words or last.endswith(CLASS_SUFFIXES)

    def of_name(self, name: str, near: str, steps: int = 0) -> Kind | None:
        """What calling (or, for controllers, subclassing) the thing with that name makes."""
        canonical = self.names.resolve(name, near)
        if canonical not in self._of_name:
            self._of_name[canonical] = None
            self._of_name[canonical] = self._find(canonical, near, steps)
        return self._of_name[canonical]

    def _find(self, canonical: str, near: str, steps: int) -> Kind | None:
        last = canonical.rpartition(".")[2]
        if canonical in self.extra_types or last in self.extra_types:
            return Kind("router", "fastapi")
        found = self.names.definition(canonical, near)
        if found is None:
            return library_kind(canonical)
        if steps > MAX_STEPS:
            return None
        match found.item:
            case Class():
                return self._of_bases(found.item, found.file, steps)
            case Variable(_, Call() as value):
                return self._of_class_factory(value, found.file, steps) or _by_word(last)
            case _:
                return None

    def _of_bases(self, item: Class, file: FileFacts, steps: int) -> Kind | None:
        for base in item.bases:
            inner = base.value if isinstance(base, Index) else base
            if isinstance(inner, Ref) and (kind := self.of_name(inner.name, file.module, steps + 1)) is not None:
                return kind
        return None

    def _of_class_factory(self, call: Call, file: FileFacts, steps: int) -> Kind | None:
        """`partial(APIRouter, …)`, or a function whose result is a router class."""
        if call.method == "partial" and call.args and isinstance(call.args[0], Ref):
            return self.of_name(call.args[0].name, file.module, steps + 1)
        found = self.names.definition(call.name, file.module) if call.name else None
        if found is None or not isinstance(found.item, Function):
            return None
        function = found.item
        for value in function.returns:
            name = (
                f"{function.qualified}.{value.name}"
                if isinstance(value, Local)
                else value.name
                if isinstance(value, Ref)
                else ""
            )
            made = next((item for item in found.file.classes if item.qualified == name), None)
            if made is not None and (kind := self._of_bases(made, found.file, steps + 1)) is not None:
                return kind
        annotation = function.annotation
        if isinstance(annotation, Index) and isinstance(annotation.index, Ref):
            return self.of_name(annotation.index.name, found.file.module, steps + 1)
        return None

    def made_by_function(self, name: str, near: str) -> Kind | None:
        """What a project function returns, when that is an application or a router."""
        if not self._may_make(name.rpartition(".")[2]):
            return None
        found = self.names.definition(name, near)
        if found is None or not isinstance(found.item, Function):
            return None
        key = found.item.qualified
        if key not in self._made_by:
            self._made_by[key] = None
            self._made_by[key] = self._returned(found.item, found.file)
        return self._made_by[key]

    def _returned(self, function: Function, file: FileFacts) -> Kind | None:
        local = {
            site.assigned_to: kind
            for site in file.calls
            if site.function == function.qualified and (kind := self.created_by(site.call, file.module)) is not None
        }
        for value in function.returns:
            if isinstance(value, Local) and value.name in local:
                return local[value.name]
            if (kind := self.of_value(value, file.module)) is not None:
                return kind
        if (
            isinstance(function.annotation, Ref)
            and (kind := self.of_name(function.annotation.name, file.module)) is not None
        ):
            return kind if kind.role != "controller" else None
        return None

    def of_value(self, value: Value | None, near: str) -> Kind | None:
        """What a value is: made by a constructor, by a project function, or one of several such."""
        match value:
            case Call() as call:
                return self.created_by(call, near) or (self.made_by_function(call.name, near) if call.name else None)
            case Choice(_, then, otherwise):
                return self.of_value(then, near) or self.of_value(otherwise, near)
            case Operator("or" | "and", left, right):
                return self.of_value(left, near) or self.of_value(right, near)
            case _:
                return None


def _words(files: list[FileFacts], known: frozenset[str]) -> frozenset[str]:
    """The last names of all that may make an application or router: a cheap first question, asked of every call."""
    made_of: dict[str, set[str]] = {}
    for facts in files:
        for name, last in _makers(facts):
            made_of.setdefault(last, set()).add(name)
    words = {*known, *(last for last in made_of if last.endswith("Router"))}
    waiting = list(words)
    while waiting:
        for name in made_of.get(waiting.pop(), ()):
            if name not in words:
                words.add(name)
                waiting.append(name)
    return frozenset(words)


def _makers(facts: FileFacts) -> Iterator[tuple[str, str]]:
    """Names of classes, variables and functions, each with the last name of something that it is made of or returns."""
    for item in facts.classes:
        for base in item.bases:
            yield item.name, last_name(base)
    for variable in facts.variables:
        if isinstance(variable.value, Ref | Call):
            for last in _named_in(variable.value):
                yield variable.name, last
    for function in facts.functions:
        if function.annotation is not None:
            yield function.name, last_name(function.annotation)
        for value in function.returns:
            for last in _named_in(value):
                yield function.name, last
    for site in facts.calls:
        if site.function:
            yield site.function.rpartition(".")[2], site.call.method


def _named_in(value: Value) -> Iterator[str]:
    if isinstance(value, Call):
        yield value.method
        for arg in value.args:
            if isinstance(arg, Ref):
                yield last_name(arg)
    elif isinstance(value, Choice | Operator):
        for side in children(value):
            yield from _named_in(side)
    else:
        yield last_name(value)


def last_name(value: Value) -> str:
    """The last part of a name, of `Name[…]`, or of what `type[…]` holds; '' for another value."""
    if isinstance(value, Index):
        is_type = last_name(value.value) in {"type", "Type"}
        return last_name(value.index if is_type else value.value)
    if isinstance(value, Local):
        return value.name
    return value.name.rpartition(".")[2] if isinstance(value, Ref) else ""


def _by_word(last: str) -> Kind | None:
    """A class that some call makes, and that is named like a router class."""
    if last in {"APIRouter", "Router"} or last.endswith("APIRouter"):
        return Kind("router", "fastapi")
    return Kind("router", "flask") if last == "Blueprint" else None
