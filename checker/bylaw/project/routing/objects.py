"""Finds what a project has to serve: applications, routers, classes of endpoints, and Django's URL modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.routing import Framework
from bylaw.facts.values import Call, Entries, Index, Items, Local, Ref, Value, text_of, walk
from bylaw.project.routing.code import Code
from bylaw.project.routing.kinds import last_name
from bylaw.project.routing.vocabulary import Kind
from bylaw.source import Span

_ENTRY_NAMES = frozenset({"app", "application", "asgi", "asgi_app"})
_PATTERNS = frozenset({"path", "re_path", "url"})
_ACTIONS = frozenset({"list", "create", "retrieve", "update", "partial_update", "destroy"})
"""Methods of a view set that its router finds by their names."""
_WITHOUT_ACTIONS = frozenset({"GenericViewSet", "ViewSet", "ViewSetMixin", "GenericAPIView", "APIView", "Generic"})
_CLASS_SETTINGS = frozenset({"routes", "http_method_names", "renderer_classes", "schema_classes"})
"""Collections of a router class that hold no routers."""
_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})
_COLLECTIONS = frozenset({"list", "dict", "set", "defaultdict", "OrderedDict", "deque"})


class Object(msgspec.Struct):
    """An application, or something that has to reach one. `inside`: the function that creates it, or ''."""

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
    """Its class or factory may register what it creates: nothing here tells."""
    other_names: tuple[str, ...] = ()
    """Further variables of one assignment: `api = router = APIRouter()`."""
    held_by: str = ""
    """The plain class that keeps it as an attribute, or that makes it when an object of it is made."""

    @property
    def prefix(self) -> str | None:
        """The literal path prefix that it is created with."""
        if self.call is None:
            return None
        return text_of(self.call.keyword("prefix") or self.call.keyword("url_prefix"))


def find_objects(code: Code) -> dict[str, Object]:
    """All of them, by name; one with several names stands under each."""
    found: dict[str, Object] = {}
    for facts in code.files:
        for item in (
            *_module_level(facts, code), *_inside_functions(facts, code), *_classes(facts, code),
            *_in_class_bodies(facts, code),
        ):  # fmt: skip
            for name in (item.name, *item.other_names):
                found.setdefault(name, item)
    return found


def local_object(name: str, around: str, found: dict[str, Object]) -> Object | None:
    """The application or router that a function, or one around it, keeps in a variable."""
    while around:
        if (item := found.get(f"{around}.{name}")) is not None and item.inside == around:
            return item
        around = around.rpartition(".")[0]
    return None


def made_locally(found: dict[str, Object]) -> dict[tuple[str, Span], Object]:
    """What functions keep of the routers that other functions give them, by the place of the name that is called."""
    return {
        (item.facts.path, item.call.function.span): item
        for item in found.values()
        if item.inside and item.role == "router" and item.call is not None and isinstance(item.call.function, Ref)
    }


# -- at module level


def _module_level(facts: FileFacts, code: Code) -> Iterator[Object]:
    seen: dict[Span, Object] = {}
    for variable in facts.variables:
        name = f"{facts.module}.{variable.name}"
        if variable.value is None or variable.augmented:
            continue
        if (twin := seen.get(variable.value.span)) is not None:
            twin.other_names += (name,)
        elif variable.name == "urlpatterns":
            patterns = sum(1 for site in facts.calls if site.call.method in _PATTERNS)
            yield Object(name, "urls", "django", facts, variable.span, endpoints=patterns)
        elif (patterns := _named_patterns(variable.value)) and _is_url_module(facts):
            yield Object(name, "router", "django", facts, variable.span, endpoints=patterns)
        elif (kind := _kind_of(variable.value, facts, code)) is not None and kind.role != "controller":
            seen[variable.value.span] = _made(name, variable, kind, facts, code)
    yield from seen.values()


def _named_patterns(value: Value) -> int:
    """The length of a list for `include(…)`: `book_urls = [path(…)]`, or `([path(…)], "books")`; 0 for others."""
    listed = value.items[0] if isinstance(value, Items) and value.items else value
    items = listed.items if isinstance(listed, Items) else value.items if isinstance(value, Items) else ()
    made = [item for item in items if isinstance(item, Call) and item.method in _PATTERNS]
    return len(made) if len(made) == len(items) and all(item.name.startswith("django.") for item in made) else 0


def _is_url_module(facts: FileFacts) -> bool:
    return any(variable.name == "urlpatterns" for variable in facts.variables)


def _made(name: str, variable: Variable, kind: Kind, facts: FileFacts, code: Code) -> Object:
    call = variable.value if isinstance(variable.value, Call) else None
    role = _role(variable, kind, call, facts, code)
    generated = role == "router" and call is not None and _registers_itself(call, kind, facts, code)
    item = Object(name, role, kind.framework, facts, variable.statement, call=call, generated=generated)
    item.is_api = kind.role == "api"
    item.endpoints = _given_endpoints(call)
    return item


def _given_endpoints(call: Call | None) -> int:
    """How many routes a router is created with: `Router(routes=[…])`, Litestar's `route_handlers=[…]`."""
    given = (call.keyword("routes") or call.keyword("route_handlers")) if call is not None else None
    return len(given.items) if isinstance(given, Items) else int(given is not None)


def _role(variable: Variable, kind: Kind, call: Call | None, facts: FileFacts, code: Code) -> Literal["app", "router"]:
    if kind.framework == "starlette" and variable.name in _ENTRY_NAMES:
        return "app"
    if kind.role == "api" and call is not None and isinstance(parent := call.argument(0, "app"), Ref):
        found = code.names.definition(parent.name, facts.module)
        inner = found.item.value if found is not None and isinstance(found.item, Variable) else None
        of_parent = code.kinds.of_value(inner, found.file.module) if found is not None else None
        return "router" if of_parent is not None and of_parent.role == "router" else "app"
    return "app" if kind.role in {"app", "api"} else "router"


def _kind_of(value: Value, facts: FileFacts, code: Code) -> Kind | None:
    """What a value is; an application inside other calls (`Middleware(FastAPI())`) is still an application."""
    kind = code.kinds.of_value(value, facts.module)
    if kind is not None:
        return kind
    for inner in walk(value):
        wrapped = code.kinds.of_value(inner, facts.module) if isinstance(inner, Call) else None
        if wrapped is not None and wrapped.role == "app":
            return wrapped
    return None


# -- inside functions and classes


def _inside_functions(facts: FileFacts, code: Code) -> Iterator[Object]:
    for site in facts.calls:
        kind = code.kinds.of_value(site.call, facts.module) if site.function else None
        if kind is not None and not site.assigned_to and code.kinds.created_by(site.call, facts.module) is None:
            continue  # what a function gives, handed on as it is
        if kind is not None and kind.role != "controller":
            name = f"{site.function}.{site.assigned_to or f'<{site.call.span.start}>'}"
            role: Literal["app", "router"] = "router" if kind.role == "router" else "app"
            item = Object(name, role, kind.framework, facts, site.call.span, site.function, site.call)
            function = code.functions.get(site.function)
            item.endpoints = int(_is_filled_by_another(site.assigned_to, function))
            if function is not None and function.name == "__init__" and not site.assigned_to:
                owner = code.classes.get(function.owner)
                item.held_by = function.owner if owner is not None and _is_plain(owner) else ""
            yield item


def _in_class_bodies(facts: FileFacts, code: Code) -> Iterator[Object]:
    for owner in facts.classes:
        for variable in owner.variables if _is_plain(owner) else ():
            kind = code.kinds.of_value(variable.value, facts.module) if isinstance(variable.value, Call) else None
            if kind is not None and kind.role == "router" and isinstance(variable.value, Call):
                yield Object(
                    f"{owner.qualified}.{variable.name}", "router", kind.framework, facts, variable.statement,
                    call=variable.value, held_by=owner.qualified,
                )  # fmt: skip


def _is_plain(item: Class) -> bool:
    """Whether nothing but code that names the class can find it: no base, decorator or metaclass keeps a list."""
    inner = [base.value if isinstance(base, Index) else base for base in item.bases]
    harmless = all(isinstance(base, Ref) and last_name(base) in _PLAIN_BASES for base in inner)
    return harmless and not (item.decorators or item.keywords or item.owner)


def _is_filled_by_another(local: str, function: Function | None) -> bool:
    """`return add_routes(blueprint)`: whether what is returned is what a call makes of the router."""
    returned = [value for value in function.returns if isinstance(value, Call)] if function is not None else []
    given = [argument for call in returned for argument in (*call.args, *(k.value for k in call.keywords))]
    return bool(local) and any(isinstance(argument, Local) and argument.name == local for argument in given)


def _classes(facts: FileFacts, code: Code) -> Iterator[Object]:
    for item in facts.classes:
        if item.owner or item.name.startswith(("_", "Base", "Abstract")) or item.name.endswith(("Base", "Mixin")):
            continue
        for base in item.bases:
            inner = base.value if isinstance(base, Index) else base
            if not isinstance(inner, Ref) or last_name(inner) not in code.kinds.words:
                continue
            kind = code.kinds.of_name(inner.name, facts.module)
            if kind is not None and kind.role == "controller":
                if kind.framework == "flask" and item.decorators:
                    break  # `@blueprint.route("/books") class Books(MethodView)`
                endpoints = len(item.methods) or 1
                if kind.framework == "drf" and not _has_actions(item, facts, code):
                    endpoints = 0
                yield Object(item.qualified, "controller", kind.framework, facts, item.span, endpoints=endpoints)
                break


def _has_actions(item: Class, facts: FileFacts, code: Code) -> bool:
    """Whether a view set may answer a request: by a method for it, an `@action`, or a base that may bring one."""
    if not _ACTIONS.isdisjoint(item.methods):
        return True
    for function in facts.functions:
        if function.owner == item.qualified and any(_is_action(decorator) for decorator in function.decorators):
            return True
    for base in item.bases:
        inner = base.value if isinstance(base, Index) else base
        if not isinstance(inner, Ref):
            return True
        above = code.names.definition(inner.name, facts.module)
        if above is None:
            if last_name(inner) not in _WITHOUT_ACTIONS:
                return True
        elif not isinstance(above.item, Class) or above.item is item or _has_actions(above.item, above.file, code):
            return True
    return False


def _is_action(decorator: Value) -> bool:
    name = decorator.method if isinstance(decorator, Call) else last_name(decorator)
    return name in {"action", "detail_route", "list_route"}


# -- makers that register what they make


def _registers_itself(call: Call, kind: Kind, facts: FileFacts, code: Code) -> bool:
    """Whether what makes a router may register it: it keeps a collection, or is handed another router."""
    if kind.framework != "drf" and kind.role != "api" and call.args and isinstance(call.args[0], Ref):
        place = code.place(call.args[0].name, facts.module)
        if place is not None and not place.tail and code.kinds.created_by(call, facts.module) is not None:
            return True
    found = code.names.definition(call.name, facts.module) if call.name else None
    if found is None or found.item is None or isinstance(found.item, Variable):
        return False
    maker = found.item
    within = f"{maker.qualified}." if isinstance(maker, Class) else maker.qualified
    return _fills_a_collection(within, found.file, code) or (
        isinstance(maker, Class)
        and (_keeps_a_collection(maker, found.file, code) or _hands_itself_on(within, found.file))
    )


def _keeps_a_collection(maker: Class, file: FileFacts, code: Code) -> bool:
    """Whether all objects of a class share a list, or a router that may be the one that counts."""
    kept = (v for v in maker.variables if _is_collection(v.value) or code.kinds.of_value(v.value, file.module))
    return any(v.name not in _CLASS_SETTINGS for v in kept)


def _fills_a_collection(within: str, file: FileFacts, code: Code) -> bool:
    collections = {
        f"{file.module}.{variable.name}"
        for variable in file.variables
        if variable.value is not None and _is_collection(variable.value)
    }
    for reference in file.references:
        if reference.function.startswith(within):
            place = code.place(reference.name, file.module)
            if place is not None and place.node in collections:
                return True
    return False


def _hands_itself_on(within: str, file: FileFacts) -> bool:
    return any(
        site.function.startswith(within)
        and any(isinstance(arg, Local) and arg.name == "self" for arg in site.call.args)
        for site in file.calls
    )


def _is_collection(value: Value | None) -> bool:
    return isinstance(value, Items | Entries) or (isinstance(value, Call) and value.method in _COLLECTIONS)
