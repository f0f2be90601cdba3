"""Django's model fields, by the call that makes them: the types that PostgreSQL stores them in."""

from __future__ import annotations

from typing import Final

from bylaw.facts.values import Call, Constant, flag_of

_PLAIN: Final = {
    "AutoField": "integer", "BigAutoField": "bigint", "SmallAutoField": "smallint", "TextField": "text",
    "IntegerField": "integer", "BigIntegerField": "bigint", "SmallIntegerField": "smallint",
    "PositiveIntegerField": "integer", "PositiveBigIntegerField": "bigint", "PositiveSmallIntegerField": "smallint",
    "BooleanField": "boolean", "NullBooleanField": "boolean", "DateField": "date",
    "DateTimeField": "timestamp with time zone", "TimeField": "time", "DurationField": "interval",
    "FloatField": "double precision", "UUIDField": "uuid", "BinaryField": "bytea", "JSONField": "jsonb",
    "GenericIPAddressField": "inet", "IPAddressField": "inet", "HStoreField": "hstore", "CITextField": "citext",
    "CICharField": "citext", "CIEmailField": "citext", "SearchVectorField": "tsvector",
    "IntegerRangeField": "int4range", "BigIntegerRangeField": "int8range", "DecimalRangeField": "numrange",
    "DateRangeField": "daterange", "DateTimeRangeField": "tstzrange", "FSMIntegerField": "integer",
}  # fmt: skip
_LENGTHS: Final = {
    "CharField": 0, "EmailField": 254, "SlugField": 50, "URLField": 200, "FileField": 100, "ImageField": 100,
    "FilePathField": 100, "CommaSeparatedIntegerField": 0, "FSMField": 50,
}  # fmt: skip
_RELATIONS: Final = ("ForeignKey", "OneToOneField", "ParentalKey")
WITHOUT_COLUMN: Final = frozenset({"GenericForeignKey", "GenericRelation", "CompositePrimaryKey"})


def is_relation(field: Call) -> bool:
    """A column with another row's key; fields derived from Django's carry its name in theirs, or say `on_delete` as it
    does. One that states `from_fields` has no column of its own.
    """
    if field.method in WITHOUT_COLUMN or field.keyword("from_fields") is not None:
        return False
    return any(name in field.method for name in _RELATIONS) or field.keyword("on_delete") is not None


def hides_options(field: Call) -> bool:
    """Whether `**options` may bring what is not seen here, or a function makes the field, and not a class."""
    return _is_made(field) or any(not keyword.name for keyword in field.keywords)


def _is_made(field: Call) -> bool:
    return field.method.lstrip("_")[:1].islower()


def field_type(field: Call) -> str:
    """SQL text of a field's type, '' for a relation (it has the type of the key that it points at), and where a
    function makes the field.
    """
    word = field.method
    if is_relation(field) or _is_made(field):
        return ""
    if word in _PLAIN:
        return _PLAIN[word]
    if word in _LENGTHS:
        given = field.keyword("max_length")
        if not isinstance(given, Constant) and (given is not None or hides_options(field)):
            return ""
        length = given.value if isinstance(given, Constant) else _LENGTHS[word]
        return f"varchar({length})" if length else "varchar"
    if word == "DecimalField":
        digits, places = field.keyword("max_digits"), field.keyword("decimal_places")
        if isinstance(digits, Constant) and isinstance(places, Constant):
            return f"numeric({digits.value}, {places.value})"
        return "numeric"
    inner = (
        field.argument(0, "base_field")
        if word == "ArrayField"
        else field.keyword("output_field")
        if word == "GeneratedField"
        else None
    )
    if isinstance(inner, Call):
        return field_type(inner) + ("[]" if word == "ArrayField" else "")
    return word.lower()


def is_plain_type(text: str) -> bool:
    """Whether `field_type` knows it for one of Django's own fields."""
    return text in _PLAIN.values() or text.startswith(("varchar", "numeric"))


def wants_index(field: Call) -> bool:
    """Whether a field has an index of its own: `db_index=True`, and by default every foreign key and slug."""
    wanted = flag_of(field.keyword("db_index"))
    if wanted is None:
        is_key = is_relation(field) and not field.method.endswith("OneToOneField")
        wanted = is_key or field.method.endswith("SlugField")
    return wanted and not (flag_of(field.keyword("unique")) or flag_of(field.keyword("primary_key")))
