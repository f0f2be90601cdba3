"""ALTER TABLE: one operation for each action, with the action's own place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts.migrations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    DropConstraint,
    Operation,
    OtherStatement,
    UnreadOperation,
    ValidateConstraint,
)
from bylaw.readers.sql.postgres.columns import ALWAYS, add_constraint, column_spec
from bylaw.readers.sql.postgres.statement import Statement, dotted, kebab, object_kind, reads, string_of, table_name
from bylaw.readers.sql.postgres.tree.nodes import AlterTableCmd
from bylaw.readers.sql.postgres.tree.schema import AlterTableStmt
from bylaw.readers.sql.postgres.types import type_text
from bylaw.source import Span

_TABLES: Final = frozenset({"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"})


class _Action(msgspec.Struct, frozen=True):
    """One action of an ALTER TABLE, at characters `start` to `end` of the statement's text."""

    command: AlterTableCmd
    table: str
    statement: Statement
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.statement.place(self.start, self.end)

    def after(self, keyword: str) -> str:
        """What stands behind the first such keyword outside brackets, up to the end of the action; '' without one."""
        depth = 0
        text = self.statement.text
        for token in self.statement.tokens(self.start):
            if token.start >= self.end:
                break
            mark = text[token.start : token.end]
            depth += (mark == "(") - (mark == ")")
            if depth == 0 and token.kind == "word" and mark.lower() == keyword:
                return self.statement.source(token.end, self.end)
        return ""


@reads(AlterTableStmt)
def alter_table(node: AlterTableStmt, statement: Statement) -> Iterator[Operation]:
    table = table_name(node.relation)
    commands = [item.alter_table_cmd for item in node.cmds if item.alter_table_cmd is not None]
    if len(commands) == 1:
        places = [(statement.start, statement.end)]
    else:
        places = statement.pieces(len(commands), _after_name(statement, statement.base + node.relation.location))
    actions = [
        _Action(command, table, statement, start, end) for command, (start, end) in zip(commands, places, strict=True)
    ]
    subjects = [_subject(command) for command in commands]
    if len(set(subjects)) < len(subjects):
        actions.sort(key=_turn)
    for action in actions:
        yield _operation(action) if node.objtype in _TABLES else _other(action, object_kind(node.objtype))


def _subject(command: AlterTableCmd) -> str:
    """The column or constraint that an action is about."""
    definition = command.def_
    if definition is not None and definition.column_def is not None and definition.column_def.colname:
        return definition.column_def.colname
    if definition is not None and definition.constraint is not None and definition.constraint.conname:
        return definition.constraint.conname
    return command.name


def _turn(action: _Action) -> int:
    """PostgreSQL runs the actions of one ALTER not as they stand: it drops first, and adds columns before the rest."""
    command = action.command
    if command.subtype in _DROPS or (command.subtype == "AT_ColumnDefault" and command.def_ is None):
        return 0
    return _TURNS.get(command.subtype, len(_TURNS) + 1)


_DROPS: Final = frozenset(
    {"AT_DropColumn", "AT_DropConstraint", "AT_DropNotNull", "AT_DropIdentity", "AT_DropExpression"}
)
_TURNS: Final = {"AT_AlterColumnType": 1, "AT_AddColumn": 2}


def _after_name(statement: Statement, position: int) -> int:
    """The offset of the first token behind a qualified table name (and a `*`)."""
    behind_dot = True
    for token in statement.tokens(position):
        if token.kind == "comment":
            continue
        mark = statement.text[token.start]
        if mark not in ".*" and not behind_dot:
            return token.start
        behind_dot = mark == "."
    return statement.end


def _operation(action: _Action) -> Operation:
    handler = _ACTIONS.get(action.command.subtype)
    return handler(action) if handler is not None else _other(action)


def _other(action: _Action, kind: str = "") -> Operation:
    """An action that changes nothing the model holds: attaching a partition, row security, triggers, storage …"""
    command = action.command
    name, concurrently = command.name, False
    definition = command.def_
    if definition is not None and definition.partition_cmd is not None:
        name, concurrently = table_name(definition.partition_cmd.name), definition.partition_cmd.concurrent
    elif definition is not None:
        name = name or table_name(definition.range_var) or string_of(definition)
        if definition.type_name is not None:
            name = dotted(definition)
        if definition.altered_constraint is not None:
            name = definition.altered_constraint.conname
        if definition.replica_identity is not None:
            name = definition.replica_identity.name
        if definition.column_def is not None:
            name = name or definition.column_def.colname
    word = _WORDS.get(command.subtype) or kebab(command.subtype.removeprefix("AT_"))
    if kind == "type":
        word = word.replace("column", "attribute")
    prefix = f"alter-{kind.replace(' ', '-')}-" if kind else ""
    return OtherStatement(prefix + word, action.span, action.table, name, concurrently)


_WORDS: Final = {
    "AT_EnableTrig": "enable-trigger", "AT_EnableAlwaysTrig": "enable-trigger",
    "AT_EnableReplicaTrig": "enable-trigger", "AT_DisableTrig": "disable-trigger", "AT_EnableTrigAll": "enable-trigger",
    "AT_DisableTrigAll": "disable-trigger", "AT_EnableTrigUser": "enable-trigger",
    "AT_DisableTrigUser": "disable-trigger", "AT_AddInherit": "inherit", "AT_DropInherit": "no-inherit",
    "AT_ChangeOwner": "owner", "AT_SetRelOptions": "set-options", "AT_ResetRelOptions": "reset-options",
    "AT_SetUnLogged": "set-unlogged",
}  # fmt: skip


def _add_column(action: _Action) -> Operation:
    definition = action.command.def_.column_def if action.command.def_ is not None else None
    if definition is None:
        return UnreadOperation(action.span, "a column without a definition")
    column = column_spec(definition, action.statement, -1)
    return AddColumn(action.table, column, action.span, if_not_exists=action.command.missing_ok)


def _drop_column(action: _Action) -> Operation:
    command = action.command
    return DropColumn(action.table, command.name, action.span, command.missing_ok, command.behavior == "DROP_CASCADE")


def _alter_type(action: _Action) -> Operation:
    definition = action.command.def_.column_def if action.command.def_ is not None else None
    new_type = type_text(definition.type_name, action.statement) if definition is not None else ""
    return AlterColumn(action.table, action.command.name, action.span, type=new_type, using=action.after("using"))


def _default(action: _Action) -> Operation:
    if action.command.def_ is None:
        return AlterColumn(action.table, action.command.name, action.span, drop_default=True)
    return AlterColumn(action.table, action.command.name, action.span, server_default=action.after("default"))


def _drop_not_null(action: _Action) -> Operation:
    return AlterColumn(action.table, action.command.name, action.span, nullable=True)


def _set_not_null(action: _Action) -> Operation:
    return AlterColumn(action.table, action.command.name, action.span, nullable=False)


_Generated = Literal["add-identity", "set-identity", "drop-identity", "set-expression", "drop-expression"]


def _generated(change: _Generated) -> Callable[[_Action], Operation]:
    return lambda action: AlterColumn(
        action.table, action.command.name, action.span, generated=change, always=_is_always(action.command)
    )


def _is_always(command: AlterTableCmd) -> bool | None:
    """Whether an identity is GENERATED ALWAYS; None where nothing is said of that."""
    definition = command.def_
    if definition is None:
        return None
    if definition.constraint is not None:
        return definition.constraint.generated_when == ALWAYS
    options = definition.sequence.items if definition.sequence is not None else []
    for option in options:
        said = option.def_elem
        if said is not None and said.defname == "generated" and said.arg is not None and said.arg.integer is not None:
            return said.arg.integer.ival == ord(ALWAYS)
    return None


def _add_constraint(action: _Action) -> Operation:
    node = action.command.def_.constraint if action.command.def_ is not None else None
    found = add_constraint(node, action.table, action.statement) if node is not None else None
    return _other(action) if found is None else msgspec.structs.replace(found, span=action.span)


def _drop_constraint(action: _Action) -> Operation:
    command = action.command
    cascade = command.behavior == "DROP_CASCADE"
    return DropConstraint(action.table, command.name, action.span, if_exists=command.missing_ok, cascade=cascade)


def _validate(action: _Action) -> Operation:
    return ValidateConstraint(action.table, action.command.name, action.span)


_ACTIONS: Final[dict[str, Callable[[_Action], Operation]]] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _drop_column,
    "AT_AlterColumnType": _alter_type,
    "AT_ColumnDefault": _default,
    "AT_DropNotNull": _drop_not_null,
    "AT_SetNotNull": _set_not_null,
    "AT_AddIdentity": _generated("add-identity"),
    "AT_SetIdentity": _generated("set-identity"),
    "AT_DropIdentity": _generated("drop-identity"),
    "AT_SetExpression": _generated("set-expression"),
    "AT_DropExpression": _generated("drop-expression"),
    "AT_AddConstraint": _add_constraint,
    "AT_DropConstraint": _drop_constraint,
    "AT_ValidateConstraint": _validate,
}
