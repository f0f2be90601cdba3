"""Real SQL with something done to it: tokens moved, cut, doubled and put in from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

_FOLDER = Path(__file__).parents[1] / "fixtures"
_TOKENS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$\w*\$|--[^\n]*\n?|/\*|\*/|\w+|\s+|.", re.DOTALL)
_FOREIGN = st.sampled_from([
    "/*", "*/", "/* /* */", "--", "$$", "$a$", "$1$", "'", "''", '"', "`", "[", "]", "(", ")", "((((", "))))", ";",
    "\x00", "\\", "\\.\n", "\\i x\n", "DELIMITER //\n", "DELIMITER $$\n", "//", "\nGO\n", "BEGIN ", " END ", " END IF ",
    "CASE ", "BEGIN ATOMIC ", "E'\\'", "N'x'", "q'[", "U&\"", "%s", ":a", ":'a'", "%(b)s", "{{ x }}", "{% if %}",
    "é", "🦆", "\u2028", "\ufeff", "-- +goose Up\n", "-- +goose Down\n", "-- +goose StatementBegin\n", ";;",
    "-- migrate:down\n", "${y}",
    "--> statement-breakpoint\n", "COPY t FROM stdin;\n", "/*!50000 ", "/*M!100100 ", "#", "-- bylaw: ignore[x]: y\n",
    "NULL", "1e999", "0x", "::", "...", "->>'a'", "@>", "?|", "\r", "\n", "\t",
])  # fmt: skip


def _texts() -> list[str]:
    """Statements of every dialect, from the fixtures."""
    found: list[str] = []
    for path in [*(_FOLDER / "readers" / "sql").glob("*.sql"), *(_FOLDER / "server").glob("*.sql")]:
        parts = re.split(r"\n--> .*|\n\n|\n(?=[A-Z])", path.read_text("utf-8"))
        found += [part.strip() for part in parts if part.strip() and not part.startswith("-->")]
    return sorted(set(found))


def broken_off() -> Iterator[str]:
    """Each statement of the fixtures cut behind each of its tokens, and without each of them."""
    for text in _texts():
        tokens = _TOKENS.findall(text)[:120]
        for at, token in enumerate(tokens):
            if not token.isspace():
                yield "".join(tokens[: at + 1])
                yield "".join([*tokens[:at], *tokens[at + 1 :]])


TEXTS = st.sampled_from(_texts()).map(_TOKENS.findall)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    tokens = list(draw(TEXTS))
    for _ in range(draw(st.integers(1, 5))):
        if not tokens:
            break
        first = draw(st.integers(0, len(tokens) - 1))
        last = min(len(tokens), first + draw(st.integers(1, 8)))
        match draw(
            st.sampled_from(["drop", "turn", "double", "cut", "behead", "put", "put", "replace", "graft", "case"])
        ):
            case "drop":
                del tokens[first:last]
            case "turn":
                tokens[first:last] = reversed(tokens[first:last])
            case "double":
                tokens[first:last] = tokens[first:last] * 2
            case "cut":
                del tokens[first:]
            case "behead":
                del tokens[:first]
            case "put":
                tokens.insert(first, draw(_FOREIGN))
            case "replace":
                tokens[first] = draw(_FOREIGN)
            case "graft":
                tokens[first:last] = draw(TEXTS)[:20]
            case _:
                tokens[first] = tokens[first].swapcase()
    return "".join(tokens)


MUTATED = st.lists(_mutated(), min_size=1, max_size=3).map(";\n".join)
