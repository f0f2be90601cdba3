"""`bylaw mcp`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from bylaw.errors import UsageError


def serve() -> int:
    """Serve coding agents until they hang up. Raises UsageError without the extra, or with nobody to talk to."""
    if find_spec("mcp") is None:
        raise UsageError("the server for coding agents is not installed", hint="pip install 'bylaw[mcp]'")
    streams: tuple[object, ...] = (sys.stdin, sys.stdout)
    if None in streams:
        raise UsageError(
            "standard input or output is closed", hint="an agent starts `bylaw mcp`, and talks to it there"
        )
    from bylaw.mcp.server import serve as run  # noqa: PLC0415

    return run()
