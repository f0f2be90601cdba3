"""The command line: arguments in, bytes and an exit code out."""

from __future__ import annotations

import os
import sys

from bylaw.errors import BylawError

FAILED = 2
"""Exit code: the tool could not do its job."""
INTERRUPTED = 130


def run(arguments: list[str]) -> int:
    """Carry out one command line and return the exit code. Never raises for what a user or a project can do wrong."""
    try:
        os.getcwd()  # noqa: PTH109 - only whether there is one
    except OSError:
        return _complain("the current folder does not exist any more", "change to one that does")
    try:
        return _dispatch(arguments)
    except BylawError as error:
        return _complain(error.message, error.hint)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED
    except Exception:
        return _crashed(verbose="--verbose" in arguments or "-v" in arguments)


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["check"]:
        from bylaw.cli.request import quickly  # noqa: PLC0415

        request = quickly(arguments[1:])
        if request is not None:
            from bylaw.cli.check import check  # noqa: PLC0415

            return check(request)
    from bylaw.cli.app import command  # noqa: PLC0415 - typer is not for replaying

    try:
        result = command().main(args=arguments, prog_name="bylaw", standalone_mode=False, obj=tuple(arguments))
    except Exception as error:
        message = getattr(error, "format_message", None)  # a usage error, of typer's own or of click's make
        if message is None:
            raise
        said = message()
        return _complain(said, _usage_hint(arguments)) if said else FAILED  # the help itself was shown
    return result if isinstance(result, int) else 0


def _usage_hint(arguments: list[str]) -> str:
    from bylaw.cli.app import commands  # noqa: PLC0415

    first = arguments[0] if arguments else ""
    if first in commands():
        return f"`bylaw {first} --help` shows what there is"
    if os.path.exists(first):  # noqa: PTH110
        return f"`bylaw check {first}` checks it"
    return "`bylaw --help` shows what there is"


def _complain(message: str, hint: str) -> int:
    lines = [f"bylaw: {line}" if number == 0 else f"       {line}" for number, line in enumerate(message.splitlines())]
    if hint:
        lines.append(f"       hint: {hint}")
    _to_stderr("\n".join(lines) + "\n")
    return FAILED


def _crashed(*, verbose: bool) -> int:
    import traceback  # noqa: PLC0415 - nothing of this is for a run that goes well

    report = f"bylaw {_version()}, Python {sys.version.split()[0]}\n\n{traceback.format_exc()}"
    last = report.strip().splitlines()[-1]
    if verbose:
        _to_stderr(f"{report}bylaw: failed: {last}\n")
        return FAILED
    return _complain(f"failed: {last}", f"this should not happen; please report it{_log(report)}")


def _log(report: str) -> str:
    import tempfile  # noqa: PLC0415

    try:
        handle, path = tempfile.mkstemp(prefix="bylaw-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(report)
    except OSError:
        return " (--verbose shows where it failed)"
    return f" with the log {path}"


def _version() -> str:
    from bylaw import __version__  # noqa: PLC0415

    return __version__


def _to_stderr(text: str) -> None:
    if sys.stderr is None:
        return
    encoding = sys.stderr.encoding or "utf-8"
    try:
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return
