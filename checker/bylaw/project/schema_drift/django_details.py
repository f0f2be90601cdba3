"""How Django's fields differ from what migrations tell of them, and the constraints and indexes that none tells of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bylaw.facts.code import Variable
from bylaw.facts.database import Table
from bylaw.facts.django_fields import field_type, hides_options, is_plain_type, is_relation, wants_index
from bylaw.facts.drift import Drift, DriftKind, nullability
from bylaw.facts.values import Call, Constant, Items, Value, flag_of, text_of
from bylaw.project.tables.inheritance import Kin, Kinship
from bylaw.project.tables.meaning import Meanings
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.project.schema_drift.doubts import Doubts
    from bylaw.project.schema_drift.model_state import FieldState, ModelState

_FLAGS = ("null", "unique", "db_index", "primary_key")
_OWN = ("django.db.models.", "django.contrib.postgres.", "django.contrib.gis.db.models.")
_UNIQUE = frozenset({"OneToOneField"})
_TOGETHER: Final[dict[str, DriftKind]] = {"unique_together": "unique", "index_together": "index"}


class DjangoDetails:
    """One model, and what migrations tell of it."""

    def __init__(self, table: Table, state: ModelState, doubts: Doubts, kin: Kin, above: set[int]) -> None:
        self._table = table
        self._state = state
        self._doubts = doubts
        self._lineage = [k for k in kin.lineage() if id(k) not in above]
        self._kin = kin

    def fields(self, meanings: Meanings) -> Iterator[Drift]:
        """How the fields differ that both sides have."""
        for column in self._table.columns:
            found = self._declared(column.location)
            name = column.relation or column.attribute
            told = self._state.fields.get(name)
            if found is None or told is None or column.from_library or column.implicit or column.conditional:
                continue
            k, variable, call = found
            own = call.name and meanings.of(call.name, k.module).startswith(_OWN)
            if variable.name == name and own and _is_literal(call) and not self._doubts.about(name):
                yield from self._field(call, name, told, column.location)

    def _declared(self, location: Location) -> tuple[Kin, Variable, Call] | None:
        for k in self._lineage:
            if k.file.path == location.path:
                for variable in k.fact.variables:
                    if variable.span == location.span and isinstance(variable.value, Call):
                        return k, variable, variable.value
        return None

    def _field(self, call: Call, name: str, told: FieldState, location: Location) -> Iterator[Drift]:
        spec = told.spec
        if flag_of(call.keyword("primary_key")) or spec.primary_key or spec.generated:
            return
        null = flag_of(call.keyword("null")) is True or call.method == "NullBooleanField"
        if spec.nullable is (not null):
            yield self._drift("nullability", name, location, told, nullability(null), nullability(not null))
        one, other = field_type(call), spec.type
        if _differ(one, other) and not is_relation(call):
            yield self._drift("type", name, location, told, one, other)
        unique = flag_of(call.keyword("unique")) is True or call.method in _UNIQUE
        if unique and not spec.unique:
            yield self._drift("unique", name, location, told)
        elif wants_index(call) and not spec.indexed and not spec.unique:
            yield self._drift("index", name, location, told)

    def options(self, kinship: Kinship) -> Iterator[Drift]:
        """The constraints and indexes of the model's `Meta` that no migration names."""
        meta = kinship.inner(self._kin, "Meta")
        for variable in meta.variables if meta is not None else ():
            if variable.name in _TOGETHER:
                yield from self._together(variable, _TOGETHER[variable.name])
            for call in _calls(variable.value) if variable.name in {"constraints", "indexes"} else ():
                name = text_of(call.keyword("name")) or ""
                if not name or "%" in name or name in self._state.names or self._doubts.about(name):
                    continue
                kind: DriftKind = "constraint" if variable.name == "constraints" else "index"
                yield Drift(
                    kind, "django", Location(self._kin.file.path, call.span), self._table.name,
                    self._table.class_name, wanted=name, app=self._table.app_label, columns=_fields(call),
                )  # fmt: skip

    def _together(self, variable: Variable, kind: DriftKind) -> Iterator[Drift]:
        """`unique_together` and `index_together`: groups of fields that no migration ever told."""
        told = {fields for other, fields in self._state.groups if other == kind}
        for group in _groups(variable.value):
            if frozenset(group) not in told and not any(self._doubts.about(field) for field in group):
                yield Drift(
                    kind, "django", Location(self._kin.file.path, variable.span), self._table.name,
                    self._table.class_name, app=self._table.app_label, columns=group,
                )  # fmt: skip

    def _drift(
        self, kind: DriftKind, name: str, location: Location, told: FieldState, wanted: str = "", built: str = ""
    ) -> Drift:
        return Drift(
            kind, "django", location, self._table.name, self._table.class_name, name, columns=(name,), wanted=wanted,
            built=built, app=self._table.app_label, related=((told.location, "migrations tell of the field here"),),
        )  # fmt: skip


def _differ(one: str, other: str) -> bool:
    """Whether two types are known, and are not the same. (Digits that are computed leave `numeric`.)"""
    vague = one.startswith("numeric") and other.startswith("numeric") and "numeric" in {one, other}
    return is_plain_type(one) and is_plain_type(other) and one != other and not vague


def _is_literal(call: Call) -> bool:
    """Whether all that is compared is written out."""
    flags = [call.keyword(name) for name in _FLAGS]
    return not hides_options(call) and all(flag is None or flag_of(flag) is not None for flag in flags)


def _calls(value: Value | None) -> Iterator[Call]:
    if isinstance(value, Items):
        yield from (item for item in value.items if isinstance(item, Call))


def _groups(value: Value | None) -> list[tuple[str, ...]]:
    """Several groups of names, or one; none where something is not written out."""
    items = value.items if isinstance(value, Items) else ()
    several = [item.items for item in items if isinstance(item, Items)] or [items]
    names = [tuple(text_of(item) or "" for item in group) for group in several]
    written = len(several) == len(items) or several == [items]
    return [group for group in names if group] if written and all(all(group) for group in names) else []


def _fields(call: Call) -> tuple[str, ...]:
    fields = call.keyword("fields")
    items = fields.items if isinstance(fields, Items) else ()
    return tuple(str(item.value).lstrip("-") for item in items if isinstance(item, Constant))
