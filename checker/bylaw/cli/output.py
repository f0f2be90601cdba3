"""What a command prints, as bytes: collected first, written once. And what the terminal can take."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import msgspec

from bylaw.errors import UsageError


class Output(msgspec.Struct):
    """Standard output and standard error of one command."""

    out: bytearray = msgspec.field(default_factory=bytearray)
    err: bytearray = msgspec.field(default_factory=bytearray)

    def print(self, text: str, *, encoding: str | None = None) -> None:
        """Add text to standard output; `encoding` is the terminal's unless a format asks for another."""
        self.out += _encoded(text, encoding or _encoding(sys.stdout))

    def document(self, content: object) -> None:
        """Add a JSON document to standard output."""
        import json  # noqa: PLC0415 - `bylaw check` needs it for some formats only

        self.print(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def note(self, text: str) -> None:
        """Add a line to standard error."""
        self.err += _encoded(text + "\n", _encoding(sys.stderr))

    def flush(self) -> None:
        """Write everything. A reader that has gone away is no error: there is nobody left to tell.

        Raises UsageError when standard output takes nothing for another reason.
        """
        _write(sys.stderr, bytes(self.err))
        problem = _write(sys.stdout, bytes(self.out))
        self.err.clear()
        self.out.clear()
        if problem:
            raise UsageError(f"standard output cannot be written: {problem}")


def use_color(stream: TextIO | None) -> bool:
    """Whether to colour what goes to `stream`: NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _encoding(stream: TextIO | None) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, "backslashreplace")


def _write(stream: TextIO | None, data: bytes) -> str:
    """Write, and return what kept it from being written; '' when nothing did, or when nobody is left to read."""
    if stream is None or not data:
        return ""
    try:
        stream.flush()
        buffer = getattr(stream, "buffer", None)
        if buffer is None:
            stream.write(data.decode(_encoding(stream), "backslashreplace"))
        else:
            buffer.write(data)
            buffer.flush()
    except BrokenPipeError:
        _give_up(stream)
    except OSError as error:
        _give_up(stream)
        return error.strerror or str(error)
    return ""


def _give_up(stream: TextIO) -> None:
    """Let Python's own flush at exit go nowhere."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
