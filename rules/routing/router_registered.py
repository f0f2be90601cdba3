"""router-registered"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bylaw import Finding, Project, Related, RuleOptions, project_rule
from bylaw.facts.routing import Framework, Router

_MANY = 5
"""So many routers, and more than are served: one thing is not understood, or wrong, and not each of them."""


class Options(RuleOptions):
    root_modules: tuple[str, ...] = ()
    """Globs of the modules that every router is reached through (`app/main.py`). By default any application will do."""
    router_types: tuple[str, ...] = ()
    """Further classes that make routers, as bare or dotted names. They add to those that bylaw knows."""
    register_calls: tuple[str, ...] = ()
    """Further functions or methods that register the router they are handed."""
    key_equals_feature: bool = False
    """Also ask that a path prefix names the feature: it shares a word with the router, its module or its folder.
    Prefixes that several routers share, or that name nothing (`/api/v1`), are left alone."""
    insertion_marker: str = ""
    """The comment at which the fix inserts the call (`# Add new routers here`), instead of after the last sibling."""


@project_rule(
    summary="Every router reaches an application",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S0-08", "S0-59", "S0-60", "S0-61", "S0-63", "S2-57", "S4-04", "S4-12", "S4-37", "S4-101"),
)
def router_registered(project: Project, options: Options) -> Iterator[Finding]:
    """A router that nothing includes serves nothing: its endpoints import, pass the type checker and answer 404.

    The way of every router is followed, over any number of files: into `include_router`, `register_blueprint`,
    `mount`, `add_router`, `include("shop.urls")`, DRF's `register`, lists and loops, wrapper functions, application
    factories, other routers; view sets of DRF, Flask's `MethodView` and flask-restful's `Resource` into whatever uses
    the class. Where the way leaves sight (plugins, modules imported by computed names), the rule is silent. What only
    tests reach is not registered. A router whose parent nobody includes is reported once, at the topmost parent.
    Where more routers of a framework are out of reach than in it (five or more), they are told of in one warning: a
    project works, so something about its assembly is likely not understood.

    To repair, include the router where its siblings are included; the fix adds the import and the call. If nobody wants
    the endpoints any more, delete the router.

    Bad:

    ```python app/users.py
    from fastapi import APIRouter

    router = APIRouter(prefix="/users")


    @router.get("/")
    def list_users() -> list[str]: ...
    ```

    ```python app/main.py
    from fastapi import FastAPI

    app = FastAPI()
    ```

    Good:

    ```python app/users.py
    from fastapi import APIRouter

    router = APIRouter(prefix="/users")


    @router.get("/")
    def list_users() -> list[str]: ...
    ```

    ```python app/main.py
    from fastapi import FastAPI

    from app import users

    app = FastAPI()
    app.include_router(users.router)
    ```
    """
    routing = project.routing(options.router_types, options.register_calls, options.root_modules)
    crowds = _crowds(routing.unreached, routing.routers)
    for crowd in crowds.values():
        yield _at_once(crowd)
    for router, children, passes_by in routing.unreached:
        if router.framework in crowds and not passes_by:
            continue
        related = tuple(Related(child.location, f"`{child.shown}` is reached through it only") for child in children)
        if passes_by:
            roots = " or ".join(options.root_modules)
            message = f"`{router.shown}` reaches an application, but not through {roots}"
            yield Finding(router.location, message, f"Include it in {roots}, or in a router that is included there.")
        else:
            message = f"`{router.shown}` reaches no application: {_why(router)}"
            yield Finding(
                router.location, message, _help(router), related, routing.repair(router, options.insertion_marker)
            )
    if options.key_equals_feature:
        for entry, feature in routing.misnamed:
            name = ".".join(entry.router.split(".")[-2:])
            message = f"`{name}` is registered under a prefix that says nothing of its feature, `{feature}`"
            yield Finding(entry.prefix_location or entry.location, message, f'Let the prefix end with "/{feature}".')


def _crowds(
    unreached: Iterable[tuple[Router, tuple[Router, ...], bool]], routers: Iterable[Router]
) -> dict[Framework, list[Router]]:
    """Frameworks most of whose routers are out of reach, with those routers."""
    served = Counter(router.framework for router in routers if router.status == "registered")
    missing: dict[Framework, list[Router]] = {}
    for router, _, passes_by in unreached:
        if not passes_by:
            missing.setdefault(router.framework, []).append(router)
    return {name: found for name, found in missing.items() if len(found) >= _MANY and len(found) > served[name]}


def _at_once(crowd: list[Router]) -> Finding:
    first, second, *others = crowd
    return Finding(
        first.location,
        f"`{first.shown}`, `{second.shown}` and {len(others)} more routers reach no application: {_why(first)}",
        f"{_help(first)} If they are served, name what registers them in `register-calls`.",
        tuple(Related(router.location, f"`{router.shown}`") for router in crowd[1:]),
        severity="warning",
    )


def _why(router: Router) -> str:
    return router.reason or "no code outside the tests uses it"


_HELP = {
    "fastapi": "Include it with `include_router` in the application or in a router that is included, or delete it.",
    "flask": "Register it with `register_blueprint` (a namespace: `add_namespace`) on the application, or delete it.",
    "django": "Name it in an `include(…)` of a URL module that the root URL configuration reaches, or delete it.",
    "drf": "Register the view set on a router, and put the router's `urls` into a reached `urlpatterns`, or delete it.",
    "ninja": "Add it with `add_router` (a controller: `register_controllers`) to an API that is served, or delete it.",
    "litestar": "List it in the `route_handlers` of the application or of a router that is listed, or delete it.",
}


def _help(router: Router) -> str:
    return _HELP.get(router.framework, _HELP["fastapi"])
