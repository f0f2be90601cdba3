"""What the function of a `RunPython` does to all rows of a table at once: `Model.objects.update(…)`, `.delete()`."""

from __future__ import annotations

from typing import Final

from bylaw.facts.migrations import DataChange
from bylaw.facts.values import Attr, Call, Constant, Value, text_of
from bylaw.readers.python.django.fields import model_key

_MANAGERS: Final = frozenset({"objects", "_default_manager", "_base_manager"})
_KEEPS_ALL: Final = frozenset({
    "all", "using", "db_manager", "get_queryset", "order_by", "select_related", "prefetch_related", "only", "defer",
})  # fmt: skip
"""Methods of a query set that leave no row out."""
_HARMLESS: Final = frozenset({"get_model", "cursor", *_KEEPS_ALL})


def all_rows_changed(call: Call) -> DataChange | None:
    """The statement that such a call comes to; None for anything else, and where only some rows are meant.

    The columns of an update are named where each gets a constant.
    """
    if call.method not in {"update", "delete"} or not isinstance(call.function, Attr):
        return None
    table = _table_of_all(call.function.value)
    if not table:
        return None
    if call.method == "delete":
        return None if call.args or call.keywords else DataChange("delete", table, call.span)
    if call.args or call.spreads or not call.keywords:
        return None
    plain = all(isinstance(keyword.value, Constant) for keyword in call.keywords)
    return DataChange("update", table, call.span, columns=tuple(k.name for k in call.keywords) if plain else ())


def reads_nothing(call: Call) -> bool:
    """Whether a call only names a model, or asks for its rows (or a cursor) without looking at them."""
    return call.method in _HARMLESS


def _table_of_all(value: Value) -> str:
    """The key of the model whose rows an expression stands for, all of them; '' for anything else."""
    while isinstance(value, Call) and value.method in _KEEPS_ALL and isinstance(value.function, Attr):
        value = value.function.value
    if not isinstance(value, Attr) or value.name not in _MANAGERS:
        return ""
    model = value.value
    if not isinstance(model, Call) or model.method != "get_model":
        return ""
    app, name = text_of(model.argument(0, "app_label")), text_of(model.argument(1, "model_name"))
    if app and name is None and len(model.args) == 1:
        app, _, name = app.partition(".")
    return model_key(app, name) if app and name else ""
