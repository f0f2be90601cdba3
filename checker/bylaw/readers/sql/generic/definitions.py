"""Column definitions and table constraints, of any dialect, understood in full or not at all."""

from __future__ import annotations

import re
from typing import Final, Literal

from bylaw.facts.migrations import AddConstraint, ColumnSpec, CreateIndex, Operation
from bylaw.readers.sql.generic.cursor import Cursor
from bylaw.readers.sql.text import readable

_TYPE_TAILS: Final = frozenset({
    "varying", "precision", "unsigned", "signed", "zerofill", "large", "object", "binary", "varchar", "char",
    "character", "raw", "byte", "integer", "int", "bigint", "smallint",
})  # fmt: skip
_TWO_WORD_HEADS: Final = frozenset(
    {"national", "long", "character", "char", "double", "bit", "unsigned", "signed", "binary", "nchar"}
)
_OPTIONS: Final = frozenset({
    "not", "null", "default", "on", "auto_increment", "autoincrement", "identity", "primary", "key", "unique", "check",
    "references", "comment", "collate", "character", "charset", "generated", "as", "constraint", "first", "after",
    "visible", "invisible", "column_format", "storage", "asc", "desc", "deferrable", "initially", "match", "enforced",
    "virtual", "stored", "persisted", "persistent", "sparse", "rowguidcol", "encode", "codec", "auto_random", "srid",
    "ttl", "materialized", "alias", "without", "compression", "options", "masking", "tag", "with", "clustered",
    "nonclustered", "distkey", "sortkey",
})  # fmt: skip
_TYPE_NAMES: Final = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "decimal": "numeric",
    "dec": "numeric", "character varying": "varchar", "char varying": "varchar", "character": "char",
    "float8": "double precision", "float4": "real", "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone", "timestamp without time zone": "timestamp", "time without time zone": "time",
    "varbit": "bit varying", "bpchar": "char",
}  # fmt: skip
_WIDTHLESS: Final = re.compile(r"^(integer|bigint|smallint|mediumint)\(\d+\)")
_SERIAL: Final = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8"})

Kind = Literal["primary-key", "unique", "foreign-key", "check", "exclude", "not-null"]


def column_definition(cursor: Cursor) -> ColumnSpec:
    """`name type options` up to the cursor's end. Raises NotUnderstood for an option that is not known."""
    first = cursor.at
    name = cursor.name()
    column_type = type_text(cursor)
    return _Column(cursor, name, column_type).read(first)


def type_text(cursor: Cursor) -> str:
    """A type and its arguments, normalised; '' where an option or the end comes next (SQLite)."""
    if not cursor.is_name() or (cursor.peek() in _OPTIONS and cursor.peek() != "character"):
        return ""
    quoted = cursor.tokens[cursor.at].kind == "quoted"
    head = cursor.dotted()
    words = [head if quoted else head.lower()]
    arguments = ""
    while not cursor.is_done():
        word = cursor.peek()
        if word == "(" and not arguments:
            bounds = cursor.group()
            arguments = f"({_argument_text(cursor, *bounds)})"
            words[-1] += "\0"
        elif word == "<" and not arguments:
            arguments = _angles(cursor)
            words[-1] += "\0"
        elif word == "[":
            words[-1] += "[]"
            while not cursor.is_done() and not cursor.accept("]"):
                cursor.at += 1
        elif word in {"with", "without"} and cursor.peek(1) in {"time", "local"}:
            while cursor.peek() in {"with", "without", "local", "time", "zone"}:
                words.append(cursor.peek())
                cursor.at += 1
        elif word in _TYPE_TAILS and (
            len(words) == 1 or words[0] in _TWO_WORD_HEADS or word in {"unsigned", "zerofill", "signed"}
        ):
            if word == "character" and cursor.peek(1) == "set":
                break
            words.append(word)
            cursor.at += 1
        else:
            break
    return _normal(" ".join(words), arguments)


def _argument_text(cursor: Cursor, first: int, last: int) -> str:
    parts = []
    for begin, end in cursor.elements(first, last):
        text = cursor.source(begin, end)
        parts.append(text if cursor.tokens[begin].kind in {"string", "quoted"} else text.lower())
    return ", ".join(parts)


def _angles(cursor: Cursor) -> str:
    depth, first = 0, cursor.at
    while not cursor.is_done():
        depth += (cursor.peek() == "<") - (cursor.peek() == ">")
        cursor.at += 1
        if depth == 0:
            break
    return cursor.source(first, cursor.at).lower()


def _normal(words: str, arguments: str) -> str:
    plain = words.replace("\0", "")
    words = words if "\0" in words else words + "\0"
    base = re.sub(r" (?:unsigned|signed|zerofill|binary)\b", "", plain)
    named = _TYPE_NAMES.get(base.replace("[]", ""))
    if named is not None:
        rest = plain[len(base) :]
        head, space, tail = named.partition(" ")
        timed = head in {"timestamp", "time"}
        text = f"{head}{arguments}{space}{tail}" if timed else f"{named}{arguments}"
        text += "[]" * base.count("[]") + rest
    else:
        text = words.replace("\0", arguments, 1)
    return _WIDTHLESS.sub(r"\1", text.replace(" signed", ""))


class _Column:
    """The options of one column, gathered while they are read."""

    def __init__(self, cursor: Cursor, name: str, column_type: str) -> None:
        self.cursor = cursor
        self.name = name
        self.type = column_type
        self.nullable: bool | None = None
        self.default: str | None = None
        self.primary = self.unique = False
        self.references = self.check = self.comment = ""
        self.generation: Literal["", "identity", "serial", "stored", "virtual"] = (
            "serial" if column_type in _SERIAL else ""
        )
        self.names: list[tuple[str, str]] = []

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
            constraint_names=tuple(self.names),
        )  # fmt: skip

    def _option(self) -> Kind | Literal[""]:
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
        elif cursor.accept("primary", "key") or (cursor.peek() == "key" and cursor.accept("key")):
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
            self.check = cursor.source(*bounds)
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
            cursor.accept("always")
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


def string_value(cursor: Cursor) -> str:
    """The value of the string literal that comes next."""
    if cursor.is_done() or cursor.tokens[cursor.at].kind not in {"string", "quoted"}:
        raise cursor.fail()
    token = cursor.tokens[cursor.at]
    cursor.at += 1
    raw = cursor.text[token.start : token.end]
    return readable(raw[1:-1]).replace(raw[0] * 2, raw[0])


def expression(cursor: Cursor) -> str:
    """A default or the like: its first term, and what follows it up to the next option."""
    first = cursor.at
    if cursor.is_done():
        raise cursor.fail()
    while True:
        if cursor.peek() == "(":
            cursor.group()
        else:
            cursor.at += 1
        if cursor.is_done() or (cursor.tokens[cursor.at].kind == "word" and cursor.peek() in _OPTIONS):
            return cursor.source(first, cursor.at)


def enforcement(cursor: Cursor) -> bool:
    """Step over `[NOT] ENFORCED`. Returns whether the constraint is not enforced."""
    if cursor.accept("not", "enforced"):
        return True
    cursor.accept("enforced")
    return False


def reference(cursor: Cursor) -> tuple[str, tuple[str, ...]]:
    """`REFERENCES table (columns) actions`: the target (`table.column` or `table`) and its columns."""
    cursor.expect("references")
    table = cursor.dotted()
    columns = cursor.column_list() if cursor.peek() == "(" else ()
    while not cursor.is_done():
        if cursor.accept("on"):
            if not cursor.accept_any("delete", "update"):
                raise cursor.fail()
            if not (cursor.accept("no", "action") or cursor.accept("set", "null") or cursor.accept("set", "default")):
                if not cursor.accept_any("cascade", "restrict"):
                    raise cursor.fail()
            elif cursor.peek() == "(":
                cursor.group()
        elif cursor.accept("match") or cursor.accept("initially"):
            cursor.name()
        elif (
            cursor.accept("not", "deferrable")
            or cursor.accept("deferrable")
            or cursor.accept("not", "for", "replication")
        ):
            continue
        else:
            break
    return (f"{table}.{columns[0]}" if len(columns) == 1 else table), columns


_CONSTRAINTS: Final = frozenset({"constraint", "primary", "unique", "foreign", "check", "exclude"})
_INDEXES: Final = frozenset({"key", "index", "fulltext", "spatial"})


def is_constraint(cursor: Cursor) -> bool:
    """Whether a table constraint or an inline index comes next, not a column."""
    word = cursor.peek()
    if cursor.is_done() or cursor.tokens[cursor.at].kind != "word":
        return False
    if word in _CONSTRAINTS:
        return True
    if cursor.dialect in {"sqlite", "postgres", "clickhouse"}:
        return False
    return word in _INDEXES and (word != "index" or cursor.peek(1) == "(" or cursor.is_name(1))


def table_constraint(cursor: Cursor, table: str) -> Operation:
    """A constraint or index of a table, up to the cursor's end."""
    first = cursor.at
    name = ""
    if cursor.accept("constraint") and cursor.peek() not in _CONSTRAINTS - {"constraint"}:
        cursor.accept("if", "not", "exists")
        name = cursor.name()
    kind = cursor.accept_any(
        "primary", "unique", "foreign", "check", "fulltext", "spatial", "key", "index", "exclude", "not"
    )
    columns: tuple[str, ...] = ()
    references, expression_text, not_enforced = "", "", False
    targets: tuple[str, ...] = ()
    match kind:
        case "check":
            bounds = cursor.group()
            expression_text = cursor.source(*bounds)
        case "foreign":
            cursor.expect("key")
            if cursor.peek() != "(":
                name = cursor.name() or name
            columns = cursor.column_list()
            references, targets = reference(cursor)
        case "primary" | "unique" | "key" | "index" | "fulltext" | "spatial":
            if kind == "primary":
                cursor.expect("key")
            elif kind in {"unique", "fulltext", "spatial"}:
                cursor.accept_any("key", "index")
            cursor.accept_any("clustered", "nonclustered")
            cursor.accept("if", "not", "exists")
            if cursor.peek() not in {"(", "using", "nulls"}:
                name = cursor.name() or name
            _index_options(cursor)
            columns = cursor.column_list()
        case _:
            raise cursor.fail()
    not_enforced = enforcement(cursor)
    not_valid = cursor.accept("not", "valid")
    _index_options(cursor)
    if not cursor.is_done():
        raise cursor.fail()
    span = cursor.span(first, cursor.at)
    if kind in {"key", "index", "fulltext", "spatial"}:
        return CreateIndex(table, name, columns, span, method=kind if kind in {"fulltext", "spatial"} else "")
    kinds: dict[str, Kind] = {"primary": "primary-key", "unique": "unique", "foreign": "foreign-key", "check": "check"}
    return AddConstraint(
        table, kinds[kind], columns, span, name, references=references, expression=expression_text, not_valid=not_valid,
        not_enforced=not_enforced, referenced_columns=targets,
    )  # fmt: skip


def _index_options(cursor: Cursor) -> None:
    while not cursor.is_done():
        if cursor.accept_any("using", "comment"):
            cursor.at += 1
        elif cursor.accept("key_block_size") or cursor.accept("with", "parser"):
            cursor.accept("=")
            cursor.at += 1
        elif cursor.accept("on", "conflict"):
            cursor.name()
        elif cursor.accept("nulls", "not", "distinct") or cursor.accept_any("visible", "invisible", "deferrable"):
            continue
        elif cursor.accept("initially"):
            cursor.name()
        elif cursor.accept("with") or cursor.accept("include"):
            cursor.group()
        elif cursor.accept("on"):
            cursor.dotted()
        else:
            return
