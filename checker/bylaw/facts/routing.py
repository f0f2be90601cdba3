"""Routers and how they reach an application: derived by `bylaw.project.routing`."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location

Framework = Literal["fastapi", "starlette", "flask", "django", "drf", "ninja", "litestar", "sanic", "aiohttp", "other"]
Status = Literal["registered", "unregistered", "parent-unregistered", "undecided"]


class Router(msgspec.Struct, frozen=True):
    """Something that carries endpoints and has to be registered to be served."""

    name: str
    """Qualified: `app.api.users.router`; for Django's URL modules `shop.urls.urlpatterns`."""
    framework: Framework
    location: Location
    """The line that creates it."""
    endpoints: int = 0
    status: Status = "undecided"
    reason: str = ""
    """How it reaches the application, or why that cannot be decided."""
    parent: str = ""
    """For parent-unregistered: the topmost router on its way that nothing registers."""
    through: tuple[str, ...] = ()
    """For a registered one: the paths of the files that its way to the application leads through."""
    kind: Literal["router", "controller", "urls"] = "router"
    """An object, a class whose methods are endpoints, or a module of URL patterns."""
    prefix: str | None = None
    """The literal path prefix (or URL prefix) that it is created with."""
    shown: str = ""
    """Short, as its importers would write it: `users.router`, a class's own name, the dotted name of a URL module."""


class Registration(msgspec.Struct, frozen=True):
    """A call that hands a router on: `app.include_router(users.router, prefix="/users")`."""

    router: str
    """Qualified name of the router."""
    parent: str
    """Qualified name of the application or router that takes it; '' when that cannot be known."""
    method: str
    location: Location
    """The call."""
    argument: Location
    """The router as written in the call."""
    function: str = ""
    """Qualified name of the function around the call, or ''."""
    prefix: str | None = None
    """The literal prefix that the call gives."""
    prefix_location: Location | None = None
    looped: bool = False
    """The call stands in a loop or comprehension over routers."""
    conditional: bool = False
    """The call stands in an if, try, with or loop."""
