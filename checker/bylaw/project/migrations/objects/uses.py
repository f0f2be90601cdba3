"""Where application code says the name of a view, function, type, sequence, schema or extension."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bylaw.diagnostics import Related
from bylaw.facts.naming import bare
from bylaw.project.migrations.objects.stories import family
from bylaw.project.roles import is_application
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.project import Project
    from bylaw.project.migrations.changes import Change
    from bylaw.project.migrations.objects.index import Objects
    from bylaw.project.migrations.step import MigrationTree

_MOST: Final = 3
_PREFIX: Final = r"(?:\"?\w{1,63}\"?\.)?\"?"
_PATTERNS: Final = {
    "view": (
        rf"\b(?:from|join|into|update|view|table)\s{{1,99}}{_PREFIX}(?P<name>NAME)\b",
        r"\b(?:__tablename__|db_table)\s{0,9}=\s{0,9}[\"'](?P<name>NAME)[\"']",
    ),
    "routine": (
        r"\bfunc\.(?:\w{1,63}\.)?(?P<name>NAME)\s{0,9}\(",
        r"\b(?:callproc|rpc|function\s{0,9}=)\s{0,9}\(?\s{0,9}[\"'](?P<name>NAME)[\"']",
        rf"\b(?:select|call|perform|exec(?:ute)?|from|join)\s{{1,99}}(?:(?!select\b)[^;\"'(]{{0,300}}?[\s,(=])??"
        rf"{_PREFIX}(?P<name>NAME)\"?\s{{0,9}}\(",
    ),
    "type": (
        rf"::\s{{0,9}}{_PREFIX}(?P<name>NAME)\b",
        rf"\bcast\s{{0,9}}\([^()]{{1,200}}\bas\s{{1,9}}{_PREFIX}(?P<name>NAME)\b",
        r"\b(?:Enum|ENUM|DOMAIN)\([^()]{0,400}\bname\s{0,9}=\s{0,9}[\"'](?P<name>NAME)[\"'](?![^()]{0,200}native_enum\s{0,9}=\s{0,9}False)",
    ),
    "sequence": (
        r"\b(?:nextval|currval|setval)\s{0,9}\(\s{0,9}\\?['\"](?:\w{1,63}\.)?(?P<name>NAME)\b",
        r"\bSequence\(\s{0,99}[\"'](?P<name>NAME)[\"']",
    ),
    "schema": (
        r"\bschema[\"']?\s{0,9}[=:]\s{0,9}[\"'](?P<name>NAME)[\"']",
        r"\b(?:from|join|into|update)\s{1,99}\"?(?P<name>NAME)\"?\.\"?\w",
        r"\b(?:__tablename__|db_table)\s{0,9}=\s{0,9}[\"']\"?(?P<name>NAME)\"?\.",
    ),
}  # fmt: skip


def uses(project: Project, kind: str, name: str, tree: MigrationTree) -> tuple[Related, ...]:
    """Where application code names an object: no migration, no test, and in a way that can mean nothing else."""
    patterns = _PATTERNS.get(family(kind), ())
    word = name.rpartition(".")[2]
    found = [*_models(project, bare(name))] if family(kind) == "view" else []
    if patterns and not found:
        escaped = re.escape(word)
        pattern = [re.compile(one.replace("NAME", escaped).encode(), re.IGNORECASE) for one in patterns]
        found.extend(_matches(project, word, pattern, tree))
    return tuple(found[:_MOST])


def calls(objects: Objects, change: Change, kind: str, name: str) -> tuple[Related, ...]:
    """Functions of the database that stay and call another one by its name."""
    if family(kind) != "routine":
        return ()
    found = objects.callers(change, kind, name)
    return tuple(Related(one.step.at(one.operation.span), f"`{one.operation.name}` calls it") for one in found)[:_MOST]


def words_used(project: Project, words: frozenset[str], tree: MigrationTree) -> tuple[Related, ...]:
    """Where application code says one of some words that belong to an extension: `func.word(…)`, or SQL text."""
    found: list[Related] = []
    for word in sorted(words):
        escaped = re.escape(word)
        patterns = [
            re.compile(one.replace("NAME", escaped).encode(), re.IGNORECASE)
            for one in (*_PATTERNS["routine"], *_PATTERNS["type"])
        ]
        found.extend(_matches(project, word, patterns, tree))
    return tuple(found[:_MOST])


def _models(project: Project, word: str) -> Iterator[Related]:
    for table in project.tables:
        if table.context == "app" and table.name.lower() == word:
            yield Related(table.location, f"`{table.class_name or table.name}` is mapped to it")


def _matches(project: Project, word: str, patterns: list[re.Pattern[bytes]], tree: MigrationTree) -> Iterator[Related]:
    for file in project.files.values():
        if file.facts.words.isdisjoint({word, word.lower()}) or not is_application(project, file.facts, tree):
            continue
        for pattern in patterns:
            match = pattern.search(file.source.content)
            if match is not None:
                start, end = match.span("name")
                yield Related(Location(file.path, Span(start, end)), f"the code says `{word}` here")
                break
