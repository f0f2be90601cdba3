"""What the result of `bylaw check` depends on, so that an unchanged run need not be done again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bylaw.config.files import OWN_FILE, PROJECT_FILE
from bylaw.engine.recording import Recording

if TYPE_CHECKING:
    from bylaw.config import Resolved
    from bylaw.engine.session import Session


def start(folder: Path, explicit: Path | None) -> Recording:
    """Begin a recording with all that decides which configuration holds, and the tool itself."""
    recording = Recording()
    add_places(recording, folder)
    if explicit is not None:
        recording.add([folder / explicit])
    recording.add(_tool())
    return recording


def add_places(recording: Recording, folder: Path) -> None:
    """Depend on the files that make a project of a folder or of one above it."""
    folder = folder.resolve()
    recording.add(above / name for above in (folder, *folder.parents) for name in (OWN_FILE, PROJECT_FILE, ".git"))


def add_configuration(recording: Recording, resolved: Resolved, paths: tuple[str, ...]) -> None:
    """Depend on presets and rule packs, and on what the paths of the command line are."""
    for found in resolved.files:
        recording.add(_below(found) if found.is_dir() else [found])
    recording.add(resolved.root / path for path in paths)


def add_session(recording: Recording, session: Session) -> None:
    """Depend on the checked files, and on what git was asked."""
    recording.add_discovery(session.root, session.discovery)
    recording.add(getattr(session.project.history, "depends_on", ()))


def add_consulted(recording: Recording, session: Session) -> None:
    """Depend on the other files that were asked for while judging, present or absent.

    One that changes between its reading and here is newer than the run's beginning, so that nothing is kept.
    """
    recording.add(session.root / path for path in sorted(session.project.consulted))


def _tool() -> Iterator[str]:
    """Our own code (in a checkout it changes without a new version), and the folder of what is installed beside us."""
    yield from _below(Path(__file__).parents[1])
    yield str(Path(msgspec.__file__).parents[1])


def _below(folder: Path) -> Iterator[str]:
    """A folder with all its folders and Python and TOML files. Texts, because there are hundreds at every start."""
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield above
        yield from (f"{above}{os.sep}{name}" for name in files if name.endswith((".py", ".toml")))
