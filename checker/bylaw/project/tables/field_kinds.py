"""Which of Django's fields a call makes, through the field classes of the project and of libraries."""

from __future__ import annotations

from bylaw.facts.values import Call, Ref, Value, text_of
from bylaw.patterns import regex
from bylaw.project.tables.inheritance import Kinship
from bylaw.project.tables.meaning import Meanings

FOREIGN = frozenset({
    "ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey", "TreeOneToOneField", "AutoOneToOneField",
    "CurrentUserField",
})  # fmt: skip
NO_COLUMN = frozenset({
    "ManyToManyField", "ParentalManyToManyField", "TaggableManager", "GenericForeignKey", "GenericRelation",
    "ClusterTaggableManager", "ForeignObject", "ReverseGenericManyToOneDescriptor", "SortedManyToManyField",
})  # fmt: skip
_JOINING = frozenset({"contribute_to_class", "set_attributes_from_name"})
"""The methods by which a field becomes one of the model's; `private_only` keeps it out of the table."""
_MAX_FIELD_DEPTH = 8
_OTHER_FIELDS = regex("forms|serializers|filters|tables")


def stated_name(call: Call, kind: str) -> str:
    """What a field of that kind is told to be called, whatever its variable is: `CharField("Title", "title")`. A class
    derived from Django's may take other arguments first.
    """
    by_place = call.method == kind and kind not in FOREIGN
    name = text_of(call.argument(1, "name") if by_place else call.keyword("name")) or ""
    return name if name.isidentifier() else ""


class FieldKinds:
    """Knows the kinds of fields, each class looked up once."""

    def __init__(self, kinship: Kinship, meanings: Meanings) -> None:
        self.kinship = kinship
        self.meanings = meanings
        self._kinds: dict[str, str] = {}

    def of(self, value: Value | None, near: str) -> str:
        """The library's field class that a call makes, `django.CharField`; '' for what is no field."""
        if not isinstance(value, Call) or not isinstance(value.function, Ref):
            return ""
        return self._kind(self.meanings.of(value.function.name, near), 0)

    def _kind(self, name: str, depth: int) -> str:
        if name not in self._kinds:
            self._kinds[name] = ""
            self._kinds[name] = self._look_up(name, depth)
        return self._kinds[name]

    def _look_up(self, name: str, depth: int) -> str:
        kin = self.kinship.get(name)
        if kin is not None:
            kinds = [self._kind(base, depth + 1) for base in kin.all_libraries()] if depth < _MAX_FIELD_DEPTH else []
            return next((kind for kind in kinds if kind), "")
        last = name.rpartition(".")[2]
        relational = last in FOREIGN or last in NO_COLUMN
        if name.startswith(("django.db.models.", "django.contrib.")) and ".forms." not in name:
            return f"django.{last}" if relational or last.endswith("Field") else ""
        if not self._is_foreign_field(name):
            return ""
        return f"library.{last}" if relational or last.endswith("Field") else ""

    def _is_foreign_field(self, name: str) -> bool:
        """Whether a name may be a model field of a package outside: neither a form's, a serializer's nor a filter's."""
        home, _, last = name.rpartition(".")
        if not home or self.meanings.names.module(home, "") is not None or _OTHER_FIELDS.search(home):
            return False
        return last in FOREIGN or last in NO_COLUMN or "fields" in home or "models" in home

    def joins_by_itself(self, call: Call, near: str) -> bool:
        """Whether the field's class is the project's, and says itself how it becomes one of the model's."""
        kin = self.kinship.get(self.meanings.of(call.name, near)) if call.name else None
        return kin is not None and any(_JOINING & set(above.fact.methods) for above in kin.lineage())
