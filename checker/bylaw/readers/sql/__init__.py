"""Reads SQL migration files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bylaw.facts.code import Suppression, SyntaxProblem
from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import Migration, Operation, UnreadOperation
from bylaw.readers.sql.layout import Layout
from bylaw.readers.sql.layouts import is_suspected, layout_of, unknown_layout
from bylaw.readers.sql.text import Reading, Stretch, bytewise
from bylaw.source import Span

_BOM: Final = b"\xef\xbb\xbf"
_WIDE_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_GENERATED: Final = {
    "prisma": (
        "-- CreateTable", "-- AlterTable", "-- CreateIndex", "-- AddForeignKey", "-- DropForeignKey", "-- CreateEnum",
        "-- AlterEnum", "-- DropTable", "-- DropIndex", "-- RenameForeignKey", "-- RenameIndex", "-- RedefineTables",
    ),
    "drizzle": ("--> statement-breakpoint",),
}  # fmt: skip
"""Comments that only the tool's generator writes."""


def read(path: str, content: bytes) -> FileFacts:
    """All facts of one SQL file. `path` is relative to the root, posix. Never raises for any content.

    Only a migration has facts: a file counts as one when its layout, its folder or its name says so.
    """
    if b"\0" in content[:10_000] or content.startswith(_WIDE_BOMS):
        what = "the file is UTF-16 text" if content.startswith(_WIDE_BOMS) else "the file contains NUL bytes"
        migrations = _unreadable(path, what)
        return FileFacts(
            path, "sql", migrations=migrations, syntax_problem=SyntaxProblem(Span(0, 0), what) if migrations else None
        )
    text = bytewise(_readable(content))
    layout = layout_of(path, text)
    migrations = (_migration(layout, text),) if layout is not None and layout.up else ()
    unknown = unknown_layout(path, text) if layout is None else None
    unplaced = (_migration(unknown, text),) if unknown is not None else ()
    said = _suppressions(text, migrations or unplaced)
    suspected = bool(unplaced) and is_suspected(path, text)
    return FileFacts(path, "sql", migrations=migrations, suppressions=said, unplaced=unplaced, suspected=suspected)


def _unreadable(path: str, reason: str) -> tuple[Migration, ...]:
    """A migration that is no text keeps its place among the others."""
    layout = layout_of(path, "")
    if layout is None or not layout.up:
        return ()
    unread = (UnreadOperation(Span(0, 0), reason),)
    return (Migration("sql", layout.revision, (), unread, Span(0, 0), dialect=layout.dialect, layout=layout.name),)


def _readable(content: bytes) -> bytes:
    """UTF-8 of the same length: a byte order mark becomes blanks, and what is no UTF-8 becomes question marks."""
    if content.startswith(_BOM):
        content = b"   " + content[3:]
    if content.isascii():
        return content
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return bytes(byte if byte < 0x80 else 0x3F for byte in content)
    return content


def _migration(layout: Layout, text: str) -> Migration:
    from bylaw.readers.sql.comments import comment_facts, comment_tokens  # noqa: PLC0415
    from bylaw.readers.sql.statements import read as read_statements  # noqa: PLC0415
    from bylaw.readers.sql.templates import code_of, control_flow, has_signs, without_schemas  # noqa: PLC0415

    is_template = has_signs(text)
    text = without_schemas(text) if is_template else text
    code = code_of(text) if is_template else ""
    sign = control_flow(code) if code else ""
    reading = Reading.empty()
    dialect = layout.dialect
    template = f"a template ({sign.strip()}) decides what runs" if sign else ""
    for start, end in layout.up:
        if template:
            reading.operations.append(UnreadOperation(Span(start, len(text[:end].rstrip())), template))
        else:
            dialect = read_statements(Stretch(text, start, end, Span), dialect, reading)
    operations = tuple(_without_placeholders(reading, code) if code and not template else reading.operations)
    marks = _GENERATED.get(layout.name, ())
    return Migration(
        "sql", layout.revision, (), operations, Span(0, max(0, text.find("\n"))), dialect=layout.dialect or dialect,
        layout=layout.name, transactional=layout.transactional, generated=any(mark in text for mark in marks),
        comments=comment_facts(text, comment_tokens(text, dialect)), template=template,
        statements=tuple(reading.statements), blocks=tuple(reading.blocks), within=tuple(reading.within),
    )  # fmt: skip


def _without_placeholders(reading: Reading, code: str) -> Iterator[Operation]:
    """The operations, but one that is unread for each statement that a template fills in."""
    from bylaw.readers.sql.templates import placeholder  # noqa: PLC0415

    filled = {}
    for statement in reading.statements:
        if found := placeholder(code[statement.start : statement.end]):
            filled[statement] = UnreadOperation(statement, f"a template fills in {found}")
    told = set()
    for operation in reading.operations:
        around = next((statement for statement in filled if statement.contains(operation.span)), None)
        if around is None:
            yield operation
        elif around not in told:
            told.add(around)
            yield filled[around]


def _suppressions(text: str, migrations: tuple[Migration, ...]) -> tuple[Suppression, ...]:
    if "bylaw:" not in text:
        return ()
    from bylaw.readers.sql.suppressions import suppressions  # noqa: PLC0415

    return suppressions(text, migrations)
