"""Keeps the cache folder from growing for ever: projects go, and command lines are not repeated."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

_DAY = 86_400
_KEPT = 30 * _DAY
"""Seconds after which a file that nobody has written again goes. Whoever misses it reads the project anew, once."""
_OURS = re.compile(r"[0-9a-f]+\.(?:facts|recent|ignored|replay)")
_UNFINISHED = re.compile(r"\.[0-9a-f]+\.(?:facts|recent|ignored|replay)\..+")
"""What a run left behind that was killed while it wrote."""


def prune(folder: Path) -> None:
    """Delete what is old in the cache folder, and nothing that is not ours. What cannot be deleted stays."""
    now = time.time()
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return
    for entry in listed:
        allowed = _KEPT if _OURS.fullmatch(entry.name) else _DAY if _UNFINISHED.fullmatch(entry.name) else None
        try:
            if allowed is not None and entry.stat(follow_symlinks=False).st_mtime < now - allowed:
                Path(entry.path).unlink()
        except OSError:
            continue
