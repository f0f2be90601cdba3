"""Indexes that are built, rebuilt and dropped CONCURRENTLY."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bylaw.diagnostics import AddImport, Edit, Fix, Replace, SetKeyword
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.locking.work import Work
from bylaw.project.migrations.repairs.leaving import is_call_of, is_whole_string, way_out
from bylaw.project.migrations.repairs.words import behind, one_line, said
from bylaw.project.migrations.transactions import Place
from bylaw.source import Span

_WORDS: Final = {
    "index": ("CREATE", "UNIQUE?", "INDEX"),
    "drop-index": ("DROP", "INDEX"),
    "reindex": ("REINDEX", r"\([\w\s]*\)?", "INDEX|TABLE|SCHEMA|DATABASE"),
}
_TITLES: Final = {
    "index": "Build it concurrently", "drop-index": "Drop it concurrently", "reindex": "Rebuild it concurrently",
}  # fmt: skip
_DJANGO: Final = ("AddIndex", "RemoveIndex")


def concurrent(work: Work, content: bytes, place_of: Callable[[Change], Place], *, evident: bool) -> Fix | None:
    """CONCURRENTLY, with what the runner needs to run it outside of a transaction; None where that takes another file.

    Safe where the migration does nothing else, and the table is known to have no partitions: then the index is the
    same. `evident`: the migrations run on PostgreSQL and nowhere else (elsewhere Alembic leaves its keyword out).
    """
    change, state = work.change, work.change.table(work.table)
    if work.inline or (state is not None and state.partitioned):
        return None
    out = way_out(change, place_of(change), content)
    said = _said(work, content) if out is not None else None
    if out is None or said is None:
        return None
    known = state is not None and state.created is not None
    fits = evident or isinstance(said[0], SetKeyword)
    return Fix(_TITLES[work.cause], (*said, *out.edits), "safe" if known and out.sure and fits else "unsafe")


def _said(work: Work, content: bytes) -> tuple[Edit, ...] | None:
    """The edits that make the operation a concurrent one."""
    change, span = work.change, work.change.operation.span
    path = change.step.path
    text = content[span.start : span.end].decode("utf-8", "replace")
    if change.tree.tool == "django":
        for name in _DJANGO:
            head = f"migrations.{name}"
            if text.startswith(f"{head}(") and not work.detail:
                new = f"{name}Concurrently"
                replaced = Replace(path, Span(span.start, span.start + len(head)), new)
                return replaced, AddImport(path, "django.contrib.postgres.operations", new)
    if is_call_of(change, content, "create_index", "drop_index"):
        return (SetKeyword(path, span, "postgresql_concurrently", "True"),)
    at = behind(text, *_WORDS[work.cause])
    if at is None or not (change.tree.tool == "sql" or is_whole_string(change, content)):
        return None
    if work.cause == "drop-index" and text.upper().rstrip().endswith("CASCADE"):
        return None
    start = span.start + len(text[:at].encode())
    return (Replace(path, Span(start, start), " CONCURRENTLY"),)


def told(work: Work, content: bytes) -> str:
    """The same statement with CONCURRENTLY, in the tool's own words and backticks; '' where it would be long."""
    change, span = work.change, work.change.operation.span
    text = content[span.start : span.end].decode("utf-8", "replace").rstrip("; \n")
    if change.tree.tool == "django" and work.cause == "index" and work.detail:
        text = ""
    name, _, rest = text.partition("(")
    if name in {"op.create_index", "op.drop_index"}:
        text = f"{text[:-1].rstrip().rstrip(',')}, postgresql_concurrently=True)"
    elif change.tree.tool == "alembic" and work.cause == "index" and behind(text, "CREATE") is None:
        text = _call(work)
    elif name in {"migrations.AddIndex", "migrations.RemoveIndex"}:
        text = f"{name.removeprefix('migrations.')}Concurrently({rest}"
    else:
        at = behind(text, *_WORDS[work.cause])
        text = said(change, f"{text[:at]} CONCURRENTLY{text[at:]}") if at is not None else ""
    line = one_line(text)
    return line if line.startswith("`") or not line else f"`{line}`"


def _call(work: Work) -> str:
    """For a column or a batch that brings the index along: the call that builds it by itself."""
    schema, _, table = work.table.rpartition(".")
    columns = ", ".join(f'"{column}"' for column in work.columns)
    unique = ", unique=True" if work.detail else ""
    place = f', schema="{schema}"' if schema else ""
    known = work.name and all(work.columns)
    call = f'op.create_index("{work.name}", "{table}", [{columns}]{unique}{place}, postgresql_concurrently=True)'
    return call if known else ""
