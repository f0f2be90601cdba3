"""The `bylaw` command: replays an unchanged run at once, and starts the real command line otherwise."""

from __future__ import annotations

import gc
import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["check"]:
        gc.set_threshold(1_000_000)  # what a check makes lives as long as it does
        from bylaw.engine.replay import replay  # noqa: PLC0415

        code = replay(arguments)
        if code is not None:
            return code
    from bylaw.cli import run  # noqa: PLC0415

    return run(arguments)


def start() -> None:
    """Run the command line and end the process.

    After a check the system takes back the memory at once; Python would free hundreds of thousands of facts one by one.
    """
    try:
        code = main()
    except KeyboardInterrupt:
        from bylaw.cli import INTERRUPTED  # noqa: PLC0415 - it was being loaded, which else would say so itself

        code = INTERRUPTED
    if sys.argv[1:2] != ["check"]:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed, or not there at all: nobody is left to tell
    os._exit(code)


if __name__ == "__main__":
    # `python -m` puts the current folder first on the path: a checked project must not lend us its modules.
    if not sys.flags.safe_path:
        del sys.path[0]
    start()
