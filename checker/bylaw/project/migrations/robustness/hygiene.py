"""Python in migrations that will not do tomorrow what it does today, or that knows no way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from bylaw.facts.migrations import CreateTable
from bylaw.patterns import regex
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
    bodies = _in_class_body(file)
    idle = _only_for_downgrade(file, own) if tree.tool == "alembic" else _never_run(step, file, own)
    for use in file.facts.references:
        function = use.function.removeprefix(own)
        if not function or use.name.startswith(own) or _unit(function, bodies) in idle:
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


def _only_for_downgrade(file: File, own: str) -> frozenset[str]:
    """Functions of a revision that `downgrade` needs, itself among them, and `upgrade` does not."""
    calls = _calls(file, own)
    return frozenset(_reached({"downgrade"}, calls) - _reached({"upgrade"}, calls))


def _never_run(step: Step, file: File, own: str) -> frozenset[str]:
    """Functions beside Django's operations that none of them runs, and that nothing which does calls: no operation is
    handed them, or only `CreateModel`, which asks no default for its value.
    """
    created = [one.span for one in step.migration.operations if isinstance(one, CreateTable)]
    bodies = _in_class_body(file)
    handed = {
        _unit(use.name.removeprefix(own), bodies)
        for use in file.facts.references
        if not use.function
        and use.role == "argument"
        and use.name.startswith(own)
        and not any(span.contains(use.span) for span in created)
    }
    functions = {one.name for one in file.facts.functions if not one.owner} | bodies
    return frozenset(functions - _reached(handed, _calls(file, own)))


def _in_class_body(file: File) -> set[str]:
    """`Migration.fill`: functions in the body of the class, which run where its operations name them."""
    return {
        f"Migration.{one.name}"
        for one in file.facts.functions
        if one.owner == f"{file.facts.module}.Migration"
        and not (one.parameters and one.parameters[0].name in {"self", "cls"})
    }


def _unit(name: str, bodies: set[str]) -> str:
    """The function of a file, or its class, that a name below it belongs to: `Migration.fill`, `Loader`."""
    inner = ".".join(name.split(".")[:2])
    return inner if inner in bodies else name.partition(".")[0]


def _calls(file: File, own: str) -> dict[str, set[str]]:
    """Functions and classes of a file by the function or class that uses them."""
    calls: dict[str, set[str]] = {}
    bodies = _in_class_body(file)
    for use in file.facts.references:
        if use.function and use.name.startswith(own):
            caller = _unit(use.function.removeprefix(own), bodies)
            calls.setdefault(caller, set()).add(_unit(use.name.removeprefix(own), bodies))
    return calls


def _reached(starts: set[str], calls: dict[str, set[str]]) -> set[str]:
    reached, waiting = set(starts), list(starts)
    while waiting:
        for name in calls.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached


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
