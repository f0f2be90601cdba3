"""The first step of a rename in three releases: the new column beside the old one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bylaw.diagnostics import AddImport, Edit, Fix, Replace
from bylaw.facts.migrations import AddColumn, Operation, RenameColumn
from bylaw.patterns import regex
from bylaw.project.migrations.compatibility.renames import Rename
from bylaw.project.migrations.state.schema import ColumnState
from bylaw.source import Span

_NAME: Final = r"(?:\"[^\"]{1,99}\"|`[^`]{1,99}`|\w{1,99})"
_SQL: Final = regex(
    rf"\s*alter\s+table\b[^;]{{1,400}}?\s(?P<rename>rename\s+(?:column\s+)?{_NAME}\s+to\s+(?P<new>{_NAME}))\s*",
    re.IGNORECASE,
)
_WRITTEN: Final = regex(r"[a-z][a-z0-9_ ]*(?:\([0-9, ]+\))?(?: with time zone| without time zone)?(?:\[\])?")
_ALEMBIC: Final = regex(r"(?P<object>\w{1,63})\.alter_column\(\s*[\"'](?P<first>[^\"']+)[\"']")
_DJANGO: Final = regex(r"(?P<module>(?:\w{1,63}\.)?)RenameField\((?P<rest>.*)\)", re.DOTALL)
_OWN_LINE: Final = regex(r"\s*\n[ \t]*")
_ONLY_A_NAME: Final = regex(r"\b(?:type_|server_default|comment|nullable|autoincrement)\s*=")
_TYPES: Final = {
    "text": ("sa.Text()", "models.TextField({})"),
    "integer": ("sa.Integer()", "models.IntegerField({})"),
    "bigint": ("sa.BigInteger()", "models.BigIntegerField({})"),
    "smallint": ("sa.SmallInteger()", "models.SmallIntegerField({})"),
    "boolean": ("sa.Boolean()", "models.BooleanField({})"),
    "date": ("sa.Date()", "models.DateField({})"),
    "timestamp": ("sa.DateTime()", ""),
    "timestamp with time zone": ("sa.DateTime(timezone=True)", "models.DateTimeField({})"),
    "double precision": ("sa.Float()", "models.FloatField({})"),
    "uuid": ("sa.Uuid()", "models.UUIDField({})"),
    "json": ("sa.JSON()", ""),
    "jsonb": ("", "models.JSONField({})"),
}


def expanded(rename: Rename, content: bytes, *, postgres: bool) -> Fix | None:
    """The rename as the addition of a nullable column of the same type; None where its type, or the statement, is not
    known well enough. `content` is the migration's file.
    """
    change = rename.change
    if not rename.column:
        return None
    state = change.table(rename.table)
    column = state.column(rename.column) if state is not None else None
    if column is None or not column.type or column.generated or column.primary_key:
        return None
    if any(
        isinstance(other, AddColumn) and other.column.name == rename.column
        for other in change.step.migration.operations
    ):
        return None  # something else takes the old column's place
    if sum(_renames_as(other, rename) for other in change.step.migration.operations) > 1:
        return None  # in two ways, one of which works
    span = change.operation.span
    text = content[span.start : span.end].decode("utf-8", "replace")
    if len(text.encode()) != span.end - span.start:
        return None
    edits = _in_sql(rename, column, text, postgres=postgres)
    if edits is None and sum(one.span == span for one in change.step.migration.operations) == 1:
        edits = _in_alembic(rename, column, text) or _in_django(rename, column, text)
    if edits is None:
        return None
    new, old = rename.new_name, rename.column
    title = f"Add `{new}` beside `{old}` for now (then copy and write both, read `{new}`, and drop `{old}` last)"
    return Fix(title, edits)


def _renames_as(operation: Operation, rename: Rename) -> bool:
    if not isinstance(operation, RenameColumn):
        return False
    return (operation.column, operation.new_name) == (rename.column, rename.new_name)


def _in_sql(rename: Rename, column: ColumnState, text: str, *, postgres: bool) -> tuple[Edit, ...] | None:
    match = _SQL.fullmatch(text)
    if match is None or not postgres or not _WRITTEN.fullmatch(column.type):
        return None
    start = rename.change.operation.span.start
    first, last = (len(text[: match.start("rename")].encode()), len(text[: match.end("rename")].encode()))
    place = Span(start + first, start + last)
    return (Replace(rename.change.step.path, place, f"ADD COLUMN {match['new']} {column.type}"),)


def _in_alembic(rename: Rename, column: ColumnState, text: str) -> tuple[Edit, ...] | None:
    match = _ALEMBIC.match(text)
    kind = _python_type(column.type, 0)
    if match is None or not kind or not text.endswith(")") or _ONLY_A_NAME.search(text):
        return None
    path, span = rename.change.step.path, rename.change.operation.span
    made = f'sa.Column("{rename.new_name}", {kind}, nullable=True)'
    schema, _, table = rename.table.rpartition(".")
    if match["first"] == rename.column and match["first"] != table:
        call = f"{match['object']}.add_column({made})"
    else:
        where = f', schema="{schema}"' if schema else ""
        call = f'{match["object"]}.add_column("{table}", {made}{where})'
    return (Replace(path, span, call), AddImport(path, "sqlalchemy", "", "sa"))


def _in_django(rename: Rename, column: ColumnState, text: str) -> tuple[Edit, ...] | None:
    match = _DJANGO.fullmatch(text)
    kind = _python_type(column.type, 1)
    if match is None or not kind or column.references:
        return None
    given = dict(re.findall(r"\b(model_name|old_name|new_name)\s*=\s*[\"'](\w+)[\"']", match["rest"]))
    plain = re.findall(r"[\"'](\w+)[\"']", match["rest"])
    model, new = given.get("model_name"), given.get("new_name")
    if not given and len(plain) == 3:  # the three arguments by position
        model, _, new = plain
    if not model or not new:
        return None
    path, span = rename.change.step.path, rename.change.operation.span
    arguments = _laid_out((f'model_name="{model}"', f'name="{new}"', f"field={kind}"), match["rest"])
    return (Replace(path, span, f"{match['module']}AddField({arguments})"), AddImport(path, "django.db", "models"))


def _laid_out(arguments: Iterable[str], like: str) -> str:
    """Arguments of a call in the quotes and on the lines of those that stood there."""
    if '"' not in like:
        arguments = [argument.replace('"', "'") for argument in arguments]
    begin = _OWN_LINE.match(like)
    if begin is None:
        return ", ".join(arguments)
    end = like[len(like.rstrip()) :]
    return "".join(f"{begin[0]}{argument}," for argument in arguments) + end


def _python_type(text: str, which: int) -> str:
    """SQLAlchemy's (0) or Django's (1) word for an SQL type; '' where there is none that says the same."""
    sized = re.fullmatch(r"varchar\((\d+)\)", text)
    if sized:
        return (f"sa.String({sized[1]})", f"models.CharField(max_length={sized[1]}, null=True)")[which]
    exact = re.fullmatch(r"numeric\((\d+), (\d+)\)", text)
    if exact:
        digits, places = exact.groups()
        field = f"models.DecimalField(max_digits={digits}, decimal_places={places}, null=True)"
        return (f"sa.Numeric({digits}, {places})", field)[which]
    if text == "varchar" and which == 0:
        return "sa.String()"
    found = _TYPES.get(text)
    return found[which].format("null=True") if found is not None else ""
