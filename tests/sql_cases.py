"""Reads `fixtures/readers/sql/*.sql`: statements, each followed by the operations that are expected of it.

A case is SQL and behind it one line `--> Operation field=value …` for each operation (`--> nothing` for none). Fields
with their default value are left out; `@ text` at the end says which part of the SQL the operation points at, where it
is not all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bylaw.facts.migrations import Operation
from bylaw.readers.sql.statements import operations
from bylaw.source import Span

FOLDER = Path(__file__).parents[1] / "fixtures" / "readers" / "sql"
_ARROW = "--> "


@dataclass(frozen=True)
class Case:
    file: str
    line: int
    sql: str
    expected: tuple[str, ...]


def cases(name: str) -> Iterator[Case]:
    """The cases of one file. `line` is the 1-based line on which the SQL starts."""
    sql: list[str] = []
    expected: list[str] = []
    start = 1
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    for number, line in enumerate([*lines, ""], start=1):
        if line.startswith(_ARROW):
            expected.append(line.removeprefix(_ARROW))
        elif expected:
            yield Case(name, start, "\n".join(sql).strip("\n"), tuple(expected))
            sql, expected, start = [line] if line else [], [], number + (not line)
        elif line or sql:
            sql.append(line)
        else:
            start = number + 1


def shown(case_sql: str, dialect: str) -> tuple[str, ...]:
    """What the reader finds in a case, in the words of the file."""
    content = case_sql.encode()
    whole = Span(0, len(content.rstrip(b"; \n")))
    found = operations(case_sql, dialect, _by_bytes(case_sql))
    return tuple(render(operation, content, whole) for operation in found) or ("nothing",)


def _by_bytes(sql: str) -> Callable[[int, int], Span]:
    return lambda start, end: Span(len(sql[:start].encode()), len(sql[:end].encode()))


def render(operation: Operation, content: bytes, whole: Span) -> str:
    fields = " ".join(_fields(operation))
    text = content[operation.span.start : operation.span.end].decode()
    place = "" if operation.span == whole else f" @ {text!r}" if "\n" in text else f" @ {text}"
    return f"{type(operation).__name__} {fields}{place}".replace("  ", " ").rstrip()


def _fields(struct: msgspec.Struct) -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if field.name == "span" or value == field.default or (value in ((), "") and field.required):
            continue
        yield f"{field.name}={_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        return f"({' '.join(_fields(value))})"
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    return repr(value) if isinstance(value, str) and (not value or " " in value or "'" in value) else str(value)
