"""Runs ruff for the conventions that are delegated to it, on the disk or on text in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from bylaw.errors import BylawError
from bylaw.patterns import regex
from bylaw.rule import RuffFinding
from bylaw.source import Load, Span

TIMEOUT = 300
"""Seconds after which a run of ruff is given up."""
_ARGUMENTS = 24_000 if sys.platform == "win32" else 120_000
"""Characters of paths that one command line is given."""
_NOT_UTF8 = "E902"
_LINE = regex(rb"\r\n|\r|\n")


class RuffError(BylawError):
    """ruff is missing or could not do its work."""


class RuffTask(msgspec.Struct, frozen=True):
    """What to ask ruff: codes, settings by dotted name, and the files (posix paths from the root)."""

    codes: tuple[str, ...]
    settings: tuple[tuple[str, object], ...]
    paths: tuple[str, ...]


def find_ruff() -> Path:
    """The ruff that is installed beside bylaw; never one that the checked project or PATH offers. Raises RuffError."""
    name = f"ruff{sysconfig.get_config_var('EXE') or ''}"
    site_packages = Path(__file__).resolve().parent.parent.parent
    folders = [
        Path(sys.executable).parent,
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", vars={"base": sys.base_prefix})),
        Path(sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user"))),
        site_packages / "bin",
        site_packages.parent.parent.parent / "bin",
    ]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise RuffError(
        "ruff is not installed beside bylaw", hint="Install bylaw anew, or ruff itself: `pip install ruff`."
    )


def run_ruff(task: RuffTask, load: Load, root: Path | None = None) -> tuple[RuffFinding, ...]:
    """What ruff finds, in order of path and place; comments `# noqa` hold.

    With `root` ruff reads the files from the disk itself; without, and for files that are no UTF-8 there, their text
    comes from `load`. The answer depends on nothing but the task and the texts. Raises RuffError.
    """
    if not task.paths or not task.codes:
        return ()
    if root is None:
        found, _ = _in_memory(task, load)
    else:
        found, odd = _on_disk(task, task.paths, root)
        if odd:
            more, _ = _in_memory(RuffTask(task.codes, task.settings, tuple(sorted(odd))), load)
            found += more
    texts = _Texts(load)
    findings = (texts.finding(path, item) for path, item in found)
    return tuple(sorted((f for f in findings if f is not None), key=lambda f: (f.path, f.span, f.code, f.message)))


_Found = list[tuple[str, dict[str, Any]]]


def _in_memory(task: RuffTask, load: Load) -> tuple[_Found, set[str]]:
    with tempfile.TemporaryDirectory(prefix="bylaw-ruff-") as folder:
        root = Path(folder).resolve()
        written = []
        for path in task.paths:
            parts = PurePosixPath(path)
            if parts.is_absolute() or ".." in parts.parts:
                raise RuffError(f"{path} lies outside of the project")
            target = root / parts
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(load(path))
            written.append(path)
        return _on_disk(task, written, root)


def _on_disk(task: RuffTask, paths: Sequence[str], root: Path) -> tuple[_Found, set[str]]:
    """ruff's findings by path, and the files that it could not read as UTF-8."""
    root = Path(os.path.abspath(root))  # noqa: PTH100 - ruff answers with the names it was given: no link may be followed
    by_name = {str(root / path): path for path in paths}
    found: _Found = []
    odd: set[str] = set()
    for names in _chunks(by_name):
        for item in _call(_command(task), names, root):
            path = by_name.get(item.get("filename", ""))
            if path is None:
                continue
            if item.get("code") == _NOT_UTF8:
                odd.add(path)
            elif item.get("code") in task.codes:
                found.append((path, item))
    return found, odd


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for name in names:
        if chunk and size + len(name) > _ARGUMENTS:
            yield chunk
            chunk, size = [], 0
        chunk.append(name)
        size += len(name) + 1
    if chunk:
        yield chunk


def _command(task: RuffTask) -> list[str]:
    return [
        str(find_ruff()), "check", "--isolated", "--no-cache", "--no-fix", "--exit-zero", "--quiet",
        "--output-format", "json", "--target-version", "py314", "--select", ",".join([*task.codes, _NOT_UTF8]),
        *(part for key, value in task.settings for part in ("--config", f"{key} = {_toml(value)}")),
    ]  # fmt: skip


def _call(command: list[str], names: list[str], root: Path) -> list[dict[str, Any]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUFF_")}
    try:
        done = subprocess.run(
            [*command, "--", *names], cwd=root, env=environment, capture_output=True, timeout=TIMEOUT, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuffError(f"ruff could not be run: {error}") from error
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise RuffError(f"ruff failed: {words}")
    try:
        answer = json.loads(done.stdout or b"[]")
    except ValueError as error:
        raise RuffError("ruff gave an answer that is no JSON") from error
    if not isinstance(answer, list):
        raise RuffError("ruff gave an answer of an unknown shape")
    return answer


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str | bool | int | float):
        return json.dumps(value)
    if isinstance(value, Iterable):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    raise RuffError(f"a setting for ruff cannot be written down: {value!r}")


class _Texts:
    """Turns ruff's rows and columns (1-based, in characters) into byte offsets; each file is loaded once."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lines: dict[str, tuple[bytes, list[int]]] = {}

    def finding(self, path: str, item: dict[str, Any]) -> RuffFinding | None:
        """One finding with its span; None when the file has gone meanwhile."""
        try:
            content, starts = self._file(path)
        except OSError:
            return None
        start = _offset(content, starts, item["location"])
        end = _offset(content, starts, item["end_location"])
        return RuffFinding(path, item["code"], item["message"], Span(start, max(start, end)))

    def _file(self, path: str) -> tuple[bytes, list[int]]:
        if path not in self._lines:
            content = self._load(path)
            first = 3 if content.startswith(b"\xef\xbb\xbf") else 0
            self._lines[path] = content, [first, *(match.end() for match in _LINE.finditer(content))]
        return self._lines[path]


def _offset(content: bytes, starts: list[int], place: dict[str, int]) -> int:
    row = min(max(place["row"], 1), len(starts))
    end = starts[row] if row < len(starts) else len(content)
    line = content[starts[row - 1] : end].decode("utf-8", "replace")
    return starts[row - 1] + len(line[: place["column"] - 1].encode())
