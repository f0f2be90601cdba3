"""The `bylaw` command: replays an unchanged run at once, and starts the real command line otherwise."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["check"]:
        from bylaw.engine.replay import replay  # noqa: PLC0415

        code = replay(arguments)
        if code is not None:
            return code
    from bylaw.cli import run  # noqa: PLC0415

    return run(arguments)


if __name__ == "__main__":
    # `python -m` puts the current folder first on the path: a checked project must not lend us its modules.
    if not sys.flags.safe_path:
        del sys.path[0]
    sys.exit(main())
