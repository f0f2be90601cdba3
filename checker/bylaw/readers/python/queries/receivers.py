"""What a function calls methods of: sessions, rows that it was handed, objects whose methods return rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from bylaw.facts.code import Class, Function
from bylaw.facts.queries import row_type
from bylaw.facts.values import Attr, Call, Local, Ref, Value, walk
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.drafts import Rows
from bylaw.readers.python.queries.held import kept_by, made_by

_OWN_DELETE = re.compile(rb"\bself\.a?delete\(\)|\.delete\(self\)")


class Receivers:
    """The parameters and the class of one function, and what it uses as a session."""

    def __init__(self, module: Module, function: Function) -> None:
        self._function = function
        self._annotations = {
            parameter.name: entity
            for parameter in function.parameters
            if (entity := row_type(parameter.annotation))
        }  # fmt: skip
        self._module = module
        self._made: dict[str, str] = {}
        self._bare = {
            parameter.name for parameter in function.parameters
            if parameter.annotation is None and parameter.default is None and parameter.name not in {"self", "cls"}
        }  # fmt: skip
        self._sessions: set[str] = set()
        self._own_rows = _rows_of_view(module, function)

    def rows(self) -> Iterator[tuple[str, Rows]]:
        """Parameters that are rows, by their annotation or because the framework hands them over."""
        for name, entity in self._annotations.items():
            yield name, Rows((), entity)
        for parameter in self._function.parameters:
            if parameter.name not in self._annotations and (given := _provider(parameter.default)):
                yield parameter.name, Rows((), f"{given}()")
        if self._own_rows and self._function.name in known.HANDED_A_ROW and len(self._function.parameters) > 1:
            yield self._function.parameters[1].name, Rows((), self._own_rows)
        if self._function.owner and self._deletes_itself():
            yield "self", Rows((), self._function.owner)

    def _deletes_itself(self) -> bool:
        """Whether the function is a method of what may be a row, and deletes it."""
        first = self._function.parameters[0].name if self._function.parameters else ""
        place = self._function.statement
        return first == "self" and _OWN_DELETE.search(self._module.content, place.start, place.end) is not None

    def is_endpoint(self) -> bool:
        """Whether a router calls the function and makes an answer of what it returns: `@router.get("/")`."""
        return any(isinstance(each, Call) and each.method in known.ROUTING for each in self._function.decorators)

    def runs(self, call: Call) -> None:
        """What executes a statement is a session, whatever it is called."""
        if isinstance(call.function, Attr) and isinstance(call.function.value, Local):
            self._sessions.add(call.function.value.name)

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`books = BookRepository(session)`."""
        for target in targets:
            self._made[target] = made_by(value)

    def is_bare_parameter(self, value: Value) -> bool:
        """A parameter without a type and a default, as it was handed over: only its name says what it is."""
        return isinstance(value, Local) and value.name in self._bare

    def rebound(self, names: Iterable[str]) -> None:
        """Variables come to mean something else."""
        self._bare.difference_update(names)

    @cached_property
    def _kept(self) -> dict[str, str]:
        return kept_by(self._function.owner, self._module)

    def is_session(self, call: Call) -> bool:
        """Whether the call is one of a database session, by its name, its type or its use."""
        if not isinstance(call.function, Attr):
            return _is_called_session(call.name.rpartition(".")[0].rpartition(".")[2])
        match call.function.value:
            case Local(name):
                typed = known.SESSION_TYPE.search(self._annotations.get(name, "")) is not None
                return typed or name in self._sessions or _is_called_session(name)
            case Ref(name):
                return _is_called_session(name.rpartition(".")[2])
            case other:
                return _is_called_session(getattr(other, "name", ""))

    def returned(self, call: Call) -> Rows | None:
        """A row, if the function that is called says so: only the project knows."""
        match call.function:
            case Ref(name) if name.partition(".")[0] in known.HANDING_ON:
                return None
            case Ref(name) if not name.startswith("builtins.") and not name.rpartition(".")[2][:1].isupper():
                return Rows((), f"{name}()")
            case Attr(Local("self"), "get_object") if self._own_rows:
                return Rows((), self._own_rows)
            case Attr(Local("self" | "cls"), name) if self._function.owner:
                return Rows((), f"{self._function.owner}.{name}()")
            case Attr(Local(receiver), name) if receiver in self._annotations:
                return Rows((), f"{self._annotations[receiver]}.{name}()")
            case Attr(Local(receiver), name) if self._made.get(receiver):
                return Rows((), f"{self._made[receiver]}.{name}()")
            case Attr(Attr(Local("self"), attribute), name) if self._function.owner:
                kept = self._kept.get(attribute, "")
                return Rows((), f"{kept}.{name}()") if kept else None
            case _:
                return None


def _provider(default: Value | None) -> str:
    """The function that FastAPI asks for a parameter: `book=Depends(get_book)`."""
    if not isinstance(default, Call) or default.name not in known.DEPENDS:
        return ""
    given = default.argument(0, "dependency")
    return given.name if isinstance(given, Ref) else ""


def _is_called_session(name: str) -> bool:
    return bool(name) and known.SESSION_NAME.search(name) is not None


def _rows_of_view(module: Module, function: Function) -> str:
    """The model of `queryset = Model.objects…` or `model = Model` in the class of a method; '' for another class."""
    if not function.owner:
        return ""
    own: Class | None = next((each.fact for each in module.classes if each.fact.qualified == function.owner), None)
    for variable in own.variables if own is not None else ():
        if variable.name == "queryset" and variable.value is not None:
            return next((found for part in walk(variable.value) if (found := _managed(part))), "")
        if variable.name == "model" and isinstance(variable.value, Ref):
            return variable.value.name
    return ""


def _managed(value: Value) -> str:
    match = known.MANAGER.match(value.name) if isinstance(value, Ref) else None
    return match["model"] if match is not None else ""
