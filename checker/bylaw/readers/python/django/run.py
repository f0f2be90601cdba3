"""One look at a Django migration for one database: its class body, and the functions that RunPython runs."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bylaw.facts.migrations import CreateTable, DataChange, Operation, UnreadOperation
from bylaw.facts.values import Attr, Call, Local, Ref, Value
from bylaw.patterns import regex
from bylaw.readers.python.django.rows import all_rows_changed, reads_nothing
from bylaw.readers.python.embedded_sql import changes_schema, sql_of, sql_operations
from bylaw.readers.python.interpret.environment import changes_names
from bylaw.readers.python.interpret.folding import Environment, TooMuch
from bylaw.readers.python.interpret.interpreter import Interpreter
from bylaw.readers.python.walk import ClassNode, Module

_EDITOR_METHODS: Final = frozenset({
    "create_model", "delete_model", "add_field", "remove_field", "alter_field", "add_index", "remove_index",
    "add_constraint", "remove_constraint", "alter_db_table", "alter_unique_together", "alter_index_together",
})  # fmt: skip
_EDITORS: Final = frozenset({"schema_editor", "editor"})
_WHOLE: Final = regex(r"\s*(?:set|truncate|vacuum|reindex|cluster|revoke)\s", re.IGNORECASE)
_ON_ROWS: Final = regex(r"\s*(?:update|delete)\s", re.IGNORECASE)


class DjangoRun(Interpreter):
    """Interprets a migration. Only the functions of `RunPython` have effects: SQL that changes the schema, and whatever
    changes all rows of a table.
    """

    def __init__(self, module: Module, dialect: str) -> None:
        super().__init__(module, dialect, self._called)
        self._found: list[Operation] | None = None
        self._may_save = False

    def attributes(self, record: ClassNode) -> Environment:
        """What the names of the class body stand for; nothing where that takes too many steps to say."""
        if any(map(changes_names, self.module.root.named_children)):
            self.folder.learn(self._top_level())
        try:
            own = (*(variable.name for variable in record.fact.variables), *record.fact.methods)
            return self.class_body(record.node, own)
        except (TooMuch, RecursionError):
            return {}

    def _top_level(self) -> Environment:
        """What the module's own names stand for in the end; nothing where that takes too many steps to say."""
        try:
            return DjangoRun(self.module, self.conditions.dialect).top_level()
        except (TooMuch, RecursionError):
            return {}

    def work(self, code: Value) -> tuple[list[Operation], bool]:
        """What the function that `RunPython` is given does to the schema and to whole tables by itself, where this
        module defines it; and whether it may do something else before, such as copy the rows.
        """
        function = self.module.by_function.get(code.name) if isinstance(code, Ref) else None
        if function is None:
            return [], True
        found: list[Operation] = []
        self._found, self._may_save = found, False
        try:
            self.enter(function, {})
        except (TooMuch, RecursionError):
            found.append(UnreadOperation(function.fact.span, "the code has too many steps to follow"))
        finally:
            self._found = None
        return found, self._may_save

    def _called(self, written: Call, call: Call, alone: bool) -> bool:  # noqa: ARG002 - the callback's signature
        if self._found is None:
            return False
        if self.own_function(call) is not None:
            self.follow(call)
        elif call.method == "execute" and isinstance(call.function, Attr | Ref) and call.args:
            self._execute(call.args[0])
        elif (change := all_rows_changed(call)) is not None:
            self._found.append(change)
        elif call.method in _EDITOR_METHODS and isinstance(call.function, Attr) and _is_editor(call.function.value):
            self._found.append(
                UnreadOperation(written.span, f"the schema editor is told to {call.method.replace('_', ' ')}")
            )
        elif not reads_nothing(call) and not any(isinstance(one, DataChange) for one in self._found):
            self._may_save = True
        return False

    def _execute(self, argument: Value) -> None:
        if self._found is None:
            return
        sql = sql_of(argument)
        whole = sql is not None and bool(changes_schema(sql.text) or _WHOLE.match(sql.text))
        if sql is None or not (whole or _ON_ROWS.match(sql.text)):
            self._may_save = True
            return
        found = sql_operations(sql, self.module.content, self.conditions.dialect, self.strings)
        if whole:
            self._found.extend(map(comparable, found))
        else:
            changes = [one for one in found if isinstance(one, DataChange)]
            self._found.extend(changes)
            self._may_save = self._may_save or len(changes) < len(found) or any(one.filtered for one in changes)


def comparable(operation: Operation) -> Operation:
    """A table in words that PostgreSQL does not know stands on a server where Django's own types have other names too:
    none of its types can be held against theirs.
    """
    if not isinstance(operation, CreateTable) or all(spec.type.lower() != "datetime" for spec in operation.columns):
        return operation
    columns = tuple(msgspec.structs.replace(spec, type="") for spec in operation.columns)
    return msgspec.structs.replace(operation, columns=columns)


def _is_editor(value: Value) -> bool:
    return isinstance(value, Local) and value.name in _EDITORS
