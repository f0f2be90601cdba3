"""The method and function names that make a call worth keeping, whoever defines them."""

from __future__ import annotations

MEANINGFUL_CALLS = frozenset({
    # routing
    "include_router", "add_router", "register_blueprint", "mount", "add_api_route", "add_route", "add_url_rule",
    "add_namespace", "add_resource", "register", "path", "re_path", "url", "include", "add_api_websocket_route",
    "register_controllers", "FastAPI", "APIRouter", "Flask", "FlaskApp", "App", "Blueprint", "NinjaAPI",
    "NinjaExtraAPI", "Starlette", "Litestar", "Quart", "Sanic",
    "Router", "DefaultRouter", "SimpleRouter", "Namespace", "APIBlueprint", "APIFlask", "OpenAPI", "Mount", "Host",
    "__import__", "globals", "vars", "entry_points", "iter_entry_points", "getmembers", "module_from_spec",
    "spec_from_file_location", "load_module", "autodiscover_modules", "import_submodules", "import_by_path", "locate",
    # tables and registries
    "Table", "autodiscover", "walk_packages", "iter_modules", "import_module", "import_string", "find_modules",
    "automap_base", "declarative_base", "map_imperatively", "mapper",
})  # fmt: skip
ENDINGS = ("Router", "Blueprint", "FastAPI", "Flask", "NinjaAPI", "_router", "_blueprint")
"""Ends of names by which a project calls its own subclasses of applications and routers, and what makes them."""
KEPT_BY_NAME = ("_APPS.append", "_APPS.extend", "_APPS.insert", "alembic.context.configure")
"""Ends of qualified names that say more than their last part: what adds to a list of installed applications, and what
tells Alembic of the tables.
"""


def is_meaningful(name: str) -> bool:
    """Whether calls of something with that last name are kept."""
    return name in MEANINGFUL_CALLS or name.endswith(ENDINGS)
