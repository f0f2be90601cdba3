"""The one place that calls libpg_query: SQL bytes in, the parse tree as JSON out.

Only the C library inside `postgast` is used. Its Python package imports the protobuf runtime and 5,000 generated
classes, which takes longer than reading a thousand statements does; the library's own JSON, decoded into the few
nodes of `tree`, needs none of that.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import msgspec

from bylaw.readers.sql.postgres.tree.nodes import ParseTree


class ParseError(Exception):
    """The text is no PostgreSQL. `offset` is the 0-based byte where the parser stumbled, -1 where it does not say."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@cache
def _library() -> ModuleType:
    """`postgast.native`, loaded without its package; the package itself where its files lie elsewhere than expected."""
    package = importlib.util.find_spec("postgast")
    for folder in (package.submodule_search_locations or ()) if package else ():
        file = Path(folder, "native.py")
        if not file.is_file():
            continue
        spec = importlib.util.spec_from_file_location("bylaw_libpg_query", file)
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return importlib.import_module("postgast.native")


@cache
def _decoder() -> msgspec.json.Decoder[ParseTree]:
    return msgspec.json.Decoder(ParseTree)


def parse(sql: bytes) -> ParseTree:
    """The statements of a text. `sql` is UTF-8 without NUL; the caller bounds its size, for deep trees exhaust the C
    stack.

    Raises ParseError for the first syntax error, and for a tree too deep to be walked.
    """
    library = _library().lib
    result = library.pg_query_parse(sql)
    try:
        if result.error:
            error = result.error.contents
            message = (error.message or b"unknown error").decode("utf-8", "replace")
            raise ParseError(message, error.cursorpos - 1)
        return _decoder().decode(result.parse_tree)
    except RecursionError:
        raise ParseError("nested too deeply", -1) from None
    except msgspec.MsgspecError as problem:
        raise ParseError(f"its parse tree is not understood: {problem}", -1) from problem
    finally:
        library.pg_query_free_parse_result(result)
