"""SQL texts that a function keeps in a variable before it executes them."""

from __future__ import annotations

from bylaw.facts.values import Call, Constant, Local, Value
from bylaw.readers.python.queries import vocabulary as known


class Texts:
    """The literal texts that variables hold; one that is assigned twice, or added to, may be anything."""

    def __init__(self) -> None:
        self._held: dict[str, Value | None] = {}

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`sql = "SELECT …"`, `statement = text("SELECT …")`."""
        for target in targets:
            self._held[target] = value if target not in self._held and literal(value) is not None else None

    def of(self, value: Value | None) -> Constant | None:
        """The text that a value is, itself, in `text(…)` or by the variable that holds it."""
        for _ in range(3):
            found = literal(value)
            if found is not None:
                return found
            if isinstance(value, Call) and value.name in known.TEXT:
                value = value.argument(0, "text")
            elif isinstance(value, Local):
                value = self._held.get(value.name)
        return None


def literal(value: Value | None) -> Constant | None:
    """The text of a literal, or of one in `text(…)`; None for anything that is computed."""
    if isinstance(value, Call) and value.name in known.TEXT:
        value = value.argument(0, "text")
    return value if isinstance(value, Constant) and isinstance(value.value, str) else None
