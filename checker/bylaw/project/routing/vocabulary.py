"""What frameworks call their applications, their routers, and the ways to register one."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from bylaw.facts.routing import Framework
from bylaw.patterns import regex

Role = Literal["app", "api", "router", "controller"]


class Kind(NamedTuple):
    """What an object is: an application, a router, a class of endpoints, or an API around what it is given."""

    role: Role
    framework: Framework


_ASGI: dict[str, Kind] = {"FastAPI": Kind("app", "fastapi"), "APIRouter": Kind("router", "fastapi")}
_WSGI: dict[str, Kind] = {
    "Flask": Kind("app", "flask"),
    "Quart": Kind("app", "flask"),
    "Blueprint": Kind("router", "flask"),
    "MethodView": Kind("controller", "flask"),
}
_DRF: dict[str, Kind] = {
    name: Kind("router", "drf")
    for name in (
        "DefaultRouter", "SimpleRouter", "NestedSimpleRouter", "NestedDefaultRouter", "ExtendedSimpleRouter",
        "ExtendedDefaultRouter", "BulkRouter",
    )
}  # fmt: skip
_LITESTAR: dict[str, Kind] = {
    "Litestar": Kind("app", "litestar"), "Starlite": Kind("app", "litestar"), "Router": Kind("router", "litestar"),
    "Controller": Kind("controller", "litestar"),
}  # fmt: skip
_NINJA: dict[str, Kind] = {
    "NinjaAPI": Kind("router", "ninja"), "NinjaExtraAPI": Kind("router", "ninja"), "Router": Kind("router", "ninja"),
}  # fmt: skip
_RESTX: dict[str, Kind] = {
    "Namespace": Kind("router", "flask"),
    "Api": Kind("api", "flask"),
    "Blueprint": Kind("router", "flask"),
}

LIBRARIES: dict[str, dict[str, Kind]] = {
    "fastapi": _ASGI,
    "starlette": {"Starlette": Kind("app", "fastapi"), "Router": Kind("router", "starlette")},
    "flask": _WSGI,
    "quart": _WSGI,
    "apiflask": {"APIFlask": Kind("app", "flask"), "APIBlueprint": Kind("router", "flask")},
    "flask_openapi3": {"OpenAPI": Kind("app", "flask"), "APIBlueprint": Kind("router", "flask")},
    "flask_smorest": _RESTX,
    "flask_restx": _RESTX,
    "flask_restplus": _RESTX,
    "flask_restful": {"Api": Kind("api", "flask"), "Resource": Kind("controller", "flask")},
    "connexion": {"App": Kind("app", "flask"), "FlaskApp": Kind("app", "flask")},
    "sanic": {"Sanic": Kind("app", "sanic"), "Blueprint": Kind("router", "sanic")},
    "aiohttp": {"Application": Kind("app", "aiohttp"), "RouteTableDef": Kind("router", "aiohttp")},
    "litestar": _LITESTAR,
    "starlite": _LITESTAR,
    "ninja": _NINJA,
    "ninja_extra": _NINJA,
    "rest_framework": _DRF | {
        name: Kind("controller", "drf")
        for name in ("ModelViewSet", "ReadOnlyModelViewSet", "GenericViewSet", "ViewSet")
    },
    "rest_framework_nested": _DRF,
    "rest_framework_extensions": _DRF,
    "rest_framework_bulk": _DRF,
}  # fmt: skip
"""Top-level package → class name → what its instances (or subclasses, for controllers) are."""

CLASS_NAMES = frozenset(name for classes in LIBRARIES.values() for name in classes)
CLASS_SUFFIXES = ("APIRouter", "FastAPI", "Blueprint", "Flask")
"""Ends of class names by which any other library's classes are known."""

FAMILIES: dict[Framework, Framework] = {"starlette": "fastapi", "drf": "django", "ninja": "django"}
"""Frameworks whose routers end up in an application of another one."""

REGISTER_CALLS = frozenset({
    "include_router", "register_blueprint", "add_router", "add_namespace", "mount", "add_route", "blueprint",
    "add_url_rule", "register_controllers",
})  # fmt: skip
"""Methods of an application or router that take another router."""
PASS_THROUGH = frozenset({
    "path", "re_path", "url", "include", "i18n_patterns", "patterns", "format_suffix_patterns", "Mount", "Route",
    "Host", "Include", "list", "tuple", "set", "frozenset", "sorted", "reversed", "chain", "from_iterable",
    "enumerate", "zip", "Depends", "group", "MappingProxyType", "URLRouter", "ProtocolTypeRouter", "re_url",
    "static", "format",
})  # fmt: skip
"""Calls whose result holds what they are given, and that do nothing else with it."""
ENDPOINT_METHODS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "add_api_route", "route",
    "add_route", "add_url_rule", "websocket", "add_api_websocket_route", "websocket_route", "add_websocket_route",
    "add_resource", "api_operation", "add_api_operation", "view", "add_view_func", "resource", "method", "methods",
    "any", "ws", "stream", "static", "add", "add_view", "add_url", "register_controllers", "append", "register",
})  # fmt: skip
"""Methods of a router that add an endpoint, as a decorator or called."""
OWN_METHODS = (ENDPOINT_METHODS - {"register"}) | frozenset({
    "include_router", "register_blueprint", "add_router", "add_namespace", "mount", "host", "on_event",
    "add_event_handler", "middleware", "add_middleware", "exception_handler", "add_exception_handler",
    "errorhandler", "app_errorhandler", "before_request", "after_request", "teardown_request", "before_app_request",
    "after_app_request", "teardown_app_request", "before_app_first_request", "before_first_request",
    "context_processor", "app_context_processor", "url_defaults", "app_url_defaults", "url_value_preprocessor",
    "app_url_value_preprocessor", "template_filter", "app_template_filter", "template_global",
    "app_template_global", "template_test", "app_template_test", "add_app_template_filter",
    "add_app_template_global", "add_app_template_test", "register_error_handler", "endpoint", "record",
    "record_once", "url_path_for", "url_for", "send_static_file", "open_resource", "model", "schema_model",
    "add_model", "expect", "response", "marshal_with", "marshal_list_with", "doc", "parser", "inherit", "clone",
    "extend_model", "arguments", "paginate", "etag", "before_websocket", "alt_response", "hide", "abort", "payload",
    "vendor", "deprecated", "param", "produces", "extend", "command", "group", "input", "output", "auth_required",
    "register_request_handlers",
})  # fmt: skip
"""Methods of a router that do not hand it to anybody."""
OWN_METHODS_OF: dict[Framework, frozenset[str]] = {"drf": frozenset({"register"})}
"""Such methods of one framework's routers: `blueprint.register(app)` registers the blueprint itself."""
HARMLESS_CALLS = frozenset({
    "isinstance", "issubclass", "len", "print", "repr", "str", "id", "type", "hasattr", "add_pagination", "debug",
    "info", "warning", "cbv", "cast", "disable_installed_extensions_check",
})  # fmt: skip
"""Calls that look at what they are given and register nothing."""
HARMLESS_CALL_NAME = regex(r"error|exception|exempt|rate_?limit|^cors$", re.IGNORECASE)
"""Calls that hang something on a router (`register_errors(users)`, `CORS(users)`) and do not put it anywhere."""
HARMLESS_ATTRIBUTES = frozenset({
    "prefix", "tags", "name", "url_prefix", "path", "dependencies", "responses", "title", "version", "import_name",
    "root_path", "models", "logger", "static_folder", "cli", "description", "__name__", "__doc__",
    "default_response_class", "route_class", "payload",
})  # fmt: skip
"""Attributes of a router that do not carry its endpoints."""


def library_kind(name: str) -> Kind | None:
    """What calling (or subclassing) a library's class makes; None when it has nothing to do with routing."""
    package, _, _ = name.partition(".")
    last = name.rpartition(".")[2]
    known = LIBRARIES.get(package)
    if known is not None:
        return known.get(last)
    if last.endswith("APIRouter") or (package.startswith("fastapi_") and last.endswith("Router")):
        return Kind("router", "fastapi")
    if last.endswith("FastAPI"):
        return Kind("app", "fastapi")
    if last.endswith("Flask"):
        return Kind("app", "flask")
    if last.endswith("Blueprint") and package not in {"builtins", "typing"}:
        return Kind("router", "flask")
    return None


def family(framework: Framework) -> Framework:
    """The framework whose application serves routers of this one."""
    return FAMILIES.get(framework, framework)
