"""Whether a project does anything with its soft-delete marker, or only carries the column along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bylaw.facts.database import Column

if TYPE_CHECKING:
    from bylaw.project import File, Project


def is_used(project: Project, column: str, markers: list[Column]) -> bool:
    """Whether some code of the application sets the marker, or asks for it. A column that a common base declares, that
    schemas repeat and that constructors are handed `None` for is none that anybody deletes with.

    `markers` are the columns of the tables that have it: one that a library brings is used there.
    """
    if any(marker.from_library for marker in markers):
        return True
    names = {column, *(name for marker in markers for name in (marker.attribute, marker.name))}
    own = [file for file in project.files.values() if project.context_of(file.facts) == "app"]
    return any(_uses(file, name) for file in own for name in sorted(names - {""}))


def are_set_together(project: Project, one: str, other: str) -> bool:
    """Whether some statement sets two columns at once: `.update({"is_active": False, "is_deleted": True})`."""
    for file in project.files.values():
        if {one, other} <= file.facts.words and project.context_of(file.facts) == "app":
            text = file.source.content.decode("utf-8", "replace")
            if _set_one_after_the_other(text, one, other) or _set_one_after_the_other(text, other, one):
                return True
    return False


def _set_one_after_the_other(text: str, first: str, then: str) -> bool:
    given = r"['\"]?[ \t]*(?:=|:)[ \t]*(?:True|False)\b"
    return re.search(rf"\b{re.escape(first)}{given}[,\s{{}}\"'\w.]{{1,60}}\b{re.escape(then)}{given}", text) is not None


def _uses(file: File, name: str) -> bool:
    facts = file.facts
    if any(word.startswith(f"{name}__") for word in facts.words):
        return True
    if name not in facts.words:
        return False
    if any(name in query.names for query in facts.queries):
        return True
    text = _without_declarations(file.source.content.decode("utf-8", "replace"), name)
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _without_declarations(text: str, name: str) -> str:
    """The text without lines that declare the column or a field, comments that name it, and `name=None`."""
    word = re.escape(name)
    text = re.sub(rf"(?m)^[ \t]*{word}[ \t]*(?::|[ \t]=[ \t]).*$", "", text)
    return re.sub(rf"(?m)#.*$|(?<![.\w]){word}=None\b", "", text)
