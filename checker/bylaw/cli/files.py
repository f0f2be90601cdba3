"""`bylaw files`: which files are read, and why others are not."""

from __future__ import annotations

from pathlib import Path

from bylaw.cli.output import Output
from bylaw.config import locate, resolve
from bylaw.engine.discovery import discover
from bylaw.reporters.frame import printable
from bylaw.reporters.tally import plural

_KINDS = {".py": "Python", ".sql": "SQL"}


def list_files(config: Path | None, output_format: str) -> int:
    """Print the files of the project in order, then what was left out with the reason."""
    output = Output()
    resolved = resolve(locate(Path.cwd(), config))
    found = discover(resolved.root, resolved.settings)
    if output_format == "json":
        document = {
            "version": 1,
            "root": str(resolved.root),
            "files": [{"path": path, "kind": _kind(path)} for path in found.files],
            "skipped": [{"path": path, "reason": reason} for path, reason in found.skipped],
        }
        output.document(document)
    else:
        lines = [f"{printable(path)}  ({_kind(path)})" for path in found.files]
        if found.skipped:
            lines += ["", "left out:", *(f"  {printable(path)}: {reason}" for path, reason in found.skipped)]
        left_out = plural(len(found.skipped), "file or folder", "files or folders")
        lines += ["", f"{plural(len(found.files), 'file')} in {resolved.root}, {left_out} left out."]
        output.print("".join(f"{line}\n" for line in lines))
    output.flush()
    return 0


def _kind(path: str) -> str:
    return _KINDS.get(Path(path).suffix, "other")
