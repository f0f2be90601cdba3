"""Runs git, and nothing of the repository: no hooks, no pager, no filters, no network."""

from __future__ import annotations

import os
from pathlib import Path

_TIMEOUT = 20.0
"""Seconds that one call of git may take."""
_SAFELY = (
    "--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c",
    f"core.hooksPath={os.devnull}", "-c", "core.quotePath=false",
)  # fmt: skip
_SAFE_ENVIRONMENT = {
    "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
    # The only word on protocols that a repository's own configuration cannot overrule: a partial clone fetches what it
    # lacks, through a command of the repository's choice, and an older git does not know GIT_NO_LAZY_FETCH.
    "GIT_ALLOW_PROTOCOL": "",
}  # fmt: skip


class GitError(Exception):
    """Git cannot say what was asked; the message is for people."""


class NothingFoundError(GitError):
    """Git looked and found nothing (exit code 1, no message)."""


class UnsettledError(GitError):
    """Git could not answer now, for a reason that may be gone a moment later."""


def git(root: Path, *arguments: str, input_text: str | None = None, literal: bool = True) -> bytes:
    """The output of one git command, run in `root`.

    Raises NothingFoundError for exit code 1 without a message, GitError for every other failure.
    """
    import subprocess  # noqa: PLC0415 - not needed outside a repository

    options = _SAFELY if literal else tuple(option for option in _SAFELY if option != "--literal-pathspecs")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= _SAFE_ENVIRONMENT
    try:
        done = subprocess.run(
            ["git", *options, *arguments],
            cwd=root,
            input=os.fsencode(input_text) if input_text is not None else None,
            stdin=subprocess.DEVNULL if input_text is None else None,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise GitError("git is not installed" if root.is_dir() else f"{root}: no such folder") from None
    except subprocess.TimeoutExpired:
        raise UnsettledError(f"git {arguments[0]} took longer than {_TIMEOUT:.0f} seconds") from None
    except OSError as error:
        raise UnsettledError(f"git cannot be run: {error.strerror}") from None
    if done.returncode == 0:
        return done.stdout
    message = next(iter(text_of(done.stderr).strip().splitlines()), "")
    if done.returncode == 1 and not message:
        raise NothingFoundError("nothing found")
    if "not a git repository" in message:
        raise GitError("not a git repository")
    raise GitError(message.removeprefix("fatal: ") or f"git {arguments[0]} failed")


def text_of(output: bytes) -> str:
    return os.fsdecode(output)
