"""Edited text back in the bytes of its file: the encoding that the file declares, or a refusal."""

from __future__ import annotations

from bylaw.edits.text import EditError
from bylaw.readers.encoding import NotText, declared_encoding, to_utf8


def encoded(path: str, original: bytes, text: bytes) -> bytes:
    """`text` (UTF-8) as the bytes of the file at `path`, which had `original` before.

    Raises EditError where that would lose something: characters that the encoding lacks, an encoding that does not give
    the same bytes back, a changed encoding declaration.
    """
    if not path.endswith((".py", ".pyi")):
        return _plain(path, original, text)
    encoding = declared_encoding(original)
    if declared_encoding(text) != encoding:
        raise EditError(f"{path} would declare another encoding")
    try:
        if to_utf8(original).decode().encode(encoding) != original:
            raise EditError(f"{path} is in {encoding}, which does not give the same bytes back")
        result = text if encoding == "utf-8" else text.decode().encode(encoding)
        if to_utf8(result) != text:
            raise EditError(f"{path} is in {encoding}, which does not give the same text back")
    except (NotText, UnicodeError, LookupError) as error:
        raise EditError(f"{path} is in {encoding}, which cannot hold the new text") from error
    return result


def _plain(path: str, original: bytes, text: bytes) -> bytes:
    try:
        original.decode()
        text.decode()
    except UnicodeDecodeError as error:
        raise EditError(f"{path} is not UTF-8 text") from error
    return text
