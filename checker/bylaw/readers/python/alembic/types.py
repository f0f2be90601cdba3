"""SQLAlchemy types as SQL text, the way PostgreSQL spells them."""

from __future__ import annotations

from typing import Final

from bylaw.facts.values import Attr, Call, Choice, Constant, Items, Ref, Value, flag_of, text_of

_PLAIN: Final = {
    "integer": "integer", "int": "integer", "biginteger": "bigint", "bigint": "bigint", "smallinteger": "smallint",
    "smallint": "smallint", "boolean": "boolean", "bool": "boolean", "text": "text", "unicodetext": "text",
    "clob": "text", "date": "date", "float": "double precision", "real": "real", "double": "double precision",
    "double_precision": "double precision", "uuid": "uuid", "json": "json", "jsonb": "jsonb", "largebinary": "bytea",
    "bytea": "bytea", "interval": "interval", "inet": "inet", "cidr": "cidr", "macaddr": "macaddr",
    "tsvector": "tsvector", "tsvectortype": "tsvector", "tsquery": "tsquery", "hstore": "hstore", "money": "money",
    "oid": "oid", "citext": "citext", "guid": "uuid", "uuidtype": "uuid", "jsontype": "json",
    "bigserial": "bigserial", "serial": "serial", "xml": "xml", "int4range": "int4range", "int8range": "int8range",
    "numrange": "numrange", "daterange": "daterange", "tsrange": "tsrange", "tstzrange": "tstzrange", "uuid4": "uuid",
}  # fmt: skip
_SIZED: Final = {
    "string": "varchar", "unicode": "varchar", "varchar": "varchar", "nvarchar": "varchar", "autostring": "varchar",
    "char": "char", "nchar": "char", "varbinary": "varbinary", "binary": "binary", "bit": "bit",
}  # fmt: skip
_TIMES: Final = {"datetime": "timestamp", "timestamp": "timestamp", "time": "time"}
_NUMERIC: Final = frozenset({"numeric", "decimal"})
_ARRAYS: Final = frozenset({"array", "arrayofenum"})
"""SQLAlchemy's own, and a recipe of its documentation that projects copy."""
_LIBRARIES: Final = (
    "sqlalchemy",
    "sqlmodel",
    "geoalchemy2",
    "pgvector",
    "sqlalchemy_utils",
    "citext",
    "fastapi_users_db_sqlalchemy",
)


def type_text(value: Value | None) -> str:
    """The SQL text of a type expression, '' where it is computed."""
    match value:
        case Ref(name):
            return _named(name, Call(value, (), (), value.span))
        case Call(Ref(name)):
            return _named(name, value)
        case Call(Attr(inner, "with_variant")):
            return _with_variant(inner, value)
        case Choice(_, then, otherwise):
            first, second = type_text(then), type_text(otherwise)
            return first if first == second else ""
        case _:
            return ""


def _with_variant(inner: Value, call: Call) -> str:
    """The PostgreSQL variant of a type, or the type itself."""
    dialects = [text_of(argument) for argument in call.args[1:]]
    return type_text(call.args[0]) if "postgresql" in dialects else type_text(inner)


def _named(name: str, call: Call) -> str:
    """The text of a type by its qualified name and the arguments it is called with."""
    if name.endswith(".with_variant"):
        return _with_variant(Ref(name.removesuffix(".with_variant"), call.span), call)
    last = name.rpartition(".")[2]
    word = last.lower()
    if word in _PLAIN:
        return _PLAIN[word]
    if word in _SIZED:
        return _sized(_SIZED[word], call)
    if word in _TIMES:
        zone = flag_of(call.keyword("timezone")) or flag_of(call.argument(0)) if call.args or call.keywords else False
        return f"{_TIMES[word]} with time zone" if zone else _TIMES[word]
    if word in _NUMERIC:
        return _numeric(call)
    if word in _ARRAYS:
        inner = type_text(call.argument(0, "item_type"))
        return f"{inner}[]" if inner else ""
    if word == "enum":
        return _stored_enum(call) if flag_of(call.keyword("native_enum")) is False else enum_name(call)
    if word in {"interval", "geometry", "geography", "vector", "halfvec"}:
        return _arguments(word, call)
    if name.startswith(_LIBRARIES) or last[:1].isupper():
        return word
    return ""


def enum_name(call: Call) -> str:
    """The name of an Enum type: `name=`, or its Python class in lower case, as SQLAlchemy names it."""
    named = text_of(call.keyword("name"))
    if named:
        schema = text_of(call.keyword("schema"))
        return f"{schema}.{named}" if schema else named
    if call.args and isinstance(call.args[0], Ref):
        return call.args[0].name.rpartition(".")[2].lower()
    return "enum"


def _stored_enum(call: Call) -> str:
    """The type of an Enum that is kept as text: as long as its longest label, where no length is given."""
    length = call.keyword("length")
    if isinstance(length, Constant):
        return f"varchar({length.value})" if isinstance(length.value, int) else "varchar"
    labels = enum_labels(call) if length is None and not call.spreads else ()
    whole = len(labels) == len(call.args[0].items if call.args and isinstance(call.args[0], Items) else call.args)
    return f"varchar({max(map(len, labels))})" if labels and whole else ""


def enum_labels(call: Call) -> tuple[str, ...]:
    """The labels of an Enum type that are written out."""
    args = call.args[0].items if len(call.args) == 1 and isinstance(call.args[0], Items) else call.args
    labels = [text_of(argument) for argument in args]
    return tuple(label for label in labels if label is not None)


def labels_of(value: Value | None) -> tuple[str, ...]:
    """The labels of a type that is an Enum with a name, or an array of one, where all are written out."""
    if isinstance(value, Call) and value.method.lower() in _ARRAYS:
        value = value.argument(0, "item_type")
    if not isinstance(value, Call) or value.method.lower() != "enum" or value.spreads:
        return ()
    if flag_of(value.keyword("native_enum")) is False or not text_of(value.keyword("name")):
        return ()
    stated = value.args[0].items if len(value.args) == 1 and isinstance(value.args[0], Items) else value.args
    labels = enum_labels(value)
    return labels if len(labels) == len(stated) else ()


def _sized(kind: str, call: Call) -> str:
    length = call.argument(0, "length")
    if length is None or (isinstance(length, Constant) and length.value is None):
        return kind
    return f"{kind}({length.value})" if isinstance(length, Constant) and isinstance(length.value, int) else ""


def _numeric(call: Call) -> str:
    precision, scale = call.argument(0, "precision"), call.argument(1, "scale")
    digits = [part.value for part in (precision, scale) if isinstance(part, Constant) and isinstance(part.value, int)]
    return f"numeric({', '.join(str(digit) for digit in digits)})" if digits else "numeric"


def _arguments(word: str, call: Call) -> str:
    values = [str(arg.value).lower() for arg in call.args if isinstance(arg, Constant) and arg.value is not None]
    return f"{word}({', '.join(values)})" if values else word
