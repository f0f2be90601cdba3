"""Finds the configuration file and reads its table."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bylaw.errors import ConfigError, UsageError

OWN_FILE = "bylaw.toml"
PROJECT_FILE = "pyproject.toml"


class ConfigSource(msgspec.Struct, frozen=True):
    """Where the configuration comes from. `root` is absolute; `path` is None when there is no configuration file.

    `table` is what the file says, `text` the same unparsed, `prefix` what stands before its keys (`tool.bylaw.` in a
    pyproject.toml).
    """

    root: Path
    path: Path | None = None
    table: Mapping[str, object] = msgspec.field(default_factory=dict)
    prefix: str = ""
    text: str = ""


def locate(start: Path, explicit: Path | None = None) -> ConfigSource:
    """The nearest configuration at or above `start`, up to the git root, else that, else `start` itself.

    `explicit` names the file instead; its folder is the root when `start` lies in it and the file can be the
    project's, otherwise the root is found as if there were no configuration. Raises ConfigError for a file that cannot
    be read, UsageError where there is none.
    """
    start = start.resolve()
    if explicit is not None:
        return _explicit(start, start / explicit)
    top = repository(start)
    for folder in (start, *start.parents):
        source = _in_folder(folder)
        if source is not None:
            return source
        if folder == top:
            return ConfigSource(top)  # what lies above is another's: its rule packs would run
    return ConfigSource(start)


def _explicit(start: Path, path: Path) -> ConfigSource:
    if not os.path.isfile(path):  # noqa: PTH113 - `Path.is_file` raises for what lies in a closed folder
        raise UsageError(f"{path}: there is no such configuration file, or none that can be reached")
    path = without_links(path)
    top = repository(start)
    root = path.parent if start.is_relative_to(path.parent) and _may_be_of_project(path, top) else top or start
    return _own(root, path, _text(path))


def _may_be_of_project(path: Path, top: Path | None) -> bool:
    """Whether a configuration file at or above the start can be the project's own: one that several projects share,
    in a folder above them, makes no project of that folder.
    """
    return path.name in {OWN_FILE, PROJECT_FILE} or top is None or path.parent.is_relative_to(top)


def _own(root: Path, path: Path, text: str) -> ConfigSource:
    """A file that is a configuration by its name, or because somebody says so."""
    table = _parsed(path, text)
    if path.name == PROJECT_FILE or _bylaw_table(table) is not None:
        return ConfigSource(root, path, _tool_table(path, table), "tool.bylaw.", text)
    return ConfigSource(root, path, table, "", text)


def _in_folder(folder: Path) -> ConfigSource | None:
    own, project = folder / OWN_FILE, folder / PROJECT_FILE
    found: ConfigSource | None = None
    if project.is_file() and "bylaw" in (text := _text(project)):
        table = _parsed(project, text)
        if _bylaw_table(table) is not None:
            found = ConfigSource(folder, project, _tool_table(project, table), "tool.bylaw.", text)
    if own.is_file():
        if found is not None:
            problem = f"{own}: {PROJECT_FILE} beside it has a table [tool.bylaw] as well"
            raise ConfigError([problem], hint="keep one of the two configurations")
        return _own(folder, own, _text(own))
    return found


def real_path(folder: Path, name: str) -> Path | None:
    """The path that a configuration in `folder` names, without links; None for a name that can be no path."""
    return None if "\0" in name else without_links(folder / name)


def without_links(path: Path) -> Path:
    """The absolute path behind all symbolic links, as far as it exists. It takes a link to itself, for which
    `Path.resolve` raises.
    """
    return Path(os.path.realpath(path))


def is_folder(path: Path) -> bool:
    """Whether a path is a folder's. It is not for what lies in a closed folder, for which `Path.is_dir` raises."""
    return os.path.isdir(path)  # noqa: PTH112


def _bylaw_table(table: Mapping[str, object]) -> object:
    tool = table.get("tool")
    return tool.get("bylaw") if isinstance(tool, dict) else None


def _tool_table(path: Path, table: Mapping[str, object]) -> Mapping[str, object]:
    own = _bylaw_table(table)
    if own is None:
        return {}
    if not isinstance(own, dict):
        raise ConfigError([f"{path}: tool.bylaw: must be a table, not {type(own).__name__}"])
    return own


def repository(start: Path) -> Path | None:
    """The nearest folder at or above `start` that git knows as a working tree."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not valid TOML: {error}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: is nested too deeply"]) from None
