"""The version of a database server, as the project says it, and as messages do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from bylaw.project.server_files import Product
from bylaw.project.servers_said import Said, lowest

_WORDS: Final[dict[Product, str]] = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_ASSUMED: Final[dict[Product, tuple[int, ...]]] = {"postgres": (14,), "mysql": (8, 0), "mariadb": (10, 6)}


class ServerVersion(msgspec.Struct, frozen=True):
    """The oldest server that the migrations have to run on. `origin` is where that stands (`compose.yml:4`), `assumed`
    where nothing says so, or `configured`.
    """

    product: Product
    version: tuple[int, ...]
    origin: str
    other: str = ""
    """The place that names the newest other version, and which: `compose.yml:4 says 16`."""

    @property
    def major(self) -> int:
        return self.version[0]

    def __str__(self) -> str:
        """As messages say it: `PostgreSQL 15`, `MySQL 8.0`."""
        shown = self.version[:1] if self.product == "postgres" and self.major > 9 else self.version[:2]
        return f"{_WORDS[self.product]} {'.'.join(map(str, shown))}"

    @property
    def source(self) -> str:
        """In parentheses behind it: where that is said, or that nothing says it. '' where it is configured."""
        if self.origin == "assumed":
            return " (assumed)"
        return "" if self.origin == "configured" else f" ({self.origin} says so{self.other and f', {self.other}'})"


def found_version(said: Sequence[Said], product: Product) -> ServerVersion:
    """The lowest version of a product that compose files and the like say; what is usual where they say none."""
    place = lowest(said, product)
    if place is None:
        return ServerVersion(product, _ASSUMED[product], "assumed")
    newest = max((one for one in said if one.product == product), key=lambda one: one.version)
    found = ServerVersion(product, place.version, f"{place.path}:{place.line}")
    other = ServerVersion(product, newest.version, f"{newest.path}:{newest.line}")
    if str(found) == str(other):
        return found
    return msgspec.structs.replace(found, other=f"{other.origin} says {str(other).rpartition(' ')[2]}")
