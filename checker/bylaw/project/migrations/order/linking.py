"""Migrations with what other files know put into them: table names from constants, and the helpers that they call.

A reader sees one file. Where a revision names its table by another module's constant, or leaves the work to a
function of another module, its operations hold tokens and calls (`bylaw.facts.late`); here they get their meaning, or
become unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

import msgspec

from bylaw.facts.code import Class, Variable
from bylaw.facts.file import FileFacts
from bylaw.facts.late import filled, is_late, only_token, own_name, tokens
from bylaw.facts.migrations import (
    ELSEWHERE,
    AddColumn,
    Argument,
    ColumnSpec,
    CreateTable,
    DataChange,
    DropTable,
    Helper,
    HelperCall,
    Migration,
    Operation,
    RunCode,
    UnreadOperation,
)
from bylaw.facts.values import text_of
from bylaw.project.migrations.order.extending import MAX_DEPTH, Extending
from bylaw.project.names import Names
from bylaw.source import Span

_POSTGRES: Final = frozenset({"", "postgres", "postgresql", "cockroach"})
_ESSENTIAL: Final = ("table", "column", "new_name")


def linked(files: Iterable[FileFacts], names: Callable[[], Names], dialect: str = "") -> list[FileFacts]:
    """The files, their migrations linked. `names` is asked only where there is something to look up.

    `dialect` chooses among the variants of migrations that ask for the database they run on; '' means PostgreSQL.
    """
    known = list(files)
    links = Links(known, names)
    return [links.file(facts, dialect) if facts.migrations else facts for facts in known]


class Aside(msgspec.Struct):
    """What operations of the project leave out: `models` change nothing else, at `database` nothing else changes."""

    models: list[Operation] = msgspec.field(default_factory=list)
    database: list[Span] = msgspec.field(default_factory=list)


class Links:
    """The helpers and constants of a project, by name."""

    def __init__(self, files: list[FileFacts], names: Callable[[], Names]) -> None:
        self._names = names
        self._helpers: Mapping[str, Helper] = {helper.function: helper for facts in files for helper in facts.helpers}
        self._helper_modules = {facts.module for facts in files if facts.helpers and _reads_functions(facts)}
        self._extending = Extending(names)

    def file(self, facts: FileFacts, dialect: str) -> FileFacts:
        migrations = tuple(self._migration(migration, facts.module, dialect) for migration in facts.migrations)
        return msgspec.structs.replace(facts, migrations=migrations)

    def _migration(self, migration: Migration, module: str, dialect: str) -> Migration:
        operations = migration.operations
        for variant in migration.variants:
            other = variant.dialect == ELSEWHERE and dialect not in _POSTGRES
            if other or variant.dialect == {"mariadb": "mysql"}.get(dialect, dialect):
                operations = variant.operations
        aside = Aside()
        if migration.late or any(_calls(operation) for operation in operations):
            constants = {index: self._constant(name, module) for index, name in enumerate(migration.late)}
            fill = Filling(constants)
            placed = chain.from_iterable(self._placed(operation, fill, module, aside) for operation in operations)
            operations = tuple(placed)
        if operations is migration.operations:
            return migration
        return msgspec.structs.replace(
            migration,
            operations=operations,
            state_only=(*migration.state_only, *aside.models),
            database_only=(*migration.database_only, *aside.database),
        )

    def _placed(
        self, operation: Operation, fill: Filling, module: str, aside: Aside, depth: int = 0
    ) -> Iterator[Operation]:
        call = _calls(operation)
        if call is None:
            yield from fill.operations(operation)
            return
        canonical = self._names().resolve(call.function, module)
        helper = self._helpers.get(canonical)
        if helper is None or depth >= MAX_DEPTH:
            yield from self._meant(operation, call, canonical, fill, aside)
            return
        owner = helper.function.rpartition(".")[0]
        inner = self._called(helper, call, fill, owner)
        for one in helper.operations:
            yield from self._placed(_moved(one, operation.span), inner, owner, aside, depth + 1)

    def _meant(
        self, operation: Operation, call: HelperCall, canonical: str, fill: Filling, aside: Aside
    ) -> Iterator[Operation]:
        """What an operation of the project does, as far as the one that it extends tells."""
        extending = self._extending
        if isinstance(operation, UnreadOperation) and extending.is_idle(canonical):
            return
        if not call.meant or not extending.extends(canonical, call.extending, plainly=True):
            yield from fill.operations(self._seen(operation, canonical))
            return
        done = [each for one in call.meant for each in fill.operations(one)]
        if extending.leaves_out(canonical, "database_forwards"):
            aside.models.extend(done)
            return
        if extending.leaves_out(canonical, "state_forwards"):
            aside.database.extend(one.span for one in done)
        yield from done

    def _seen(self, operation: Operation, canonical: str) -> Operation:
        """A function that was read, and that does nothing to the schema, moves data; so does a kind of RunPython."""
        if (
            isinstance(operation, UnreadOperation)
            and not self._is_kept(canonical)
            and (
                canonical.rpartition(".")[0] in self._helper_modules or self._extending.extends(canonical, "RunPython")
            )
        ):
            return RunCode(operation.span)
        return operation

    def _is_kept(self, canonical: str) -> bool:
        """Whether it is a variable: SQL of another module."""
        definition = self._names().definition(canonical)
        return definition is not None and isinstance(definition.item, Variable)

    def _called(self, helper: Helper, call: HelperCall, outer: Filling, module: str) -> Filling:
        """What the tokens of a helper stand for in this call."""
        handed = _bind(helper, call)
        found: dict[int, Argument] = {}
        for index, name in enumerate(helper.late):
            if name.startswith(":"):
                found[index] = outer.argument(handed.get(name[1:], Argument()))
            else:
                found[index] = self._constant(name, module)
        return Filling(found)

    def _constant(self, name: str, near: str) -> Argument:
        """The text of another module's constant, or of a constant in one of its classes."""
        names = self._names()
        name = f"{name.removesuffix('.__table__.name')}.__tablename__" if name.endswith(".__table__.name") else name
        definition = names.definition(name, near)
        if definition is not None and isinstance(definition.item, Variable):
            return Argument(text_of(definition.item.value))
        owner, _, attribute = name.rpartition(".")
        definition = names.definition(owner, near) if owner else None
        if definition is None or not isinstance(definition.item, Class):
            return Argument()
        values = [variable.value for variable in definition.item.variables if variable.name == attribute]
        return Argument(text_of(values[0]) if len(values) == 1 else None)


def _reads_functions(facts: FileFacts) -> bool:
    """Whether the functions of a file were read as helpers; of another one, only SQL that it keeps was."""
    functions = {function.qualified for function in facts.functions}
    return any(helper.function in functions for helper in facts.helpers)


def _calls(operation: Operation) -> HelperCall | None:
    return operation.call if isinstance(operation, UnreadOperation | RunCode) else None


def _moved(operation: Operation, where: Span) -> Operation:
    """An operation of a helper, placed where the helper is called."""
    changes: dict[str, object] = {"span": where}
    if isinstance(operation, AddColumn):
        changes["column"] = msgspec.structs.replace(operation.column, span=where)
    elif isinstance(operation, CreateTable):
        changes["columns"] = tuple(msgspec.structs.replace(column, span=where) for column in operation.columns)
    return msgspec.structs.replace(operation, **changes)


def _bind(helper: Helper, call: HelperCall) -> dict[str, Argument]:
    handed = {parameter.name: parameter.default for parameter in helper.parameters if parameter.default is not None}
    positional = [parameter.name for parameter in helper.parameters if parameter.kind == "positional"]
    handed.update(zip(positional, call.positional, strict=False))
    handed.update(call.keywords)
    rest = call.positional[len(positional) :]
    for parameter in helper.parameters:
        if parameter.kind == "*":
            handed[parameter.name] = _together(rest)
    return handed


def _together(arguments: tuple[Argument, ...]) -> Argument:
    """Several arguments as the one list that `*args` is."""
    if all(argument.columns is not None for argument in arguments):
        return Argument(columns=tuple(column for argument in arguments for column in argument.columns or ()))
    if all(argument.text is not None for argument in arguments):
        return Argument(texts=tuple(argument.text or "" for argument in arguments))
    return Argument()


class Filling:
    """What tokens stand for at one place."""

    def __init__(self, arguments: Mapping[int, Argument]) -> None:
        self._arguments = arguments

    def argument(self, argument: Argument) -> Argument:
        """An argument that a helper hands on, its own tokens filled."""
        text = self._text(argument.text) if argument.text is not None else None
        texts = self._texts(argument.texts) if argument.texts is not None else None
        whole = only_token(argument.text) if argument.text is not None else None
        if whole is not None:
            return self._arguments.get(whole, Argument())
        columns = self._columns(argument.columns) if argument.columns is not None else None
        return Argument(text, texts, columns)

    def operations(self, operation: Operation) -> Iterator[Operation]:
        """The operation with its tokens filled: several where a token stands for each of a list."""
        for one in self._each(operation):
            yield self._operation(one)

    def _each(self, operation: Operation) -> Iterator[Operation]:
        if isinstance(operation, AddColumn) and (index := only_token(operation.column.name)) is not None:
            for column in self._arguments.get(index, Argument()).columns or ():
                yield msgspec.structs.replace(operation, column=column)
            if not self._arguments.get(index, Argument()).columns:
                yield operation
            return
        indexes = {index for field in _texts_of(operation) for index, each in tokens(field) if each}
        index = next(iter(indexes), None)
        listed = self._arguments.get(index, Argument()).texts if index is not None else None
        if index is None or listed is None:
            yield operation
            return
        for text in listed:
            yield Filling({**self._arguments, index: Argument(text)})._operation(operation)

    def _operation(self, operation: Operation) -> Operation:
        changes: dict[str, object] = {}
        for field in operation.__struct_fields__:
            value = getattr(operation, field)
            if isinstance(value, str) and is_late(value):
                text = self._text(value)
                text = own_name(value) if text is None else text
                essential = field in _ESSENTIAL or (field == "name" and isinstance(operation, DropTable))
                if text is None and essential and not isinstance(operation, DataChange):
                    return UnreadOperation(operation.span, "the name of a table or column is computed at run time")
                changes[field] = text or ""
            elif isinstance(value, ColumnSpec) and is_late(value.name):
                return UnreadOperation(operation.span, "the column is computed at run time")
            elif isinstance(value, tuple) and any(isinstance(item, str) and is_late(item) for item in value):
                changes[field] = self._texts(value)
        if isinstance(operation, CreateTable) and any(is_late(column.name) for column in operation.columns):
            columns = self._columns(operation.columns)
            unknown = any(is_late(column.name) for column in columns)
            changes["columns"] = tuple(column for column in columns if not is_late(column.name))
            changes["partial"] = operation.partial or unknown
            keys = tuple(column.name for column in columns if column.primary_key)
            changes["primary_key"] = changes.get("primary_key") or operation.primary_key or keys
        return msgspec.structs.replace(operation, **changes) if changes else operation

    def _text(self, text: str) -> str | None:
        return filled(text, lambda index: self._arguments.get(index, Argument()).text) if is_late(text) else text

    def _texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for text in texts:
            index = only_token(text)
            listed = self._arguments.get(index, Argument()).texts if index is not None else None
            found.extend(listed if listed is not None else (self._text(text) or "",))
        return tuple(found)

    def _columns(self, columns: tuple[ColumnSpec, ...]) -> tuple[ColumnSpec, ...]:
        found: list[ColumnSpec] = []
        for column in columns:
            index = only_token(column.name)
            handed = self._arguments.get(index, Argument()).columns if index is not None else None
            found.extend(handed if handed is not None else (column,))
        return tuple(found)


def _texts_of(operation: Operation) -> Iterator[str]:
    for field in operation.__struct_fields__:
        value = getattr(operation, field)
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, str))
