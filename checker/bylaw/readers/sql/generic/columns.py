"""Column definitions of any dialect, understood in full or not at all."""

from __future__ import annotations

from typing import Literal

from bylaw.facts.migrations import SERIAL_TYPES, ColumnSpec, ConstraintKind, Generation
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.generic.terms import enforcement, expression, reference, string_value
from bylaw.readers.sql.generic.types import type_text


def column_definition(cursor: Cursor) -> ColumnSpec:
    """`name type options` up to the cursor's end. Raises NotUnderstood for an option that is not known."""
    first = cursor.at
    name = cursor.name()
    column_type = type_text(cursor)
    return _Column(cursor, name, column_type).read(first)


class _Column:
    """The options of one column, gathered while they are read."""

    def __init__(self, cursor: Cursor, name: str, column_type: str) -> None:
        self.cursor = cursor
        self.name = name
        self.type = column_type
        self.nullable: bool | None = None
        self.default: str | None = None
        self.primary = self.unique = self.always = False
        self.references = self.check = self.comment = ""
        self.generation: Generation = "serial" if column_type in SERIAL_TYPES else ""
        self.names: list[tuple[str, str]] = []
        if column_type == "serial" and cursor.dialect in {"mysql", "mariadb"}:
            self.type, self.nullable, self.generation = "bigint unsigned", False, "identity"

    def read(self, first: int) -> ColumnSpec:
        constraint = ""
        while not self.cursor.is_done():
            if self.cursor.accept("constraint"):
                constraint = self.cursor.name()
                continue
            kind = self._option()
            if constraint and kind:
                self.names.append((kind, constraint))
                constraint = ""
        return ColumnSpec(
            self.name, self.type, self.nullable, self.default, primary_key=self.primary, unique=self.unique,
            references=self.references, generated=bool(self.generation), check=self.check, comment=self.comment,
            span=self.cursor.span(first, self.cursor.at), generation=self.generation,
            constraint_names=tuple(self.names), always=self.always and self.generation == "identity",
        )  # fmt: skip

    def _option(self) -> ConstraintKind | Literal[""]:
        """Step over one option. Returns the kind of constraint that it is."""
        cursor = self.cursor
        if cursor.accept("not", "null"):
            self.nullable = False
            self._on_conflict()
            return "not-null"
        if cursor.accept("null"):
            self.nullable = True
        elif cursor.accept("default"):
            self.default = expression(cursor)
        elif cursor.accept("on", "update"):
            expression(cursor)
        elif cursor.accept_any("auto_increment", "autoincrement", "auto_random") or cursor.accept("identity"):
            self.generation = "identity"
            if cursor.peek() == "(":
                cursor.group()
        elif cursor.accept("primary", "key") or cursor.accept("key"):
            self.primary = True
            cursor.accept_any("asc", "desc")
            cursor.accept_any("clustered", "nonclustered")
            self._on_conflict()
            return "primary-key"
        elif cursor.accept("unique"):
            self.unique = True
            cursor.accept_any("key", "clustered", "nonclustered")
            self._on_conflict()
            return "unique"
        elif cursor.accept("check"):
            bounds = cursor.group()
            found = cursor.source(*bounds)
            self.check = f"({self.check}) AND ({found})" if self.check else found
            enforcement(cursor)
            return "check"
        elif cursor.peek() == "references":
            self.references, _ = reference(cursor)
            return "foreign-key"
        else:
            self._attribute()
        return ""

    def _on_conflict(self) -> None:
        if self.cursor.accept("on", "conflict"):
            self.cursor.name()

    def _attribute(self) -> None:
        cursor = self.cursor
        if cursor.accept("comment"):
            self.comment = string_value(cursor)
        elif cursor.accept("collate") or cursor.accept("character", "set") or cursor.accept("charset"):
            cursor.accept("=")
            cursor.at += 1
            while cursor.accept("."):
                cursor.name()
        elif cursor.accept("generated"):
            self.always = cursor.accept("always")
            cursor.accept("by", "default")
            cursor.accept("on", "null")
            cursor.expect("as")
            self._generated()
        elif cursor.accept("as"):
            self._generated()
        elif cursor.accept_any(
            "visible", "invisible", "sparse", "rowguidcol", "asc", "desc", "first", "distkey", "sortkey"
        ):
            pass
        elif cursor.accept_any("after", "column_format", "storage", "encode", "srid", "compression"):
            cursor.at += 1
        elif cursor.accept_any("codec", "options", "ttl", "materialized", "alias"):
            expression(cursor)
        else:
            raise cursor.fail()

    def _generated(self) -> None:
        cursor = self.cursor
        if cursor.accept("identity"):
            self.generation = "identity"
            if cursor.peek() == "(":
                cursor.group()
            return
        cursor.group()
        stored = cursor.accept_any("stored", "persisted", "persistent", "virtual")
        self.generation = "stored" if stored in {"stored", "persisted", "persistent"} else "virtual"
