"""What can go wrong in the tool itself, as opposed to what it finds.

BylawError            anything the user has to be told in a sentence; exit code 2
├── UsageError        the command line asks for something that cannot be done
├── ConfigError       the configuration is wrong: all problems at once
└── PackError         a rule pack cannot be loaded
"""

from __future__ import annotations

from collections.abc import Iterable


class BylawError(Exception):
    """An error with a message for people, and optionally what to do about it (`hint`)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(BylawError):
    """The command line cannot be carried out."""


class ConfigError(BylawError):
    """The configuration is wrong. `problems` holds one sentence per problem, each with file and key."""

    def __init__(self, problems: Iterable[str], hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), hint)


class PackError(BylawError):
    """A rule pack is broken: it does not import, or defines a rule twice."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` for the closest known name, or an empty string when nothing is close."""
    import difflib  # noqa: PLC0415 - only for what went wrong

    close = difflib.get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else ""
