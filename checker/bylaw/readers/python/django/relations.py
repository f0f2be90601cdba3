"""What Django compares of a relation with the field before, to see whether the database has to change."""

from __future__ import annotations

from typing import Final

from bylaw.facts.django_fields import hides_options
from bylaw.facts.values import Call, Constant, Ref, Value

UNKNOWN: Final = "?"
_USUAL: Final[dict[str, object]] = {
    "null": False, "unique": False, "db_index": True, "primary_key": False, "parent_link": False, "serialize": True,
    "to_field": None, "unique_for_date": None, "unique_for_month": None, "unique_for_year": None,
}  # fmt: skip
"""What a field leaves out of its description when it has that value."""
_DEFAULTS: Final = ("default", "db_default")
_OF_THE_DATABASE: Final = "DB_"


def compared_of(field: Call) -> tuple[tuple[str, str], ...]:
    """The class and the arguments of a foreign key that Django's schema editor compares, as `ColumnSpec.compared`.

    What only Python uses (`related_name`, `on_delete` unless the database does it …) is not among them, and neither are
    the model and the column, which the specification has. Empty where there may be arguments that are not seen.
    """
    if hides_options(field):
        return ()
    found = [("class", field.method if field.name.startswith("django.") else field.name)]
    for name, usual in _USUAL.items():
        value = field.keyword(name)
        if value is not None and not (isinstance(value, Constant) and value.value == usual):
            found.append((name, _text(value)))
    for name in _DEFAULTS:
        value = field.keyword(name)
        if value is not None and not is_not_provided(value):
            found.append((name, _text(value)))
    deletes = field.argument(1, "on_delete")
    if isinstance(deletes, Ref) and (rule := deletes.name.rpartition(".")[2]).startswith(_OF_THE_DATABASE):
        found.append(("on_delete", rule))
    return tuple(found)


def is_not_provided(value: Value) -> bool:
    return isinstance(value, Ref) and value.name.endswith("NOT_PROVIDED")


def _text(value: Value) -> str:
    return repr(value.value) if isinstance(value, Constant) else UNKNOWN
