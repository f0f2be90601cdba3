"""Puts a file in the place of another in one step, so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: Path, data: bytes) -> Iterator[Path]:
    """Give the block the path of a new file beside `target` that holds `data`; it takes the place of `target` when the
    block ends.

    Where the block raises, `target` stays as it is and the new file goes. The new file is its owner's alone (mode
    0600) unless the block says otherwise. Raises OSError.
    """
    # Fifty characters are at most two hundred bytes: with what is put around them, still a name that systems take.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".tmp")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        yield new
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
