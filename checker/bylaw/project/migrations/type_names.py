"""How Django's types are called on servers other than PostgreSQL: the replay speaks of PostgreSQL's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from bylaw.project.migrations.compatibility.restriction import Restriction
from bylaw.project.migrations.losses import Loss
from bylaw.project.migrations.servers import Servers

_MYSQL: Final = {
    "timestamp with time zone": "datetime(6)", "time": "time(6)", "interval": "bigint", "boolean": "bool",
    "uuid": "char(32)", "jsonb": "json", "text": "longtext", "bytea": "longblob", "inet": "char(39)",
}  # fmt: skip
_SQLITE: Final = {
    "timestamp with time zone": "datetime", "interval": "bigint", "boolean": "bool", "uuid": "char(32)",
    "jsonb": "text", "bytea": "BLOB", "inet": "char(39)", "double precision": "real",
}  # fmt: skip
_NAMES: Final = {"mysql": _MYSQL, "mariadb": {**_MYSQL, "uuid": "uuid"}, "sqlite": _SQLITE}
_Typed = TypeVar("_Typed", Restriction, Loss)


def named(found: Iterable[_Typed], servers: Servers) -> Iterator[_Typed]:
    """The same findings, with the types as the server that they are about calls them."""
    for one in found:
        names = _NAMES.get(servers.dialect(one.change.tree, one.change.step)) if _is_djangos(one) else None
        if names is None:
            yield one
        else:
            yield msgspec.structs.replace(one, old=names.get(one.old, one.old), new=names.get(one.new, one.new))


def _is_djangos(found: Restriction | Loss) -> bool:
    return found.kind == "type" and found.change.tree.tool == "django"
