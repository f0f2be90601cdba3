"""What a command line imports before it runs an `env.py`: the application, and the module that it is started by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Ref
from bylaw.project.imports import ImportGraph

_FLASK = frozenset({"Flask", "Quart", "APIFlask", "OpenAPI"})
_STARTED = frozenset({"manage", "wsgi", "asgi", "autoapp", "run", "main", "app", "application", "server", "flask_app"})
"""Modules that `FLASK_APP` is usually told."""


def made_before(targets: set[str]) -> frozenset[str]:
    """The classes of the application that a command line imports before it runs an `env.py` with these imports; empty
    where that stands alone.
    """
    if "flask.current_app" in targets:
        return _FLASK
    library = any(target.startswith("advanced_alchemy.") for target in targets)
    return frozenset({"Litestar"}) if library else frozenset()


def loaded_before(files: Iterable[FileFacts], kinds: frozenset[str], graph: ImportGraph) -> Iterator[str]:
    """The modules that make such an application, and those that import one of these to start it."""
    own = list(files)
    makers = {file.module for file in own if _makes_application(file, kinds)}
    yield from makers
    if kinds & _FLASK:
        for file in own:
            if file.module.rpartition(".")[2] in _STARTED and not makers.isdisjoint(graph.direct(file.module)):
                yield file.module


def _makes_application(file: FileFacts, kinds: frozenset[str]) -> bool:
    made = any(site.call.method in kinds for site in file.calls)
    bases = (base.name.rpartition(".")[2] for fact in file.classes for base in fact.bases if isinstance(base, Ref))
    return made or not kinds.isdisjoint(bases)
