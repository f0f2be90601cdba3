"""Presets: named sets of rules with their options, as TOML files that rule packs bring or a project writes itself."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bylaw.config.files import real_path
from bylaw.config.schema import PresetTable, Problem, read_table
from bylaw.errors import did_you_mean
from bylaw.packs import PRESETS

DEFAULT = "recommended"


class Preset(msgspec.Struct, frozen=True):
    """One preset. `own` tells a file that the project names by path from one that comes with a rule pack."""

    name: str
    path: Path
    table: PresetTable
    raw: Mapping[str, object]
    text: str
    own: bool


def preset_files(packs: Iterable[Path]) -> dict[str, Path]:
    """All presets that the given pack folders bring, by name; a later pack's wins."""
    found: dict[str, Path] = {}
    for pack in packs:
        found.update({file.stem: file for file in sorted((pack / PRESETS).glob("*.toml"))})
    return found


class PresetLoader:
    """Loads presets with everything they extend. `problems` collects what is wrong, with the file and its text."""

    def __init__(self, named: Mapping[str, Path]) -> None:
        self.named = named
        self.problems: list[tuple[Path | None, str, Problem]] = []

    def load(self, names: Iterable[str], folder: Path, key: str, source: tuple[Path | None, str]) -> list[Preset]:
        """The presets in the order in which they apply: what one extends comes before it.

        `folder` is what a path is relative to, `key` and `source` (file and its text) say who asks, for messages.
        """
        return self._load(names, folder, key, source, ())

    def _load(
        self, names: Iterable[str], folder: Path, key: str, source: tuple[Path | None, str], above: tuple[Path, ...]
    ) -> list[Preset]:
        found: list[Preset] = []
        for name in names:
            path = self._path(name, folder)
            if isinstance(path, str):
                self.problems.append((*source, Problem(key, path)))
                continue
            if path in above:
                chain = " → ".join(file.name for file in (*above, path))
                self.problems.append((*source, Problem(key, f"the presets extend each other in a circle: {chain}")))
                continue
            preset = self._read(name, path)
            if preset is not None:
                asks = (path, preset.text)
                found.extend(self._load(preset.table.extends, path.parent, "extends", asks, (*above, path)))
                found.append(preset)
        return found

    def _path(self, name: str, folder: Path) -> Path | str:
        if name.endswith(".toml") or "/" in name or "\\" in name:
            path = real_path(folder, name)
            if path is None:
                return "is no path: it holds a NUL byte"
            return path if path.is_file() else f'there is no file "{name}" (looked for {path})'
        if name in self.named:
            return self.named[name]
        hint = did_you_mean(name, self.named) or "the presets are " + ", ".join(sorted(self.named))
        return f'there is no preset "{name}"; {hint}'

    def _read(self, name: str, path: Path) -> Preset | None:
        try:
            text = path.read_text("utf-8-sig")
            raw = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.problems.append((path, "", Problem("", f"the preset cannot be read: {reason}")))
            return None
        table, problems = read_table(PresetTable, raw)
        self.problems.extend((path, text, problem) for problem in problems)
        return Preset(name, path, table, raw, text, own=name not in self.named)
