"""Code that brings the schema to the database without migrations: `metadata.create_all()`, `migrate --run-syncdb`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bylaw.facts.drift import Push
from bylaw.project.tables.meaning import Meanings
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.facts.file import FileFacts
    from bylaw.project import Project

_SYNC = ("run_syncdb", "run-syncdb")


def pushes(project: Project) -> Iterator[Push]:
    """Every such call of the application and of its tests, in order of place."""
    meanings = Meanings(project.names)
    registries = {table.registry for table in project.tables if table.registry}
    for file in project.files.values():
        facts = file.facts
        if facts.language != "python":
            continue
        context = project.context_of(facts)
        if context not in {"app", "test"}:
            continue
        for span in _creations(facts, meanings, registries):
            yield Push(Location(file.path, span), file.text(span), in_tests=context == "test")
        for word in _SYNC:
            if word in facts.words and (at := file.source.content.find(word.encode())) != -1:
                yield Push(Location(file.path, Span(at, at + len(word))), "run_syncdb", in_tests=context == "test")


def _creations(facts: FileFacts, meanings: Meanings, registries: set[str]) -> Iterator[Span]:
    """`Base.metadata.create_all(engine)`, `run_sync(Base.metadata.create_all)`, `db.create_all()`."""
    for reference in facts.references:
        owner, _, method = reference.name.rpartition(".")
        if method != "create_all" or reference.role not in {"called", "argument", "receiver"}:
            continue
        known = owner.endswith(".metadata") or meanings.registry(owner, facts.module) in registries
        if known or meanings.is_facade(meanings.names.resolve(owner, facts.module), facts.module):
            yield reference.span
