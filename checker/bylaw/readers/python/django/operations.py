"""Django's migration operations as database operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bylaw.facts.migrations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    ColumnSpec,
    CreateIndex,
    CreateObject,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    HelperCall,
    Operation,
    RenameColumn,
    RenameObject,
    RenameTable,
    RunCode,
    SetComment,
    UnreadOperation,
    ValidateConstraint,
)
from bylaw.facts.values import Call, Choice, Entries, Items, Operator, Ref, Starred, Value, flag_of, is_none, text_of
from bylaw.readers.python.django.fields import column_of, field_index, is_many_to_many, join_table, model_key
from bylaw.readers.python.django.run import DjangoRun
from bylaw.readers.python.embedded_sql import sql_of, sql_operations

_EXTENSIONS: Final = {
    "BtreeGinExtension": "btree_gin", "BtreeGistExtension": "btree_gist", "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto", "HStoreExtension": "hstore", "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent", "BloomExtension": "bloom",
}  # fmt: skip
_METHODS: Final = {
    "BTreeIndex": "btree", "BrinIndex": "brin", "GinIndex": "gin", "GistIndex": "gist", "HashIndex": "hash",
    "SpGistIndex": "spgist", "BloomIndex": "bloom",
}  # fmt: skip
_STATE_ONLY: Final = frozenset({"AlterModelOptions", "AlterModelManagers", "AlterConstraint", "IgnoreMigration"})
"""What leaves the database alone; the last one is a comment for django-migration-linter."""


@dataclass
class Reading:
    """The operations of one migration, as they are read.

    `subclasses` are the operation classes that the module defines: qualified name → the known operation that each
    extends.
    """

    app: str
    run: DjangoRun
    subclasses: dict[str, str]
    operations: list[Operation] = field(default_factory=list)
    state_only: list[Operation] = field(default_factory=list)

    def read_all(self, value: Value | None) -> None:
        """Read what `operations` stands for at the end of the class body, if anything."""
        if value is None:
            return
        try:
            self.read(value)
        except RecursionError:
            self.operations.append(UnreadOperation(value.span, "the operations are nested too deeply"))

    def read(self, value: Value) -> None:
        """Read a folded `operations` list (or a part of one)."""
        if isinstance(value, Items):
            for item in value.items:
                self.read(item)
        elif isinstance(value, Call):
            self.operations.extend(self.one(value))
        elif isinstance(value, Choice):
            self.read(value.then)
            self.read(value.otherwise)
        elif isinstance(value, Operator) and value.operator == "+" and value.left is not None:
            self.read(value.left)
            self.read(value.right)
        elif not is_none(value):
            self.operations.append(UnreadOperation(value.span, _elsewhere(value)))

    def one(self, call: Call) -> list[Operation]:
        """What one operation does to the database."""
        name = self.subclasses.get(call.name, call.method)
        handler = _HANDLERS.get(name)
        if handler is not None:
            return list(handler(self, call))
        if name in _STATE_ONLY:
            return []
        if name in _EXTENSIONS:
            return [CreateObject("extension", _EXTENSIONS[name], call.span)]
        inner = [operation for argument in call.args for operation in self._inside(argument)]
        reason = f"{name} is not an operation of Django itself"
        return [*inner, UnreadOperation(call.span, reason, HelperCall(call.name) if call.name else None)]

    def _inside(self, value: Value) -> list[Operation]:
        """Known operations among the arguments of something unknown."""
        items = value.items if isinstance(value, Items) else (value,)
        known = [
            item
            for item in items
            if isinstance(item, Call) and item.name.startswith("django.") and item.method in KNOWN
        ]
        return [operation for item in known for operation in self.one(item)]

    def key(self, call: Call, keyword: str = "model_name") -> str | None:
        model = text_of(call.argument(0, keyword))
        return model_key(self.app, model) if model else None


def _elsewhere(value: Value) -> str:
    inner = value.value if isinstance(value, Starred) else value
    return (
        f"the operations come from {inner.name}"
        if isinstance(inner, Ref)
        else "the operations are computed at run time"
    )


def _computed(call: Call) -> UnreadOperation:
    return UnreadOperation(call.span, f"{call.method}: a name is computed at run time")


def _create_model(reading: Reading, call: Call) -> Iterator[Operation]:
    model, fields = text_of(call.argument(0, "name")), call.argument(1, "fields")
    if not model:
        yield _computed(call)
        return
    options = _options(call.argument(2, "options"))
    if flag_of(options.get("managed")) is False or flag_of(options.get("proxy")):
        return
    key = model_key(reading.app, model)
    table = text_of(options.get("db_table")) or key
    pairs, partial = _fields(fields)
    columns: list[ColumnSpec] = []
    beside: list[Operation] = []
    for name, call_of_field in pairs:
        column = column_of(name, call_of_field, reading.app, model)
        if column is not None:
            columns.append(column)
            beside.extend(field_index(key, name, call_of_field, call_of_field))
        elif is_many_to_many(call_of_field):
            beside.extend(join_table(name, call_of_field, reading.app, model, table))
    keys = tuple(column.name for column in columns if column.primary_key)
    comment = text_of(options.get("db_table_comment")) or ""
    yield CreateTable(
        table, tuple(columns), keys, call.span, comment=comment, model=f"{reading.app}.{model}", partial=partial
    )
    yield from beside
    for option, kind in (("constraints", _constraint), ("indexes", _index)):
        for item in _listed(options.get(option)):
            if isinstance(item, Call):
                yield from kind(key, item, item)
    for names in _groups(options.get("unique_together")):
        yield AddConstraint(key, "unique", names, call.span)
    for names in _groups(options.get("index_together")):
        yield CreateIndex(key, "", names, call.span)


def _options(value: Value | None) -> dict[str, Value]:
    if not isinstance(value, Entries):
        return {}
    named = ((text_of(key), inner) for key, inner in value.entries)
    return {key: inner for key, inner in named if key is not None}


def _fields(value: Value | None) -> tuple[list[tuple[str, Call]], bool]:
    """The (name, field) pairs of a model, and whether some could not be read."""
    pairs: list[tuple[str, Call]] = []
    partial = not isinstance(value, Items)
    for item in _listed(value):
        parts = _listed(item)
        name = text_of(parts[0]) if len(parts) == 2 else None
        if name and isinstance(parts[1], Call):
            pairs.append((name, parts[1]))
        else:
            partial = True
    return pairs, partial


def _listed(value: Value | None) -> tuple[Value, ...]:
    if isinstance(value, Call) and value.method in {"set", "list", "tuple", "frozenset"} and value.args:
        return _listed(value.args[0])
    return value.items if isinstance(value, Items) else ()


def _groups(value: Value | None) -> list[tuple[str, ...]]:
    """`unique_together`: several groups of field names, or one."""
    items = _listed(value)
    if items and all(text_of(item) is not None for item in items):
        return [tuple(text_of(item) or "" for item in items)]
    return [tuple(text_of(name) or "" for name in _listed(item)) for item in items]


def _delete_model(reading: Reading, call: Call) -> Iterator[Operation]:
    key = reading.key(call, "name")
    yield DropTable(key, call.span) if key else _computed(call)


def _rename_model(reading: Reading, call: Call) -> Iterator[Operation]:
    old, new = text_of(call.argument(0, "old_name")), text_of(call.argument(1, "new_name"))
    if not old or not new:
        yield _computed(call)
        return
    yield RenameTable(model_key(reading.app, old), model_key(reading.app, new), call.span, model=f"{reading.app}.{new}")


def _alter_model_table(reading: Reading, call: Call) -> Iterator[Operation]:
    model, table = text_of(call.argument(0, "name")), call.argument(1, "table")
    if not model:
        yield _computed(call)
        return
    key = model_key(reading.app, model)
    name = key if table is None or is_none(table) else text_of(table)
    yield RenameTable(key, name, call.span, model=f"{reading.app}.{model}") if name else _computed(call)


def _table_comment(reading: Reading, call: Call) -> Iterator[Operation]:
    key = reading.key(call, "name")
    yield (
        SetComment("table", key, "", text_of(call.argument(1, "table_comment")) or "", call.span)
        if key
        else _computed(call)
    )


def _field(call: Call) -> tuple[str, Call] | None:
    name, value = text_of(call.argument(1, "name")), call.argument(2, "field")
    return (name, value) if name and isinstance(value, Call) else None


def _add_field(reading: Reading, call: Call) -> Iterator[Operation]:
    model, pair = text_of(call.argument(0, "model_name")), _field(call)
    if not model or pair is None:
        yield _computed(call)
        return
    key = model_key(reading.app, model)
    name, value = pair
    column = column_of(name, value, reading.app, model)
    if column is not None:
        yield AddColumn(key, column, call.span)
        yield from field_index(key, name, value, call)
    elif is_many_to_many(value):
        yield from join_table(name, value, reading.app, model, key)


def _remove_field(reading: Reading, call: Call) -> Iterator[Operation]:
    key, name = reading.key(call), text_of(call.argument(1, "name"))
    yield DropColumn(key, name, call.span) if key and name else _computed(call)


def _alter_field(reading: Reading, call: Call) -> Iterator[Operation]:
    model, pair = text_of(call.argument(0, "model_name")), _field(call)
    if not model or pair is None:
        yield _computed(call)
        return
    definition = column_of(*pair, reading.app, model)
    if definition is not None:
        yield AlterColumn(model_key(reading.app, model), pair[0], call.span, definition=definition)


def _rename_field(reading: Reading, call: Call) -> Iterator[Operation]:
    key, old, new = reading.key(call), text_of(call.argument(1, "old_name")), text_of(call.argument(2, "new_name"))
    yield RenameColumn(key, old, new, call.span) if key and old and new else _computed(call)


def _index(key: str, value: Call, where: Call, *, concurrently: bool = False) -> Iterator[Operation]:
    fields = [text_of(item) or "" for item in _listed(value.keyword("fields"))]
    columns = (*(name.lstrip("-") for name in fields), *("" for _ in value.args))
    condition = value.keyword("condition")
    yield CreateIndex(
        key, text_of(value.keyword("name")) or "", columns, where.span, concurrently=concurrently,
        where="?" if condition is not None and not is_none(condition) else "",
        method=_METHODS.get(value.method, ""),
    )  # fmt: skip


def _add_index(reading: Reading, call: Call) -> Iterator[Operation]:
    key, index = reading.key(call), call.argument(1, "index")
    if key and isinstance(index, Call):
        yield from _index(key, index, call, concurrently=call.method == "AddIndexConcurrently")
    else:
        yield _computed(call)


def _remove_index(reading: Reading, call: Call) -> Iterator[Operation]:
    key, name = reading.key(call), text_of(call.argument(1, "name"))
    concurrently = call.method == "RemoveIndexConcurrently"
    yield DropIndex(name, call.span, table=key, concurrently=concurrently) if key and name else _computed(call)


def _rename_index(reading: Reading, call: Call) -> Iterator[Operation]:
    key, new, old = reading.key(call), text_of(call.argument(1, "new_name")), text_of(call.keyword("old_name")) or ""
    yield RenameObject("index", old, new, call.span, table=key) if key and new else _computed(call)


def _constraint(key: str, value: Call, where: Call, *, not_valid: bool = False) -> Iterator[Operation]:
    name = text_of(value.argument(2, "name")) or text_of(value.keyword("name")) or ""
    fields = tuple(text_of(item) or "" for item in _listed(value.keyword("fields")))
    match value.method:
        case "UniqueConstraint":
            condition = value.keyword("condition")
            if (condition is not None and not is_none(condition)) or value.args:
                columns = (*fields, *("" for _ in value.args))
                where_text = "?" if condition is not None and not is_none(condition) else ""
                yield CreateIndex(key, name, columns, where.span, unique=True, where=where_text)
            else:
                yield AddConstraint(key, "unique", fields, where.span, name)
        case "CheckConstraint":
            yield AddConstraint(key, "check", (), where.span, name, expression="?", not_valid=not_valid)
        case "ExclusionConstraint":
            yield AddConstraint(key, "exclude", (), where.span, name)
        case other:
            yield UnreadOperation(where.span, f"{other} is no constraint of Django itself")


def _add_constraint(reading: Reading, call: Call) -> Iterator[Operation]:
    key, value = reading.key(call), call.argument(1, "constraint")
    if key and isinstance(value, Call):
        yield from _constraint(key, value, call, not_valid=call.method == "AddConstraintNotValid")
    else:
        yield _computed(call)


def _remove_constraint(reading: Reading, call: Call) -> Iterator[Operation]:
    key, name = reading.key(call), text_of(call.argument(1, "name"))
    yield DropConstraint(key, name, call.span) if key and name else _computed(call)


def _validate_constraint(reading: Reading, call: Call) -> Iterator[Operation]:
    key, name = reading.key(call), text_of(call.argument(1, "name"))
    yield ValidateConstraint(key, name, call.span) if key and name else _computed(call)


def _alter_together(reading: Reading, call: Call) -> Iterator[Operation]:
    key, unique = reading.key(call, "name"), call.method == "AlterUniqueTogether"
    groups = _groups(call.argument(1, "unique_together" if unique else "index_together"))
    if not key:
        yield _computed(call)
    for names in groups if key else ():
        yield (
            AddConstraint(key or "", "unique", names, call.span)
            if unique
            else CreateIndex(key or "", "", names, call.span)
        )


def _order(reading: Reading, call: Call) -> Iterator[Operation]:
    key, target = reading.key(call, "name"), call.argument(1, "order_with_respect_to")
    if not key:
        yield _computed(call)
    elif target is None or is_none(target):
        yield DropColumn(key, "_order", call.span)
    else:
        yield AddColumn(
            key, ColumnSpec("_order", type="integer", nullable=False, client_default=True, span=call.span), call.span
        )


def _run_sql(reading: Reading, call: Call) -> Iterator[Operation]:
    yield from _statements(reading, call.argument(0, "sql"), call)


def _statements(reading: Reading, value: Value | None, call: Call) -> Iterator[Operation]:
    if isinstance(value, Items):
        for item in value.items:
            with_parameters = isinstance(item, Items) and len(item.items) == 2
            yield from _statements(
                reading, item.items[0] if with_parameters and isinstance(item, Items) else item, call
            )
        return
    if value is None or is_none(value) or (isinstance(value, Ref) and value.name.endswith("RunSQL.noop")):
        return
    sql = sql_of(value)
    if sql is None:
        yield UnreadOperation(call.span, "the SQL is computed at run time")
    elif sql.text:
        yield from sql_operations(sql, reading.run.module.content, reading.run.conditions.dialect)


def _run_python(reading: Reading, call: Call) -> Iterator[Operation]:
    code, reverse = call.argument(0, "code"), call.argument(1, "reverse_code")
    yield RunCode(call.span, reversible=reverse is not None and not is_none(reverse))
    if code is not None:
        yield from reading.run.schema_work(code)


def _separate(reading: Reading, call: Call) -> Iterator[Operation]:
    for position, keyword, kept in ((0, "database_operations", None), (1, "state_operations", reading.state_only)):
        value = call.argument(position, keyword)
        inner = Reading(reading.app, reading.run, reading.subclasses)
        if value is not None:
            inner.read(value)
        reading.state_only.extend(inner.state_only)
        if kept is None:
            yield from inner.operations
        else:
            kept.extend(inner.operations)


def _extension(_reading: Reading, call: Call) -> Iterator[Operation]:
    yield CreateObject("extension", text_of(call.argument(0, "name")) or "", call.span)


_HANDLERS: Final[dict[str, Callable[[Reading, Call], Iterator[Operation]]]] = {
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "RenameModel": _rename_model,
    "AlterModelTable": _alter_model_table,
    "AlterModelTableComment": _table_comment,
    "AddField": _add_field,
    "RemoveField": _remove_field,
    "AlterField": _alter_field,
    "RenameField": _rename_field,
    "AddIndex": _add_index,
    "AddIndexConcurrently": _add_index,
    "RemoveIndex": _remove_index,
    "RemoveIndexConcurrently": _remove_index,
    "RenameIndex": _rename_index,
    "AddConstraint": _add_constraint,
    "AddConstraintNotValid": _add_constraint,
    "RemoveConstraint": _remove_constraint,
    "ValidateConstraint": _validate_constraint,
    "AlterUniqueTogether": _alter_together,
    "AlterIndexTogether": _alter_together,
    "AlterOrderWithRespectTo": _order,
    "RunSQL": _run_sql,
    "RunPython": _run_python,
    "SeparateDatabaseAndState": _separate,
    "CreateExtension": _extension,
    "CreateCollation": lambda _reading, call: iter(
        [CreateObject("collation", text_of(call.argument(0, "name")) or "", call.span)]
    ),
}
KNOWN: Final = frozenset(_HANDLERS) | _STATE_ONLY | frozenset(_EXTENSIONS)
