"""Which class a function or method gives a row of: `load_book()`, `Book.find_by_id(key)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Function
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import row_type

if TYPE_CHECKING:
    from bylaw.project import Project

_LOADS = frozenset({
    "get", "fetch", "find", "load", "retrieve", "get_by_id", "fetch_by_id", "find_by_id", "load_by_id", "get_one",
    "find_one", "get_or_404",
})  # fmt: skip
"""Names of methods that say nothing of what they load: their class does."""


def returned_row(project: Project, call: str, near: str) -> str:
    """The class whose row comes back, for `app.books.load_book()`; '' where neither an annotation nor its only read
    says so.
    """
    name = call.removesuffix("()")
    found = project.names.definition(name, near)
    if found is None:
        return _of_inherited(project, name, near)
    if not isinstance(found.item, Function):
        return ""
    entity = row_type(found.item.annotation) or _read_by(found.item, found.file)
    return project.names.resolve(entity, found.file.module) if entity else ""


def _read_by(function: Function, file: FileFacts) -> str:
    """The class that `find_user` returns, without an annotation: the one that it reads, where its name says so, or
    that it is a method of.
    """
    entity = _only_read(function, file)
    name = entity.rpartition(".")[2].lower()
    if not name or function.name.endswith("s"):
        return ""
    owner = function.owner.rpartition(".")[2].lower()
    says_so = name in function.name.replace("_", "") or (function.name in _LOADS and name in owner)
    return entity if says_so else ""


def _only_read(function: Function, file: FileFacts) -> str:
    read = [each for each in file.queries if each.function == function.qualified and each.kind in {"select", "get"}]
    return read[0].entity if len(read) == 1 else ""


def _of_inherited(project: Project, name: str, near: str) -> str:
    """`Book.find_by_id`, where a base of the models reads its own class: `cls.query.get(key)`."""
    owner, _, method = name.rpartition(".")
    table = project.table_of(owner, near) if owner else None
    for base in table.bases if table is not None else ():
        above = project.names.definition(base)
        if above is None or not isinstance(above.item, Class) or method not in above.item.methods:
            continue
        found = project.names.definition(f"{base}.{method}")
        if found is None or not isinstance(found.item, Function):
            return ""
        reads_itself = _only_read(found.item, found.file) == above.item.qualified
        return project.names.resolve(owner, near) if reads_itself and not method.endswith("s") else ""
    return ""
