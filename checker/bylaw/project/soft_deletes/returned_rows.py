"""Which class a function or method gives a row of: `load_book()`, `Book.find_by_id(key)`, `books.get(key)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Function, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.queries import row_type
from bylaw.facts.values import Call, Index, Ref
from bylaw.project.names import Definition
from bylaw.project.soft_deletes.served_models import ServedModels

if TYPE_CHECKING:
    from bylaw.project import Project

_LOADS = frozenset({
    "get", "fetch", "find", "load", "retrieve", "get_by_id", "fetch_by_id", "find_by_id", "load_by_id", "get_one",
    "find_one", "get_or_404",
})  # fmt: skip
"""Names of methods that say nothing of what they load: their class does."""
_OF_VIEWS = frozenset({"get_object", "_get_object"})
"""What views call the method that gives them their one row."""
_MAX_DEPTH = 8


def returned_row(project: Project, served: ServedModels, call: str, near: str) -> str:
    """The class whose row comes back, for `app.books.load_book()` or `app.books.Books.get()`; '' where neither an
    annotation nor its only read says so.
    """
    name = call.removesuffix("()")
    found = project.names.definition(name, near)
    if found is None:
        by_name = _of_inherited(project, name, near) or _of_view(project, name, near)
        return by_name or _of_repository(project, served, name, near)
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
    if function.name in _OF_VIEWS and owner:
        return entity
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


def _of_view(project: Project, name: str, near: str) -> str:
    """`self.get_object()` of a view that chooses its rows in a `get_queryset` of its own."""
    owner, _, method = name.rpartition(".")
    found = project.names.definition(f"{owner}.get_queryset", near) if method == "get_object" else None
    if found is None or not isinstance(found.item, Function):
        return ""
    entity = _only_read(found.item, found.file)
    return project.names.resolve(entity, found.file.module) if entity else ""


def _of_repository(project: Project, served: ServedModels, name: str, near: str) -> str:
    """`Books.get`, or `books.get` of `books = Repository(Book)`, where a base class reads the model that it is told."""
    receiver, _, method = name.rpartition(".")
    found = project.names.definition(receiver, near) if receiver and not method.endswith("s") else None
    model = ""
    if found is not None and isinstance(found.item, Variable) and isinstance(found.item.value, Call):
        model = _handed_to(project, found.item.value, found.file)
        made = found.item.value.function
        inner = made.value if isinstance(made, Index) else made
        found = project.names.definition(inner.name, found.file.module) if isinstance(inner, Ref) else None
    for _ in range(_MAX_DEPTH):
        if found is None or not isinstance(found.item, Class):
            return ""
        if method in found.item.methods:
            return model if _reads_what_it_is_told(project, served, found, method) else ""
        table = None if model else served.said_by(found.item, found.file)
        model = table.model if table is not None else model
        found = _only_base(project, found)
    return ""


def _handed_to(project: Project, call: Call, file: FileFacts) -> str:
    """The one model among what an object is made with."""
    given = (argument for argument in (*call.args, *(keyword.value for keyword in call.keywords)))
    tables = [project.table_of(each.name, file.module) for each in given if isinstance(each, Ref)]
    known = [table.model for table in tables if table is not None]
    return known[0] if len(known) == 1 else ""


def _only_base(project: Project, found: Definition) -> Definition | None:
    """The project's class that a class derives from, where it is one."""
    bases = found.item.bases if isinstance(found.item, Class) else ()
    named = [base.value if isinstance(base, Index) else base for base in bases]
    above = [project.names.definition(base.name, found.file.module) for base in named if isinstance(base, Ref)]
    known = [each for each in above if each is not None]
    return known[0] if len(known) == 1 else None


def _reads_what_it_is_told(project: Project, served: ServedModels, found: Definition, method: str) -> bool:
    """Whether a method of a generic class gives rows of the model that the class serves: by its annotation, a type
    variable, or without one by its only read.
    """
    inner = project.names.definition(f"{found.name}.{method}")
    if inner is None or not isinstance(inner.item, Function):
        return False
    entity = row_type(inner.item.annotation)
    if entity:
        return served.is_type_variable(entity, inner.file.module)
    return _only_read(inner.item, inner.file).startswith(f"{found.name}.")
