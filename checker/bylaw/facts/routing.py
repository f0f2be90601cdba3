"""Routers and how they reach an application: derived by `bylaw.project.routing`."""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location

Framework = Literal["fastapi", "flask", "django", "drf", "ninja", "litestar", "other"]


class Router(msgspec.Struct, frozen=True):
    """Something that carries endpoints and has to be registered to be served."""

    name: str
    """Qualified: `app.api.users.router`."""
    framework: Framework
    location: Location
    """The line that creates it."""
    endpoints: int = 0
    status: Literal["registered", "unregistered", "parent-unregistered", "undecided"] = "undecided"
    reason: str = ""
    """How it reaches the application, or why that cannot be decided."""
    parent: str = ""
    """For parent-unregistered: the topmost router on its way that nothing registers."""
