"""SQL as it is written: where the words of a statement end, and how names and statements are put into text.

Patterns are enough here, because the statement was read already: they say where known words stand, and match nothing
where comments or a string's escapes come between them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bylaw.patterns import regex
from bylaw.project.migrations.changes import Change

NAME: Final = r'(?:"[^"]+"|[^\W\d][\w$]*)'
QUALIFIED: Final = rf"{NAME}(?:\.{NAME})*"
_PADDED: Final = regex(r",? (?P<end>[)])")
_PLAIN: Final = regex(r"[a-z_][a-z0-9_]*", re.ASCII)
_OWN_TYPE: Final = regex(r"(?P<name>[^()\[\]\s\"]*[A-Z$][^()\[\]\s\"]*)(?P<rest>[(\[][^\"]*)?", re.ASCII)
_RESERVED: Final = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for",
    "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect",
    "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
    "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing",
    "primary", "references", "returning", "right", "select", "session_user", "similar", "some", "symmetric",
    "system_user", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using",
    "variadic", "verbose", "when", "where", "window", "with",
})  # fmt: skip


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for word in words:
        bare = word.rstrip("?")
        part = QUALIFIED if bare == "@" else bare.replace("|", r"\b|")
        spaced = rf"\s*(?:{part})(?!\w)"
        parts.append(f"(?:{spaced})?" if word.endswith("?") else spaced)
    return re.compile("".join(parts), re.IGNORECASE)


def behind(text: str, *words: str) -> int | None:
    """The offset (characters) behind these words, with which `text` must begin; None where it does not.

    A word with `?` may be missing, `@` stands for a name, `a|b` for either.
    """
    found = _pattern(words).match(text)
    return found.end() if found is not None else None


def quoted(name: str) -> str:
    """A name, schema and all, as SQL takes it."""
    return ".".join(
        part if _PLAIN.fullmatch(part) and part not in _RESERVED else f'"{part}"' for part in name.split(".")
    )


def as_type(name: str) -> str:
    """A type as SQL takes it: one of the project's own may need quotes; brackets behind it stay as they are."""
    own = _OWN_TYPE.fullmatch(name)
    return f"{quoted(own['name'])}{own['rest'] or ''}" if own is not None else name


def one_line(text: str, longest: int = 160) -> str:
    """A statement on one line, for people to read; '' where it is longer than that many characters."""
    if len(text) > 10 * longest:
        return ""
    line = _PADDED.sub(r"\g<end>", " ".join(text.split()).replace("( ", "("))
    return line if len(line) <= longest else ""


def python_string(text: str) -> str:
    """The text as a Python literal, with the quotes that need no escapes."""
    return f"'{text}'" if '"' in text and "'" not in text else '"' + text.replace('"', '\\"') + '"'


def said(change: Change, statement: str) -> str:
    """An SQL statement as the tool of the migration takes it, in backticks."""
    match change.tree.tool:
        case "alembic":
            return f"`op.execute({python_string(statement)})`"
        case "django":
            return f"`migrations.RunSQL({python_string(statement)})`"
        case _:
            return f"`{statement};`"
