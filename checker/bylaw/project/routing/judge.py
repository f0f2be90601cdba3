"""Follows every router's flow to its end and says what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from bylaw.facts.routing import Framework, Router, Status
from bylaw.project.names import Names
from bylaw.project.routing.flow import Edge, Flow
from bylaw.project.routing.objects import Object
from bylaw.project.routing.vocabulary import family
from bylaw.source import Location

_KINDS: dict[str, Literal["router", "controller", "urls"]] = {"controller": "controller", "urls": "urls"}


class Way(msgspec.Struct):
    """Everything that one node's value reaches."""

    app: str = ""
    through: set[str] = msgspec.field(default_factory=set)
    unknown: Edge | None = None
    dead: Edge | None = None
    stranded: str = ""
    """A variable or function on the way that nothing uses."""
    routers: list[str] = msgspec.field(default_factory=list)
    """Other routers on the way, nearest first."""


def way_of(name: str, flow: Flow) -> Way:
    """Follow a flow, breadth first."""
    way, seen, waiting = Way(), {name}, [name]
    for node in waiting:
        edges = flow.edges(node)
        if not edges and node not in flow.objects:
            way.stranded = way.stranded or node
        for edge in edges:
            if edge.path:
                way.through.add(edge.path)
            if edge.kind == "app":
                way.app = way.app or edge.target
                if (app := flow.objects.get(edge.target)) is not None:
                    way.through.add(app.facts.path)
            elif edge.kind == "unknown":
                way.unknown = way.unknown or edge
            elif edge.kind == "dead":
                way.dead = way.dead or edge
            elif edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
                item = flow.objects.get(edge.target)
                if item is not None:
                    way.through.add(item.facts.path)
                    if item.role == "app":
                        way.app = way.app or item.name
                    else:
                        way.routers.append(item.name)
    return way


def importable(module: str, names: Names) -> str:
    """A module's dotted name without its source root, as code imports it."""
    root = next(iter(names.roots.near(module)), "")
    return module[len(root) + 1 :] if root else module


class Judge:
    """Gives each router its status. `doubt` says why a router may be reached in a way that no flow shows, or ''."""

    def __init__(self, flow: Flow, families: set[Framework], doubt: Callable[[Object], str]) -> None:
        self.flow = flow
        self.families = families
        self.doubt = doubt
        self._ways: dict[str, Way] = {}
        self._doubts: dict[str, str] = {}

    def router(self, item: Object) -> Router:
        """The fact for one object that is no application."""
        status, reason, parent = self._status(item)
        return Router(
            name=item.name,
            framework=item.framework,
            location=Location(item.facts.path, item.span),
            endpoints=item.endpoints,
            status=status,
            reason=reason,
            parent=parent,
            through=tuple(sorted(self._way(item.name).through)),
            kind=_KINDS.get(item.role, "router"),
            prefix=item.prefix,
            shown=self._shown(item),
        )

    def _shown(self, item: Object) -> str:
        if item.role == "urls":
            return importable(item.facts.module, self.flow.code.names)
        return ".".join(item.name.split(".")[-1 if item.role == "controller" else -2 :])

    def _way(self, name: str) -> Way:
        if name not in self._ways:
            self._ways[name] = way_of(name, self.flow)
        return self._ways[name]

    def _doubt(self, item: Object) -> str:
        if item.name not in self._doubts:
            self._doubts[item.name] = self.doubt(item)
        return self._doubts[item.name]

    def _status(self, item: Object) -> tuple[Status, str, str]:
        way = self._way(item.name)
        if way.app:
            return "registered", f"reaches `{way.app}`", ""
        if family(item.framework) not in self.families:
            return "undecided", "no application of its framework stands in this project", ""
        if way.unknown is not None:
            return "undecided", way.unknown.why, ""
        for name in (item.name, *way.routers):
            if reason := self._doubt(self.flow.objects[name]):
                return "undecided", reason, ""
        parents = [name for name in way.routers if name != item.name and not self._way(name).routers]
        if parents:
            return "parent-unregistered", f"is included by `{parents[0]}` only, which nothing registers", parents[0]
        if way.routers and min(way.routers) < item.name:
            return "parent-unregistered", "includes and is included in a circle", min(way.routers)
        unused = way.stranded or (way.dead.target if way.dead is not None else "")
        if unused:
            return "unregistered", f"it only stands in `{unused.rpartition('.')[2]}`, which nothing uses", ""
        return "unregistered", "", ""
