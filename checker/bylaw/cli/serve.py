"""`bylaw mcp`."""

from __future__ import annotations

from importlib.util import find_spec

from bylaw.errors import UsageError


def serve() -> int:
    """Serve coding agents until they hang up. Raises UsageError when the extra is not installed."""
    if find_spec("mcp") is None:
        raise UsageError("the server for coding agents is not installed", hint="pip install 'bylaw[mcp]'")
    from bylaw.mcp.server import serve as run  # noqa: PLC0415

    return run()
