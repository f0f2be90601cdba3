"""What a model's managers and methods do to rows: leave deleted ones out, or mark where they are told to delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from bylaw.facts.code import Class, Variable
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Index, Local, Operator, Ref, Value, walk
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project import Project

PLAIN_MANAGER_BASES = (
    "django.db.models.", "django.contrib.", "polymorphic.", "typing.", "abc.", "builtins.", "mptt.", "treebeard.",
    "django_cte.", "parler.", "psqlextra.", "model_utils.managers.Inheritance", "model_utils.managers.Join",
    "modelcluster.", "taggit.", "simple_history.", "flask_sqlalchemy.", "sqlalchemy.orm.",
)  # fmt: skip
"""What such names begin with brings no filter for deleted rows."""
PLAIN_MODEL_BASES = (
    "django.db.models", "django.contrib.", "builtins.", "abc.", "typing.", "polymorphic.models.", "mptt.models.",
    "parler.models.", "modelcluster.models.", "dirtyfields.", "django_lifecycle.", "rules.contrib.models.",
    "django_extensions.db.models.TimeStamped", "django_extensions.db.models.Title",
    "model_utils.models.TimeStamped", "model_utils.models.UUID",
)  # fmt: skip
"""How the names of model classes begin that bring no manager which filters, and no `delete` that only marks."""
MAX_DEPTH = 8
_HANDED = frozenset({"query_class", "query_cls"})
_SHORT = 400
"""Characters of a method that only looks."""
_WRITES = re.compile(
    r"serial|dict|json|repr|__|save|delete|remove|update|archive$|restore|export|dump|schema|create|clean|set_"
)
_COMPUTED = frozenset({"column_property", "hybrid_property", "query_expression", "is_", "isnot", "is_not"})
_OWN_CALLED = re.compile(r"\b(?:self|super\(\))\.(\w+)\(")

_OF_EVERY_QUERY = frozenset({
    "get_queryset", "get_query_set", "__init__", "__new__", "__getattr__", "__getattribute__", "all", "filter", "get",
    "exclude", "_filter_or_exclude", "_fetch_all", "_chain", "_clone", "iterator", "__iter__", "contribute_to_class",
})  # fmt: skip
"""Methods of a manager or query set through which every statement goes."""
_PLAIN_CALLS = frozenset({
    "super", "get_queryset", "get_query_set", "select_related", "prefetch_related", "order_by", "defer", "using", "all",
})  # fmt: skip
_BY_VALUES = re.compile(
    r"\.(?:filter|exclude)\(\s*+(?:\w++\s*+=\s*+(?:True|False|None|\d++|\"\w*+\"|'\w*+')\s*+(?:,\s*+)?+)*+\)"
)
"""A condition that says in its own words which columns have which values."""
_CALLED = re.compile(r"(?<!\w)(\w++)\(")
_SOFT = re.compile(r"soft|hard_?delete|real_?delete|archive|trash|mark_")


class RowManagers:
    """Answers per table. `names_marker` says whether a file's code speaks of the soft-delete marker, `says` whether a
    text does; `text_of` gives the text of a function of a file, by its qualified name.
    """

    def __init__(
        self,
        project: Project,
        names_marker: Callable[[FileFacts], bool],
        says: Callable[[str], bool],
        text_of: Callable[[FileFacts, str], str],
    ) -> None:
        self.project = project
        self._names_marker = names_marker
        self.says = says
        self._text_of = text_of
        self._spoken: dict[tuple[Location, str], dict[str, str]] = {}

    def hide(self, table: Table, manager: str, called: frozenset[str] = frozenset()) -> str:
        """Why a Django manager may leave deleted rows out of a statement that has the methods `called`; '' when it is
        a plain one.
        """
        own = next(self.assigned(table, manager), None)
        if own is not None:
            return self._manager_hides(*own, called)
        foreign = [base for base in table.bases if self.project.names.definition(base) is None]
        unknown = (base for base in foreign if not base.startswith(PLAIN_MODEL_BASES))
        return next((f"`{base}` may bring a manager of its own" for base in unknown), "")

    def query_class_hides(self, table: Table, called: frozenset[str]) -> str:
        """Why the class behind Flask-SQLAlchemy's `Model.query` may leave deleted rows out; '' when it is a plain one.
        It stands in the model or a base of it, or is handed to the extension.
        """
        own = next(self.assigned(table, "query_class"), None)
        if own is not None:
            return self._manager_hides(*own, called)
        return next((why for each, near in self._handed_over if (why := self._manager_hides(each, near, called))), "")

    @cached_property
    def _handed_over(self) -> list[tuple[Value, str]]:
        """The values of `SQLAlchemy(query_class=…)` and `sessionmaker(query_cls=…)`, and the modules of each."""
        files = [file.facts for file in self.project.files.values() if not _HANDED.isdisjoint(file.facts.words)]
        return [
            (keyword.value, facts.module)
            for facts in files
            for call in (*(site.call for site in facts.calls), *(variable.value for variable in facts.variables))
            if isinstance(call, Call) and self.project.context_of(facts) == "app"
            for keyword in call.keywords
            if keyword.name in _HANDED
        ]

    def _manager_hides(self, value: Value, near: str, called: frozenset[str], depth: int = 0) -> str:
        """Why what a manager is made of may leave deleted rows out."""
        for part in walk(value):
            if isinstance(part, Ref) and (why := self._part_hides(part.name, near, called, depth)):
                return why
        return ""

    def _part_hides(self, name: str, near: str, called: frozenset[str], depth: int) -> str:
        if depth > MAX_DEPTH:
            return f"`{name}` is too far away to tell"
        for prefix in (name, name.rpartition(".")[0]):
            found = self.project.names.definition(prefix, near) if prefix else None
            if found is not None and isinstance(found.item, Class):
                called = self._with_own(found.item, found.file, called)
                if self._deals_with_deleted(found.item, found.file, called, depth):
                    return f"`{found.item.name}` deals with deleted rows"
                bases = [base.value if isinstance(base, Index) else base for base in found.item.bases]
                reasons = (self._manager_hides(base, found.file.module, called, depth + 1) for base in bases)
                return next((why for why in reasons if why), "")
            if found is not None and isinstance(found.item, Variable) and found.item.value is not None:
                return self._manager_hides(found.item.value, found.file.module, called, depth + 1)
        known = self.project.names.resolve(name, near).startswith(PLAIN_MANAGER_BASES)
        return "" if known else f"`{name}` may leave deleted rows out"

    def _with_own(self, item: Class, file: FileFacts, called: frozenset[str]) -> frozenset[str]:
        """The methods of a statement, and those of the own object that they call."""
        asked, waiting = set(called), list(called)
        while waiting:
            name = waiting.pop()
            text = self._text_of(file, f"{item.qualified}.{name}") if name in item.methods else ""
            more = set(_OWN_CALLED.findall(text)) - asked
            asked |= more
            waiting += more
        return frozenset(asked)

    def _deals_with_deleted(self, item: Class, file: FileFacts, called: frozenset[str], depth: int) -> bool:
        """Whether a manager filters every statement, or those with methods of its own that are called here."""
        of_every = [f"{item.qualified}.{name}" for name in _OF_EVERY_QUERY.intersection(item.methods)]
        knows = self._names_marker(file)
        for method in of_every:
            text = self._without_plain_rows(file, method, called, depth)
            if self.says(text) or (knows and not _is_plain(text)):
                return True
        own = (f"{item.qualified}.{name}" for name in called.intersection(item.methods))
        return knows and any(self.says(self._text_of(file, method)) for method in own)

    def _without_plain_rows(self, file: FileFacts, method: str, called: frozenset[str], depth: int) -> str:
        """The text of a method, without what makes a query set that leaves nothing out: `BookRows(self.model)`."""
        text = self._text_of(file, method)
        made = (use.name for use in file.references if use.role == "called" and use.function == method)
        for name in made:
            last = name.rpartition(".")[2]
            if last[:1].isupper() and not self._part_hides(name, file.module, called, depth + 1):
                text = re.sub(rf"\b(?:\w+\.)*{last}\(", "(", text)
        return text

    def marks(self, table: Table) -> str:
        """A method of a model that says that it marks rows, or that another one does not: `soft_delete`."""
        return next((name for owner in self.classes_of(table) for name in owner.methods if _SOFT.search(name)), "")

    def classes_of(self, table: Table) -> Iterator[Class]:
        """The model's class and the project's classes it inherits from."""
        for name in (table.model, *table.bases):
            definition = self.project.names.definition(name) if name else None
            if definition is not None and isinstance(definition.item, Class):
                yield definition.item

    def telling(self, table: Table, marker: str) -> frozenset[str]:
        """The properties and methods of a model whose text names the marker, or speaks of deleted rows."""
        return frozenset(self._speaking(table, marker))

    def answering(self, table: Table, marker: str) -> frozenset[str]:
        """Those of them that say whether a row is deleted: short ones, and none that writes the row down or changes
        it.
        """
        found = self._speaking(table, marker)
        return frozenset(n for n, text in found.items() if len(text) < _SHORT and not _WRITES.search(n))

    def _speaking(self, table: Table, marker: str) -> dict[str, str]:
        place = table.location, marker
        if place not in self._spoken:
            texts = (
                (name, self.text_of_method(owner, name)) for owner in self.classes_of(table) for name in owner.methods
            )
            self._spoken[place] = {
                name: text for name, text in texts if marker in text or "delet" in text or "trash" in text
            }
            computed = ((each, text) for owner in self.classes_of(table) for each, text in _computed(owner))
            self._spoken[place] |= {each: text for each, text in computed if marker in text.split()}
        return self._spoken[place]

    def text_of_method(self, owner: Class, name: str) -> str:
        """The text of a method that a class of the project has in its own body; '' for one that is unknown."""
        found = self.project.names.definition(owner.qualified)
        return self._text_of(found.file, f"{owner.qualified}.{name}") if found is not None else ""

    def assigned(self, table: Table, name: str) -> Iterator[tuple[Value, str]]:
        """What the classes of a model give an attribute, nearest first, and the module of each."""
        for owner in self.classes_of(table):
            for variable in owner.variables:
                if variable.name == name and variable.value is not None:
                    yield variable.value, owner.qualified.rpartition(".")[0]


def _is_plain(text: str) -> bool:
    """Whether a method only asks what it overrides, loads more or sorts, and asks for values of other columns: nothing
    in it can leave deleted rows out.
    """
    _, _, body = text.partition(":\n")
    body = _BY_VALUES.sub("", body)
    return bool(body) and set(_CALLED.findall(body)) <= _PLAIN_CALLS


def _computed(owner: Class) -> Iterator[tuple[str, str]]:
    """The columns of a class that are computed, with the names in them: `column_property(deleted_at.is_(None))`."""
    for variable in owner.variables:
        value = variable.value
        if isinstance(value, Operator) or (isinstance(value, Call) and value.method in _COMPUTED):
            yield variable.name, " ".join(_names(value))


def _names(value: Value) -> Iterator[str]:
    for part in walk(value):
        if isinstance(part, Ref):
            yield from part.name.split(".")
        elif isinstance(part, Local | Attr):
            yield part.name
