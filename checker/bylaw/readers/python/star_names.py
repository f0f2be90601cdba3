"""What `from library import *` brings, of the libraries whose names this tool knows: what tables are made of."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Final

_TYPING_MODULES: Final = frozenset({"typing", "typing_extensions"})
_TABLES: Final = """
    ARRAY BigInteger Boolean CheckConstraint Column Computed Date DateTime Double Enum Float ForeignKey
    ForeignKeyConstraint Identity Index Integer Interval JSON LargeBinary MetaData Numeric PrimaryKeyConstraint Sequence
    SmallInteger String Table Text Time Unicode UnicodeText UniqueConstraint Uuid and_ delete exists func insert not_
    null or_ select text update
"""
_MAPPING: Final = """
    DeclarativeBase DeclarativeBaseNoMeta Mapped MappedAsDataclass Session aliased backref column_property
    declarative_base declarative_mixin declared_attr deferred mapped_column registry relationship sessionmaker
"""
_FIELDS: Final = """
    AutoField BigAutoField BigIntegerField BinaryField BooleanField CASCADE CharField CheckConstraint DateField
    DateTimeField DecimalField DO_NOTHING DurationField EmailField F FileField FilePathField FloatField ForeignKey
    GenericIPAddressField ImageField Index IntegerField JSONField Manager ManyToManyField Model OneToOneField
    PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField PROTECT Q QuerySet RESTRICT SET SET_DEFAULT
    SET_NULL SlugField SmallAutoField SmallIntegerField TextField TimeField URLField UniqueConstraint UUIDField
"""
_KNOWN: Final = {
    "sqlalchemy": _TABLES,
    "sqlalchemy.orm": _MAPPING,
    "sqlmodel": f"{_TABLES} Field Relationship SQLModel Session col",
    "django.db.models": _FIELDS,
}


def star_names(module: str) -> Iterable[str]:
    """The names that a star import of a library binds, as far as they mean something here; none for other modules."""
    if module in _TYPING_MODULES:
        return typing.__all__
    return _KNOWN.get(module, "").split()
