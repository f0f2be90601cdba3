"""Programs of the project that compare its models with a database themselves, instead of Alembic's command line."""

from __future__ import annotations

from collections.abc import Iterable

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Attr, Call, Ref, walk
from bylaw.project.imports import ImportGraph, Reach

_WRITES = frozenset({"alembic.command.revision", "alembic.autogenerate.produce_migrations", "flask_migrate.migrate"})
_COMMAND_LINES = frozenset({"alembic.config.CommandLine", "alembic.config.main"})
_OTHER_COMMANDS = frozenset({"upgrade", "downgrade", "stamp"})
_WRITING_COMMANDS = frozenset({"revision", "autogenerate"})


def generators(files: Iterable[FileFacts]) -> list[FileFacts]:
    """The files that have Alembic write revisions. One that only upgrades compares no models."""
    return [file for file in files if any(i.target.startswith(("alembic", "flask_migrate")) for i in file.imports)
            and any(_generates(name, role, file) for name, role in _uses(file))]  # fmt: skip


def reach_of_programs(found: list[FileFacts], files: Iterable[FileFacts], graph: ImportGraph) -> Reach:
    """What those files load, and the modules that import them: which of them is the program cannot be seen."""
    importers: dict[str, set[str]] = {}
    for file in files:
        for item in file.imports:
            if not item.typing_only and (target := graph.target(item, file)):
                importers.setdefault(target, set()).add(file.module)
    programs = {file.module for file in found}
    waiting = sorted(programs)
    for module in waiting:
        new = importers.get(module, set()) - programs
        programs |= new
        waiting.extend(sorted(new))
    return graph.reach(sorted(programs))


def _uses(file: FileFacts) -> Iterable[tuple[str, str]]:
    return ((reference.name, reference.role) for reference in file.references if reference.name.startswith(
        ("alembic.", "flask_migrate.")
    ))  # fmt: skip


def _generates(name: str, role: str, file: FileFacts) -> bool:
    if name == "alembic.command":
        # Handed on as a whole, as to `getattr(command, name)`: which of its functions runs is not said.
        return role not in {"receiver", "called"}
    if name in _COMMAND_LINES:
        return _OTHER_COMMANDS.isdisjoint(file.words) or not _WRITING_COMMANDS.isdisjoint(file.words)
    return name in _WRITES
