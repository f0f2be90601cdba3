"""Django's migration operations as database operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from bylaw.facts.migrations import (
    AlterColumn,
    CreateObject,
    DropObject,
    HelperCall,
    Operation,
    RunCode,
    UnreadOperation,
)
from bylaw.facts.values import Call, Choice, Constant, Items, Operator, Ref, Starred, Value, is_none, text_of
from bylaw.readers.python.alembic.columns import default_text
from bylaw.readers.python.django import columns, constraints, models
from bylaw.readers.python.django.naming import computed, key_of
from bylaw.readers.python.django.run import DjangoRun, comparable
from bylaw.readers.python.embedded_sql import sql_of, sql_operations, unknown_sql
from bylaw.source import Span

_EXTENSIONS: Final = {
    "BtreeGinExtension": "btree_gin", "BtreeGistExtension": "btree_gist", "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto", "HStoreExtension": "hstore", "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent", "BloomExtension": "bloom", "VectorExtension": "vector",
}  # fmt: skip
"""Operations that create an extension: Django's own, and the one of pgvector."""
_STATE_ONLY: Final = frozenset({"AlterModelManagers", "AlterConstraint", "IgnoreMigration"})
"""What leaves the database alone; the last one is a comment for django-migration-linter."""


class Reading(msgspec.Struct):
    """The operations of one migration, as they are read.

    `subclasses` are the operation classes that the module defines: qualified name → the known operation that each
    extends.
    """

    app: str
    run: DjangoRun
    subclasses: dict[str, str]
    operations: list[Operation] = msgspec.field(default_factory=list)
    state_only: list[Operation] = msgspec.field(default_factory=list)
    one_way: list[Span] = msgspec.field(default_factory=list)
    told: list[Operation] = msgspec.field(default_factory=list)
    database_only: list[Span] = msgspec.field(default_factory=list)

    def unmodelled(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """The operations, noted as unknown to the models."""
        for operation in operations:
            self.database_only.append(operation.span)
            yield operation

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
        if name == "CreateModel":
            self.state_only.extend(models.told_of_model(self.app, call))
        if name in _SCHEMA:
            found = list(_SCHEMA[name](self.app, call))
            if call.name in self.subclasses and self._leaves_out(call.name, "database_forwards"):
                self.state_only.extend(found)
                return []
            return found
        handler = _HANDLERS.get(name)
        if handler is not None:
            return list(handler(self, call))
        if name in _STATE_ONLY:
            return []
        if name in _EXTENSIONS:
            return [CreateObject("extension", _EXTENSIONS[name], call.span)]
        inner = [operation for argument in call.args for operation in self._inside(argument)]
        reason = f"{name} is not an operation of Django itself" if name else _elsewhere(call)
        return [*inner, UnreadOperation(call.span, reason, self._helper(call) if call.name else None)]

    def _leaves_out(self, name: str, method: str) -> bool:
        own = self.run.module.by_function.get(f"{name}.{method}")
        return own is not None and own.fact.idle

    def _helper(self, call: Call) -> HelperCall:
        """An operation of another module, with what it does if it extends the one that its name or text suggests."""
        base = max((known for known in KNOWN if known in call.method), key=len, default="")
        if not base and text_of(call.argument(0, "sql")):
            base = "RunSQL"
        if base not in _SCHEMA and base != "RunSQL":
            return HelperCall(call.name)
        trial = Reading(self.app, self.run, {call.name: base})
        meant = tuple(trial.one(call))
        if not meant or any(isinstance(operation, UnreadOperation) for operation in meant):
            return HelperCall(call.name)
        self.database_only.extend(trial.database_only)
        return HelperCall(call.name, extending=base, meant=meant)

    def _inside(self, value: Value) -> list[Operation]:
        """Known operations among the arguments of something unknown."""
        items = value.items if isinstance(value, Items) else (value,)
        known = [
            item
            for item in items
            if isinstance(item, Call) and item.name.startswith("django.") and item.method in KNOWN
        ]
        return [operation for item in known for operation in self.one(item)]


def _elsewhere(value: Value) -> str:
    inner = value.value if isinstance(value, Starred) else value
    return (
        f"the operations come from {inner.name}"
        if isinstance(inner, Ref)
        else "the operations are computed at run time"
    )


def _run_sql(reading: Reading, call: Call) -> Iterator[Operation]:
    reverse = call.argument(1, "reverse_sql")
    if reverse is None or is_none(reverse):
        reading.one_way.append(call.span)
    yield from reading.unmodelled(_statements(reading, call.argument(0, "sql"), call))
    state = call.argument(2, "state_operations")
    if state is not None:
        inner = Reading(reading.app, reading.run, reading.subclasses)
        inner.read(state)
        reading.told.extend(inner.operations)


def _statements(reading: Reading, value: Value | None, call: Call) -> Iterator[Operation]:
    if isinstance(value, Items):
        for item in value.items:
            with_parameters = isinstance(item, Items) and len(item.items) == 2
            yield from _statements(
                reading, item.items[0] if with_parameters and isinstance(item, Items) else item, call
            )
        return
    if isinstance(value, Choice):
        yield from _statements(reading, value.then, call)
        yield from _statements(reading, value.otherwise, call)
        return
    if value is None or is_none(value) or (isinstance(value, Ref) and value.name.endswith("RunSQL.noop")):
        return
    sql = sql_of(value)
    if sql is None:
        yield unknown_sql(value, call.span)
    elif sql.text:
        run = reading.run
        found = sql_operations(sql, run.module.content, run.conditions.dialect, run.strings)
        yield from map(comparable, found)


def _run_python(reading: Reading, call: Call) -> Iterator[Operation]:
    code, reverse = call.argument(0, "code"), call.argument(1, "reverse_code")
    if reverse is None or is_none(reverse):
        reading.one_way.append(call.span)
    found, may_save = reading.run.work(code) if code is not None else ([], True)
    if may_save:
        yield RunCode(call.span)
    yield from reading.unmodelled(found)
    if not may_save:
        yield RunCode(call.span)


def _separate(reading: Reading, call: Call) -> Iterator[Operation]:
    for position, keyword, kept in ((0, "database_operations", None), (1, "state_operations", reading.state_only)):
        value = call.argument(position, keyword)
        inner = Reading(reading.app, reading.run, reading.subclasses, one_way=reading.one_way)
        if value is not None:
            inner.read(value)
        reading.state_only.extend(inner.state_only)
        reading.told.extend(inner.told)
        if kept is None:
            yield from reading.unmodelled(inner.operations)
        else:
            kept.extend(inner.operations)


def _alter_options(reading: Reading, call: Call) -> Iterator[Operation]:
    reading.state_only.extend(models.told_of_options(reading.app, call))
    return iter(())


def _trigger(reading: Reading, call: Call) -> Iterator[Operation]:
    """The operations of django-pgtrigger: a trigger of the model's table, which the models declare."""
    key, given = key_of(reading.app, call), call.argument(1, "trigger")
    name = text_of(given.keyword("name")) if isinstance(given, Call) else text_of(call.argument(1, "name"))
    if not key or not name:
        yield computed(call)
    elif call.method == "AddTrigger":
        yield CreateObject("trigger", name, call.span, table=key)
    else:
        yield DropObject("trigger", name, call.span, table=key)


def _create(kind: str) -> Callable[[Reading, Call], Iterator[Operation]]:
    def handler(_reading: Reading, call: Call) -> Iterator[Operation]:
        yield CreateObject(kind, text_of(call.argument(0, "name")) or "", call.span)

    return handler


def _add_default_value(reading: Reading, call: Call) -> Iterator[Operation]:
    """The operation of django-add-default-value: the database gets a default that the models know nothing of."""
    key, name, value = key_of(reading.app, call), text_of(call.argument(1, "name")), call.argument(2, "value")
    if not key or not name:
        yield computed(call)
        return
    default = (default_text(value) if isinstance(value, Constant) else None) or ""
    yield from reading.unmodelled([AlterColumn(key, name, call.span, server_default=default)])


_SCHEMA: Final[dict[str, Callable[[str, Call], Iterator[Operation]]]] = {
    "CreateModel": models.create_model,
    "DeleteModel": models.delete_model,
    "RenameModel": models.rename_model,
    "AlterModelTable": models.alter_model_table,
    "AlterModelTableComment": models.table_comment,
    "AlterUniqueTogether": models.alter_together,
    "AlterIndexTogether": models.alter_together,
    "AlterOrderWithRespectTo": models.order_with_respect_to,
    "AddField": columns.add_field,
    "RemoveField": columns.remove_field,
    "AlterField": columns.alter_field,
    "RenameField": columns.rename_field,
    "AddIndex": constraints.add_index,
    "AddIndexConcurrently": constraints.add_index,
    "RemoveIndex": constraints.remove_index,
    "RemoveIndexConcurrently": constraints.remove_index,
    "RenameIndex": constraints.rename_index,
    "AddConstraint": constraints.add_constraint,
    "AddConstraintNotValid": constraints.add_constraint,
    "RemoveConstraint": constraints.remove_constraint,
    "ValidateConstraint": constraints.validate_constraint,
}
_HANDLERS: Final[dict[str, Callable[[Reading, Call], Iterator[Operation]]]] = {
    "RunSQL": _run_sql,
    "RunPython": _run_python,
    "SeparateDatabaseAndState": _separate,
    "AlterModelOptions": _alter_options,
    "AddTrigger": _trigger,
    "RemoveTrigger": _trigger,
    "AddDefaultValue": _add_default_value,
    "CreateExtension": _create("extension"),
    "CreateCollation": _create("collation"),
}
KNOWN: Final = frozenset(_SCHEMA) | frozenset(_HANDLERS) | _STATE_ONLY | frozenset(_EXTENSIONS)
