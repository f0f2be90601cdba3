"""What `bylaw check` was asked to do, and the quick way from plain arguments to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.config import Choices


class Request(msgspec.Struct, frozen=True):
    """One `bylaw check`. Each field but the last two is the option of that name, as the command line gives it."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preset: tuple[str, ...] = ()
    config: Path | None = None
    output_format: str = "text"
    output_file: Path | None = None
    stdin_filename: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    all_migrations: bool = False
    since: str | None = None
    no_cache: bool = False
    no_rule_packs: bool = False
    exit_zero: bool = False
    statistics: bool = False
    quiet: bool = False
    verbose: bool = False
    paths: tuple[str, ...] = ()
    arguments: tuple[str, ...] | None = None
    """The command line itself, for which the result may be kept."""

    @property
    def choices(self) -> Choices:
        """What is laid over the configuration. Raises UsageError where an option is there and names nothing."""
        from bylaw.config import Choices  # noqa: PLC0415 - not for reading arguments

        return Choices(
            _named("--select", self.select),
            _named("--ignore", self.ignore),
            _named("--preset", self.preset),
            all_migrations=self.all_migrations,
            rule_packs=not self.no_rule_packs,
        )

    @property
    def repairs(self) -> bool:
        return self.fix or self.unsafe_fixes or self.diff

    @property
    def is_repeatable(self) -> bool:
        """Whether it does nothing but read files and print: then the same run may be answered from memory."""
        return not (self.no_cache or self.repairs or self.from_stdin or self.output_file or self.verbose)

    @property
    def for_people(self) -> bool:
        """Whether the format is one that people read, not programs."""
        return self.output_format in {"text", "concise"}

    @property
    def from_stdin(self) -> bool:
        return self.paths == ("-",)


def listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """Names that were given one by one, or separated by commas."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _named(option: str, values: tuple[str, ...]) -> tuple[str, ...]:
    names = listed(values)
    if values and not names:
        raise UsageError(f"{option} names nothing", hint="leave it out, or give it a name")
    return names


_SHORT = {"-q": "--quiet", "-v": "--verbose"}
_OPTIONS = {f"--{name.replace('_', '-')}": name for name in Request.__struct_fields__[:-2]}


def quickly(arguments: list[str]) -> Request | None:
    """The request that plain arguments of `bylaw check` make; None for all that is unusual or wrong.

    The whole command line takes longer to load than a small project to check; it has the last word on all others.
    """
    values: dict[str, Any] = {}
    paths: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument == "-" or not argument.startswith("-"):
            paths.append(argument)
        elif not _take(argument, left, values):
            return None
    return msgspec.structs.replace(Request(**values), paths=tuple(paths), arguments=("check", *arguments))


def _take(argument: str, left: Iterator[str], values: dict[str, Any]) -> bool:
    """Take one option and its value. False when it is not as plain as it should be."""
    name, given, value = argument.partition("=")
    option = _OPTIONS.get(_SHORT.get(name, name))
    if option is None:
        return False
    kind = Request.__annotations__[option]
    if kind == "bool":
        values[option] = True
        return not given
    if not given:
        value = next(left, "-")
    if value.startswith("-") or (option == "output_format" and not _is_format(value)):
        return False
    if kind == "tuple[str, ...]":
        values[option] = (*values.get(option, ()), value)
    else:
        values[option] = Path(value) if kind == "Path | None" else value
    return True


def _is_format(name: str) -> bool:
    from bylaw.reporters import formats  # noqa: PLC0415

    return name in formats()
