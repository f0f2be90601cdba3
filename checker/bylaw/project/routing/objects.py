"""Finds what a project has to serve: applications, routers, classes of endpoints, and Django's URL modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bylaw.facts.code import Class, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework
from bylaw.facts.values import Attr, Call, Entries, Index, Items, Local, Ref, Value, text_of, walk
from bylaw.project.routing.code import Code
from bylaw.project.routing.vocabulary import ENDPOINT_METHODS, Kind
from bylaw.source import Span

_ENTRY_NAMES = frozenset({"app", "application", "asgi", "asgi_app"})
_PATTERNS = frozenset({"path", "re_path", "url"})


@dataclass
class Object:
    """An application, or something that has to reach one. `inside`: the function that creates it, '' at module level."""

    name: str
    role: Literal["app", "router", "controller", "urls"]
    framework: Framework
    facts: FileFacts
    span: Span
    inside: str = ""
    call: Call | None = None
    endpoints: int = 0
    is_api: bool = False
    """It wraps the application or router that it is given."""
    generated: bool = False
    """Its class brings endpoints of its own, or registers what it creates: nothing here tells."""

    @property
    def prefix(self) -> str | None:
        """The literal prefix that it is created with."""
        if self.call is None:
            return None
        return text_of(self.call.keyword("prefix") or self.call.keyword("url_prefix"))


def find_objects(code: Code) -> dict[str, Object]:
    """All of them, by name, with their endpoints counted."""
    found: dict[str, Object] = {}
    for facts in code.files:
        for item in (*_module_level(facts, code), *_inside_functions(facts, code), *_classes(facts, code)):
            found.setdefault(item.name, item)
    for facts in code.files:
        _count_endpoints(facts, code, found)
    return found


def _module_level(facts: FileFacts, code: Code) -> Iterator[Object]:
    for variable in facts.variables:
        name = f"{facts.module}.{variable.name}"
        if variable.name == "urlpatterns" and not variable.augmented:
            yield Object(name, "urls", "django", facts, variable.span, endpoints=_patterns(facts))
            continue
        kind = _kind_of(variable, facts, code)
        if kind is not None and kind.role != "controller":
            call = variable.value if isinstance(variable.value, Call) else None
            role = _role(variable, kind, call, facts, code)
            generated = role == "router" and call is not None and _registers_itself(call, facts, code)
            yield Object(
                name,
                role,
                kind.framework,
                facts,
                variable.statement,
                call=call,
                is_api=kind.role == "api",
                generated=generated,
            )


def _role(variable: Variable, kind: Kind, call: Call | None, facts: FileFacts, code: Code) -> Literal["app", "router"]:
    if kind.framework == "starlette" and variable.name in _ENTRY_NAMES:
        return "app"
    if kind.role == "api" and call is not None and isinstance(parent := call.argument(0, "app"), Ref):
        found = code.names.definition(parent.name, facts.module)
        inner = found.item.value if found is not None and isinstance(found.item, Variable) else None
        of_parent = code.kinds.of_value(inner, found.file.module) if found is not None else None
        return "router" if of_parent is not None and of_parent.role == "router" else "app"
    return "app" if kind.role in {"app", "api"} else "router"


def _kind_of(variable: Variable, facts: FileFacts, code: Code) -> Kind | None:
    if variable.value is None or variable.augmented:
        return None
    kind = code.kinds.of_value(variable.value, facts.module)
    if kind is not None:
        return kind
    for inner in walk(variable.value):
        if (
            isinstance(inner, Call)
            and (wrapped := code.kinds.of_value(inner, facts.module)) is not None
            and wrapped.role == "app"
        ):
            return wrapped
    return None


def _patterns(facts: FileFacts) -> int:
    return sum(1 for site in facts.calls if site.call.method in _PATTERNS)


def _inside_functions(facts: FileFacts, code: Code) -> Iterator[Object]:
    for site in facts.calls:
        if not site.function:
            continue
        kind = code.kinds.of_value(site.call, facts.module)
        if kind is not None and kind.role != "controller":
            name = (
                f"{site.function}.{site.assigned_to}"
                if site.assigned_to
                else f"{site.function}.<{site.call.span.start}>"
            )
            role: Literal["app", "router"] = "router" if kind.role == "router" else "app"
            yield Object(name, role, kind.framework, facts, site.call.span, site.function, site.call)


def _classes(facts: FileFacts, code: Code) -> Iterator[Object]:
    for item in facts.classes:
        if item.owner or item.name.startswith(("_", "Base", "Abstract")) or item.name.endswith(("Base", "Mixin")):
            continue
        for base in item.bases:
            inner = base.value if isinstance(base, Index) else base
            kind = code.kinds.of_name(inner.name, facts.module) if isinstance(inner, Ref) else None
            if kind is not None and kind.role == "controller":
                yield Object(
                    item.qualified, "controller", kind.framework, facts, item.span, endpoints=len(item.methods) or 1
                )
                break


def _registers_itself(call: Call, facts: FileFacts, code: Code) -> bool:
    """Whether the class or function that makes a router may register it: it keeps a collection, or is handed another router."""
    kind = code.kinds.created_by(call, facts.module)
    if (
        kind is not None
        and kind.framework != "drf"
        and kind.role != "api"
        and call.args
        and isinstance(call.args[0], Ref)
    ):
        place = code.place(call.args[0].name, facts.module)
        if place is not None and not place.tail:
            return True
    found = code.names.definition(call.name, facts.module) if call.name else None
    if found is None or found.item is None or isinstance(found.item, Variable):
        return False
    maker = found.item
    if isinstance(maker, Class) and any(v.value is not None and _is_collection(v.value) for v in maker.variables):
        return True
    within = f"{maker.qualified}." if isinstance(maker, Class) else maker.qualified
    collections = {
        f"{found.file.module}.{v.name}" for v in found.file.variables if v.value is not None and _is_collection(v.value)
    }
    if any(
        reference.function.startswith(within)
        and (place := code.place(reference.name, found.file.module)) is not None
        and place.node in collections
        for reference in found.file.references
    ):
        return True
    return isinstance(maker, Class) and any(
        site.function.startswith(within)
        and any(isinstance(arg, Local) and arg.name == "self" for arg in site.call.args)
        for site in found.file.calls
    )


def _is_collection(value: Value) -> bool:
    return isinstance(value, Items | Entries) or (
        isinstance(value, Call) and value.method in {"list", "dict", "set", "defaultdict", "OrderedDict", "deque"}
    )


def _count_endpoints(facts: FileFacts, code: Code, found: dict[str, Object]) -> None:
    """Decorators and registering calls on a router: `@router.get(…)`, `router.add_api_route(…)`, `router.get("/x")(handler)`."""
    decorated = [(item.qualified, item.decorators) for item in facts.functions]
    decorated += [(item.qualified, item.decorators) for item in facts.classes]
    for around, decorators in decorated:
        for decorator in decorators:
            call = decorator if isinstance(decorator, Call) else None
            target = _receiver(call.function if call is not None else decorator, around, facts, code, found)
            if target is None and call is not None and call.args:
                target = _named(call.args[0], around, facts, code, found)
            if target is not None:
                target.endpoints += 1
    for site in facts.calls:
        if site.call.method in ENDPOINT_METHODS:
            target = _receiver(site.call.function, site.function, facts, code, found)
            if target is not None:
                target.endpoints += 1
    for reference in facts.references:
        if reference.role == "called" and reference.name.rpartition(".")[2] in ENDPOINT_METHODS:
            place = code.place(reference.name, facts.module)
            if place is not None and place.tail in ENDPOINT_METHODS and place.node in found:
                found[place.node].endpoints += 1


def _receiver(function: Value, around: str, facts: FileFacts, code: Code, found: dict[str, Object]) -> Object | None:
    """The router in `router.get`."""
    if isinstance(function, Ref):
        place = code.place(function.name, facts.module)
        return found.get(place.node) if place is not None and place.tail else None
    return _named(function.value, around, facts, code, found) if isinstance(function, Attr) else None


def _named(value: Value, around: str, facts: FileFacts, code: Code, found: dict[str, Object]) -> Object | None:
    if isinstance(value, Ref):
        place = code.place(value.name, facts.module)
        return found.get(place.node) if place is not None and not place.tail else None
    return local_object(value.name, around, found) if isinstance(value, Local) else None


def local_object(name: str, around: str, found: dict[str, Object]) -> Object | None:
    """The application or router that a function, or one around it, keeps in a variable."""
    while around:
        if (item := found.get(f"{around}.{name}")) is not None and item.inside == around:
            return item
        around = around.rpartition(".")[0]
    return None
