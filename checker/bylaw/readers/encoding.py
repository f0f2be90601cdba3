"""How Python source is encoded. No parser is needed for that: texts are shown without one."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class NotText(Exception):  # noqa: N818 - a state of the input, caught right away
    """The bytes are not text in the encoding that the file declares. `offset` is the first bad byte."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def to_utf8(content: bytes) -> bytes:
    """The same text in UTF-8. Only a file with a coding cookie changes; a byte order mark stays where it is.

    Raises NotText for NUL bytes, and for bytes that the declared encoding (UTF-8 by default) cannot decode.
    """
    if (at := content.find(b"\0")) != -1:
        raise NotText("the file contains NUL bytes", at)
    encoding = declared_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(f"the file is not {encoding} text: {error.reason} at byte {error.start}", error.start) from error
    except (LookupError, ValueError, TypeError) as error:
        raise NotText(f"the file declares the encoding {encoding!r}, which is unknown") from error
    return content if encoding == "utf-8" else _encoded(text)


def _encoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise NotText("the file declares an encoding that is none of text")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotText(f"the file holds characters that are no text: {error.reason}") from error


def declared_encoding(content: bytes) -> str:
    """The encoding that a byte order mark or a coding cookie declares, in lower case; UTF-8 without one."""
    if content.startswith(BOM):
        return "utf-8"
    for line in content.split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            name = match[1].decode("ascii", "replace").lower().replace("_", "-")
            return "utf-8" if name in {"utf-8", "utf8", "utf-8-sig"} else name
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"
