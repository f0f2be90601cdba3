"""Python in migrations that will not do tomorrow what it does today, or that knows no way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from bylaw.patterns import regex
from bylaw.project.migrations.robustness.units import Units
from bylaw.project.migrations.step import MigrationTree, Step
from bylaw.source import Location

if TYPE_CHECKING:
    from bylaw.facts.code import Reference
    from bylaw.facts.database import Table
    from bylaw.project import File, Project

_MANAGERS: Final = frozenset({"objects", "_default_manager", "_base_manager", "all_objects"})
_OF_A_LIBRARY: Final = regex(r"^(?P<model>(?:[a-z_]\w*\.)+models\.(?:\w+\.)?[A-Z]\w*)\.(?:objects|_default_manager)\b")
_ROWS: Final = frozenset({"__table__", "query"})
_NO_ROWS: Final = frozenset(
    {"isinstance", "issubclass", "print", "getattr", "ForeignKey", "ForeignKeyConstraint", "Column", "inspect"}
)
_REACH: Final = 2000
"""So many bytes of a call are looked through for its end."""
_WANTED: Final = ("apps", "schema_editor")


class Careless(msgspec.Struct, frozen=True, eq=False):
    """`live-model`: a function works with a model as the code has it now; `one-way`: nothing says how to go back;
    `arguments`: a function of `RunPython` calls its arguments otherwise than Django's documentation does.

    `name` is the class, or the function that is called otherwise; `label` is Django's name of the app, `table` what the
    model is mapped to, and `function` the one that works with it.
    """

    kind: Literal["live-model", "one-way", "arguments"]
    tree: MigrationTree
    location: Location
    name: str = ""
    label: str = ""
    table: str = ""
    function: str = ""


def careless(project: Project, trees: tuple[MigrationTree, ...]) -> Iterator[Careless]:
    """All of it in new migrations, in order of the steps: in a merged one that was edited nobody knows whose it is."""
    for tree in trees:
        for step in tree.steps:
            is_new = step.judged and step.edits is None
            if is_new and step.exempt not in {"replaced", "squash"} and tree.tool != "sql":
                file = project.files[step.path]
                yield from _live_models(project, tree, step, file)
                for span in step.migration.one_way:
                    yield Careless("one-way", tree, Location(step.path, span))
                yield from _one_way(tree, step, file)
                yield from _arguments(tree, file)


def _live_models(project: Project, tree: MigrationTree, step: Step, file: File) -> Iterator[Careless]:
    """Each model once, where a function first works with its rows."""
    seen: set[str] = set()
    own = f"{file.facts.module}."
    units = Units(file)
    idle = units.only_for_downgrade() if tree.tool == "alembic" else units.never_run(step)
    for use in file.facts.references:
        function = use.function.removeprefix(own)
        if not function or use.name.startswith(own) or units.of(function) in idle:
            continue
        found = _model_of(project, tree, file, use)
        if found is None:
            continue
        name, table = found
        if name not in seen:
            seen.add(name)
            label = table.app_label if table is not None else name.split(".models", 1)[0].rpartition(".")[2]
            yield Careless(
                "live-model", tree, Location(file.path, use.span), name.rpartition(".")[2], label,
                table.name if table is not None else "", function.rpartition(".")[2],
            )  # fmt: skip


def _model_of(project: Project, tree: MigrationTree, file: File, use: Reference) -> tuple[str, Table | None] | None:
    """The model whose rows a function works with (its class, its table), if that is what a reference means."""
    parts = use.name.split(".")
    for length in range(len(parts), max(len(parts) - 4, 1), -1):
        name = ".".join(parts[:length])
        table = project.table_of(name, file.path)
        if table is None:
            continue
        if table.context != "app" or not table.class_name:
            return None
        rest = parts[length:]
        return (table.model, table) if _works_with_rows(tree, table, rest, use, file) else None
    match = _OF_A_LIBRARY.match(use.name) if tree.tool == "django" else None
    if match is None or match["model"].startswith("django.db.models") or _is_of_project(project, match["model"], file):
        return None
    return match["model"], None


def _is_of_project(project: Project, name: str, file: File) -> bool:
    """A class of the project that is no table, or that nobody understands."""
    return project.names.definition(name, file.path) is not None


def _works_with_rows(tree: MigrationTree, table: Table, rest: list[str], use: Reference, file: File) -> bool:
    if tree.tool == "django":
        return bool(rest and rest[0] in _MANAGERS) or (not rest and use.role == "called" and _is_saved(file, use))
    if use.call in _NO_ROWS:
        return False
    if not rest:
        return use.role in {"called", "argument"}
    return rest[0] in _ROWS or any(rest[0] == column.attribute for column in table.columns)


def _is_saved(file: File, use: Reference) -> bool:
    """Whether a new row may reach the database: `Order(…).save()`, or kept under a name where something is saved."""
    if "save" not in file.facts.words:
        return False
    behind = file.source.content[use.span.end : use.span.end + _REACH]
    depth = 0
    for at, byte in enumerate(behind):
        depth += (byte == ord("(")) - (byte == ord(")"))
        if depth == 0 and at:
            following = behind[at + 1 :].lstrip()
            return not following.startswith(b".") or following[1:].lstrip().startswith(b"save")
    return True


def _one_way(tree: MigrationTree, step: Step, file: File) -> Iterator[Careless]:
    """An Alembic revision that changes something and whose `downgrade` is missing, or does nothing."""
    if tree.tool != "alembic" or not step.migration.operations:
        return
    down = next((one for one in file.facts.functions if one.name == "downgrade" and not one.owner), None)
    if down is None:
        yield Careless("one-way", tree, step.location)
        return
    body = file.text(down.statement).partition(":\n")[2] or file.text(down.statement).rpartition(":")[2]
    bare = re.sub(r'"""[^"]*"""|#[^\n]*', "", body).strip()
    if bare in {"pass", "...", "", "return", "return None"}:
        yield Careless("one-way", tree, Location(file.path, down.span))


def _arguments(tree: MigrationTree, file: File) -> Iterator[Careless]:
    """Functions that `RunPython` is handed and that call their two arguments otherwise."""
    if tree.tool != "django":
        return
    handed = {use.name for use in file.facts.references if use.role == "argument" and use.call == "RunPython"}
    for function in file.facts.functions:
        if function.qualified not in handed:
            continue
        names = [one.name for one in function.parameters if one.kind == "positional"]
        if len(names) == len(_WANTED) and any(
            given.strip("_") not in {"", wanted} for given, wanted in zip(names, _WANTED, strict=True)
        ):
            yield Careless("arguments", tree, Location(file.path, function.span), function.name)
