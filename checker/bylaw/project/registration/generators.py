"""Programs of the project that compare its models with a database themselves, instead of Alembic's command line."""

from __future__ import annotations

from collections.abc import Iterable

from bylaw.facts.file import FileFacts

_WRITERS = frozenset({"alembic.command.revision", "alembic.autogenerate.produce_migrations"})
_COMMAND_LINES = frozenset({"alembic.config.CommandLine", "alembic.config.main"})
_OTHER_COMMANDS = frozenset({"upgrade", "downgrade", "stamp"})
_PLUGINS = (".entry_points", ".iter_entry_points")
_WRITING_WORDS = frozenset({"revision", "autogenerate"})


def generators(files: Iterable[FileFacts]) -> list[FileFacts]:
    """The files that have Alembic write revisions. One that only upgrades compares no models."""
    return [file for file in files if any(item.target.startswith("alembic") for item in file.imports) and any(
        _generates(reference.name, reference.role, file) for reference in file.references
    )]  # fmt: skip


def upgrades_alone(file: FileFacts) -> bool:
    """Whether a file brings a database up to date with a configuration that it puts together itself, and reads no
    other.
    """
    if "script_location" not in file.words or any(text.endswith(".ini") for text in file.dotted):
        return False
    names = {reference.name for reference in file.references}
    return {"alembic.config.Config", "alembic.command.upgrade"} <= names


def writing_functions(file: FileFacts) -> frozenset[str]:
    """The functions of such a file that do so, by their qualified names."""
    return frozenset(r.function for r in file.references if r.function and _generates(r.name, r.role, file))


def loads_plugins(file: FileFacts) -> bool:
    """Whether a file asks for what installed packages offer, by entry points."""
    return any(item.target.endswith(_PLUGINS) for item in file.imports)


def _generates(name: str, role: str, file: FileFacts) -> bool:
    if name == "alembic.command":
        # Handed on as a whole, as to `getattr(command, name)`: which of its functions runs is not said.
        return role not in {"receiver", "called"}
    if name in _COMMAND_LINES:
        return _OTHER_COMMANDS.isdisjoint(file.words) or not _WRITING_WORDS.isdisjoint(file.words)
    return name in _WRITERS and "autogenerate" in file.words
