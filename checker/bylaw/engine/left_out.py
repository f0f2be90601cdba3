"""Why a path that somebody asks for is not read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from bylaw.engine.discovery import Discovery
from bylaw.readers import SUFFIXES
from bylaw.settings import Settings


def why_left_out(path: str, discovery: Discovery) -> str:
    """The reason of the path (from the root, posix) itself, or of a folder above it; '' when it is read."""
    if path in discovery.files:
        return ""
    reasons = dict(discovery.skipped)
    if path in reasons:
        return reasons[path]
    above = (parent.as_posix() for parent in PurePosixPath(path).parents)
    found = next((folder for folder in above if folder in reasons), "")
    if found:
        return f"{found} is left out: {reasons[found]}"
    readable = path.endswith(SUFFIXES) or path in discovery.folders
    return "" if readable else "neither Python (.py) nor SQL (.sql)"


def readable_texts(texts: Mapping[str, bytes], settings: Settings) -> dict[str, bytes]:
    """Those unsaved texts, by path, that would be read if they were files."""
    return {path: text for path, text in texts.items() if not why_text_left_out(path, text, settings)}


def why_text_left_out(path: str, text: bytes, settings: Settings) -> str:
    """Why an unsaved text would not be read as a file, '' when it would."""
    if not path.endswith(SUFFIXES):
        return "neither Python (.py) nor SQL (.sql)"
    return f"larger than {settings.max_file_size:,} bytes" if len(text) > settings.max_file_size else ""
