"""A module that is an Alembic revision: its header, its generator's marks, and what `upgrade()` does."""

from __future__ import annotations

import re
from typing import Final

from bylaw.facts.code import Unread, Variable
from bylaw.facts.migrations import ELSEWHERE, Helper, Marker, Migration, Operation, Variant
from bylaw.facts.values import Call, Constant, Items, Value, text_of
from bylaw.readers.python.alembic.effects import Site, effect_of
from bylaw.readers.python.alembic.late import LateNames, helper_parameters
from bylaw.readers.python.alembic.run import Run
from bylaw.readers.python.embedded_sql import SqlStrings
from bylaw.readers.python.parse import span
from bylaw.readers.python.walk import FunctionNode, Module
from bylaw.source import Span

MAIN_DIALECT: Final = "postgres"
_MARKER_BEGIN: Final = re.compile(r"commands\s+auto[\s-]*generated\s+by\s+alembic", re.IGNORECASE)
_MARKER_END: Final = re.compile(r"end\s+alembic\s+commands", re.IGNORECASE)
_HEADER: Final = re.compile(r"^[ \t]*(?:Revision ID|Create Date)[ \t]*:", re.MULTILINE)


def migration_of(module: Module) -> Migration | None:
    """The revision that a module is; None when it is none."""
    names = {variable.name: variable for variable in module.variables}
    revision, down = names.get("revision"), names.get("down_revision")
    if revision is None or down is None:
        return None
    upgrades = _upgrades(module)
    identifier = text_of(revision.value)
    if identifier is None and upgrades and any(item.target.startswith("alembic") for item in module.imports):
        module.unread.append(Unread(revision.statement, "the id of the revision is computed: its place is unknown"))
    if identifier is None or not upgrades:
        return None
    late = LateNames(module.scope.own(""))
    strings = SqlStrings()
    main, asked = _run(module, upgrades, MAIN_DIALECT, late, strings)
    header = _header(module)
    regions = _regions(module)
    return Migration(
        "alembic", identifier, _revisions(down.value), main, revision.statement,
        depends_on=_revisions(_value(names.get("depends_on"))),
        replaces=_revisions(_value(names.get("replaces"))),
        branch_labels=_revisions(_value(names.get("branch_labels"))),
        initial=isinstance(down.value, Constant) and down.value.value is None,
        generated=bool(regions) or header is not None,
        generated_regions=regions,
        generator_header=header,
        comments=tuple((span(node), module.converter.text(node)) for node in module.comments),
        variants=_variants(module, upgrades, main, asked, late),
        late=tuple(late.names),
        embedded=tuple(dict.fromkeys(strings.statements)),
    )  # fmt: skip


def helpers_of(module: Module) -> tuple[Helper, ...]:
    """The functions of a module beside the revisions that do what revisions do."""
    found = []
    for function in module.functions:
        if function.fact.owner or len(function.frames) != 1:
            continue
        run = _start(module, MAIN_DIALECT)
        operations = run.run_helper(function)
        if operations:
            parameters = helper_parameters(function)
            found.append(Helper(function.fact.qualified, parameters, operations, tuple(run.late.names)))
    return tuple(found)


def _value(variable: Variable | None) -> Value | None:
    return None if variable is None else variable.value


def _upgrades(module: Module) -> list[FunctionNode]:
    """`upgrade`, or the functions of a template for several databases; the first defers to the others where it
    exists.
    """
    own = [record for record in module.functions if not record.fact.owner and len(record.frames) == 1]
    main = [record for record in own if record.fact.name == "upgrade"]
    named = [record for record in own if record.fact.name.startswith("upgrade_")]
    return main or named


def _run(
    module: Module, upgrades: list[FunctionNode], dialect: str, late: LateNames, strings: SqlStrings
) -> tuple[tuple[Operation, ...], set[str]]:
    operations: list[Operation] = []
    asked: set[str] = set()
    for function in upgrades:
        interpreter = _start(module, dialect)
        interpreter.late, interpreter.strings = late, strings
        operations.extend(interpreter.run(function))
        asked |= interpreter.conditions.asked
    return tuple(operations), asked


def _start(module: Module, dialect: str) -> Run:
    run: Run

    def effect(written: Call, call: Call, alone: bool) -> bool:
        return effect_of(Site(written, call, run, alone))

    run = Run(module, dialect, effect)
    return run


def _variants(
    module: Module, upgrades: list[FunctionNode], main: tuple[Operation, ...], asked: set[str], late: LateNames
) -> tuple[Variant, ...]:
    """What the revision does on the other dialects that its code names."""
    found = []
    others = asked - {MAIN_DIALECT} or ({ELSEWHERE} if asked else set())
    for dialect in sorted(others):
        operations, _ = _run(module, upgrades, "sqlite" if dialect == ELSEWHERE else dialect, late, SqlStrings())
        if operations != main:
            found.append(Variant(dialect, operations))
    return tuple(found)


def _revisions(value: Value | None) -> tuple[str, ...]:
    match value:
        case Constant(str(name)):
            return (name,)
        case Items(_, items):
            names = [text_of(item) for item in items]
            return tuple(name for name in names if name is not None)
        case _:
            return ()


def _regions(module: Module) -> tuple[Marker, ...]:
    """What stands between a begin and an end comment; a begin without an end reaches to the end of the file."""
    regions: list[Marker] = []
    start: int | None = None
    for node in sorted(module.comments, key=lambda comment: comment.start_byte):
        text = module.converter.text(node)
        if start is None and _MARKER_BEGIN.search(text):
            start = node.start_byte
        elif start is not None and _MARKER_END.search(text):
            regions.append(Marker("alembic", Span(start, node.end_byte)))
            start = None
    if start is not None:
        regions.append(Marker("alembic", Span(start, len(module.content))))
    return tuple(regions)


def _header(module: Module) -> Span | None:
    """The docstring that Alembic's template writes, or that part of it which a team's template kept."""
    for node in module.root.named_children:
        if node.type == "comment":
            continue
        if node.type == "expression_statement" and node.named_children and node.named_children[0].type == "string":
            text = module.converter.text(node)
            return span(node.named_children[0]) if _HEADER.search(text) else None
        return None
    return None
