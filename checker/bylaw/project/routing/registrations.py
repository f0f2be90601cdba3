"""The registering calls as facts: who takes which router, under which prefix."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.facts.code import CallSite
from bylaw.facts.routing import Registration
from bylaw.facts.values import Ref, text_of
from bylaw.project.routing.code import Code
from bylaw.project.routing.flow import Flow
from bylaw.project.routing.objects import Object
from bylaw.source import Location


def registrations_of(item: Object, flow: Flow) -> Iterator[Registration]:
    """Every living call that hands a router to an application or another router."""
    modules = flow.code.module_by_path
    for edge in flow.edges(item.name):
        if edge.site is None or edge.kind == "dead":
            continue
        site = edge.site
        argument = _argument(site, item, modules[edge.path], flow.code)
        given = site.call.keyword("prefix") or site.call.keyword("url_prefix")
        yield Registration(
            router=item.name,
            parent=edge.target,
            method=site.call.method,
            location=Location(edge.path, site.call.span),
            argument=Location(edge.path, argument.span if argument is not None else site.call.span),
            function=site.function,
            prefix=text_of(given),
            prefix_location=Location(edge.path, given.span) if given is not None else None,
            looped=argument is None,
            conditional=site.conditional,
        )


def _argument(site: CallSite, item: Object, module: str, code: Code) -> Ref | None:
    """The router as written; None where a loop variable stands for it."""
    for value in (*site.call.args, *(keyword.value for keyword in site.call.keywords)):
        if isinstance(value, Ref):
            place = code.place(value.name, module)
            if place is not None and place.node in {item.name, *item.other_names}:
                return value
    return None
