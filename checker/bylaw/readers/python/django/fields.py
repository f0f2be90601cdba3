"""Django model fields as columns, the way PostgreSQL stores them."""

from __future__ import annotations

from typing import Final, Literal

from bylaw.facts.django_fields import WITHOUT_COLUMN, field_type, hides_options, is_relation, wants_index
from bylaw.facts.migrations import AddConstraint, ColumnSpec, CreateIndex, CreateTable, Operation
from bylaw.facts.values import Attr, Call, Constant, Ref, Value, flag_of, is_none, text_of
from bylaw.readers.python.alembic.columns import default_text
from bylaw.readers.python.django.relations import compared_of, is_not_provided

_POSITIVE: Final = frozenset({"PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"})
_GENERATED: Final = frozenset({"AutoField", "BigAutoField", "SmallAutoField", "GeneratedField"})


_DATA: Final = ("json", "array", "text", "char", "comma", "string")
_CALLS: Final = {
    "Now": "now()", "TransactionNow": "now()", "RandomUUID": "gen_random_uuid()", "UUID4": "gen_random_uuid()",
    "UUID7": "uuidv7()", "Random": "random()",
}  # fmt: skip
"""What Django's functions without arguments are called in PostgreSQL."""


def model_key(app: str, model: str) -> str:
    """The default table of a model, with which operations name it: `app_model`."""
    return f"{app}_{model}".lower()


def relation_target(value: Value | None, app: str, model: str) -> tuple[str, str] | None:
    """App and model of `to=`: `"app.Model"`, `"Model"`, `"self"`, `settings.AUTH_USER_MODEL`; None where it is
    computed.
    """
    if isinstance(value, Ref | Attr):
        last = value.name.rpartition(".")[2]
        return ("", last) if last.isupper() else None
    text = text_of(value)
    if not text:
        return None
    if text == "self":
        return app, model
    owner, _, name = text.rpartition(".")
    return owner or app, name


def is_many_to_many(field: Call) -> bool:
    """Also fields of libraries that carry its name in theirs; one that begins with a type of data has a column."""
    return "ManyToMany" in field.method and not field.method.lower().startswith(_DATA)


def column_of(name: str, field: Call, app: str, model: str) -> ColumnSpec | None:
    """The column of a field; None for one without a column (many-to-many, generic relations, managers of tags)."""
    if is_many_to_many(field) or field.method in WITHOUT_COLUMN or field.method.endswith("Manager"):
        return None
    relation = is_relation(field)
    column = text_of(field.keyword("db_column")) or (f"{name}_id" if relation else name)
    primary_key = flag_of(field.keyword("primary_key")) or False
    default = field.keyword("default")
    database_default = field.keyword("db_default")
    return ColumnSpec(
        column,
        type=field_type(field),
        nullable=False if primary_key else _nullable(field),
        server_default=None if database_default is None or is_none(database_default) else _default(database_default),
        client_default=_fills_itself(field) or not (default is None or is_none(default) or is_not_provided(default)),
        primary_key=primary_key,
        unique=(flag_of(field.keyword("unique")) or field.method.endswith("OneToOneField")) and not primary_key,
        references=_references(field, app, model) if relation else "",
        generated=field.method in _GENERATED,
        generation=_generation(field),
        comment=text_of(field.keyword("db_comment")) or "",
        span=field.span,
        field=name if column != name or field.keyword("db_column") is not None else "",
        indexed=wants_index(field),
        check=f'"{column}" >= 0' if field.method in _POSITIVE else "",
        compared=compared_of(field) if relation else (),
        starts_false=isinstance(default, Constant) and default.value is False,
    )


def _nullable(field: Call) -> bool | None:
    """None where it is computed, or may be among options that another module holds (`**OPTIONS`)."""
    said = field.keyword("null")
    if field.method == "NullBooleanField":
        return True
    if said is None:
        return None if hides_options(field) else False
    return flag_of(said)


def _default(value: Value) -> str:
    if isinstance(value, Call) and value.method in _CALLS:
        return _CALLS[value.method]
    if isinstance(value, Call) and value.method == "Func" and (called := text_of(value.keyword("function"))):
        return f"{called.lower()}()" if not value.args else ""
    if isinstance(value, Call) and value.method == "Value" and value.args:
        return default_text(value.args[0]) or ""
    return (default_text(value) or "") if isinstance(value, Constant) else ""


def _generation(field: Call) -> Literal["", "stored", "virtual"]:
    if field.method != "GeneratedField":
        return ""
    return "virtual" if flag_of(field.keyword("db_persist")) is False else "stored"


def _fills_itself(field: Call) -> bool:
    return bool(flag_of(field.keyword("auto_now")) or flag_of(field.keyword("auto_now_add")))


def _references(field: Call, app: str, model: str) -> str:
    if flag_of(field.keyword("db_constraint")) is False:
        return ""
    target = relation_target(field.argument(0, "to"), app, model)
    if target is None:
        return "?"
    owner, name = target
    return model_key(owner, name) if owner else "?"


def field_index(key: str, name: str, field: Call, where: Call) -> list[CreateIndex]:
    """The index that a field of the model `key` brings, if any; `where` is the operation."""
    return [CreateIndex(key, "", (name,), where.span)] if wants_index(field) else []


def join_table(name: str, field: Call, app: str, model: str, table: str) -> list[Operation]:
    """The table of a many-to-many field, unless a model of its own (`through=`) is it."""
    through = field.keyword("through")
    if through is not None and not is_none(through):
        return []
    target = relation_target(field.argument(0, "to"), app, model)
    own = model.lower()
    other = target[1].lower() if target is not None else "other"
    first, second = (f"from_{own}_id", f"to_{own}_id") if other == own else (f"{own}_id", f"{other}_id")
    key = model_key(*target) if target is not None and target[0] else "?"
    physical = text_of(field.keyword("db_table")) or f"{table}_{name}"
    columns = (
        ColumnSpec("id", type="bigint", nullable=False, primary_key=True, generated=True),
        ColumnSpec(first, nullable=False, references=model_key(app, model)),
        ColumnSpec(second, nullable=False, references=key),
    )
    return [
        CreateTable(physical, columns, ("id",), field.span, model=f"{app}.{model}_{name}"),
        AddConstraint(physical, "unique", (first, second), field.span),
        CreateIndex(physical, "", (first,), field.span),
        CreateIndex(physical, "", (second,), field.span),
    ]
