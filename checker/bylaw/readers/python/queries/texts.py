"""SQL texts that a function keeps in a variable before it executes them."""

from __future__ import annotations

from collections.abc import Mapping

from bylaw.facts.values import Call, Constant, Local, Operator, Ref, Text, Value
from bylaw.readers.python.embedded_sql import PLACEHOLDER, sql_of
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries import vocabulary as known


class Texts:
    """The literal texts that variables hold; one that is assigned twice, or added to, may be anything. `constants` are
    those of the module, by qualified name.
    """

    def __init__(self, constants: Mapping[str, Constant]) -> None:
        self._constants = constants
        self._held: dict[str, Value | None] = {}

    def assign(self, targets: tuple[str, ...], value: Value) -> None:
        """`sql = "SELECT …"`, `statement = text("SELECT …")`."""
        for target in targets:
            filled = self._filled(value)
            self._held[target] = filled if target not in self._held and literal(filled) is not None else None

    def of(self, value: Value | None) -> Constant | None:
        """The text that a value is, itself, in `text(…)` or by the variable that holds it."""
        for _ in range(3):
            found = literal(self._filled(value))
            if found is not None:
                return found
            if isinstance(value, Call) and value.name in known.TEXT:
                value = value.argument(0, "text")
            elif isinstance(value, Local):
                value = self._held.get(value.name)
            elif isinstance(value, Ref):
                value = self._constants.get(value.name)
        return None

    def _filled(self, value: Value | None) -> Value | None:
        """A formatted text with the constants of the module written out: `f"SELECT {COLUMNS} FROM books"`."""
        if isinstance(value, Call) and value.name in known.TEXT:
            value = value.argument(0, "text")
        joined = _joined(value) if isinstance(value, Operator) else value
        if not isinstance(joined, Text):
            return value
        value = joined
        parts = tuple((isinstance(part, Ref) and self._constants.get(part.name)) or part for part in value.parts)
        if all(isinstance(part, Constant) for part in parts):
            return Constant("".join(str(part.value) for part in parts if isinstance(part, Constant)), value.span)
        return Text(parts, value.span)


def _joined(value: Operator) -> Value:
    """`"DELETE FROM " + TABLE + " WHERE …"` as one formatted text."""
    parts: list[Value] = []
    waiting: list[Value] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Operator) and part.operator == "+" and part.left is not None:
            waiting += (part.left, part.right)[::-1]
        else:
            parts.append(part)
    return Text(tuple(parts), value.span) if isinstance(parts[0], Constant) else value


def literal(value: Value | None) -> Constant | None:
    """The text of a literal, or of one in `text(…)`; None for anything that is computed, but for a DELETE, and for a
    SELECT of which only values are.
    """
    if isinstance(value, Call) and value.name in known.TEXT:
        value = value.argument(0, "text")
    if isinstance(value, Text) and (sql := sql_of(value)) is not None:
        only_values = PLACEHOLDER not in known.COMPUTED_VALUE.sub("", sql.text)
        return Constant(sql.text, value.span) if only_values or known.SQL_DELETE.match(sql.text) else None
    return value if isinstance(value, Constant) and isinstance(value.value, str) else None


def constants_of(module: Module) -> dict[str, Constant]:
    """The texts that variables of the module hold, by qualified name; one that is assigned twice is left out."""
    found: dict[str, Constant | None] = {}
    for variable in module.variables:
        name = module.scope.own(variable.name)
        found[name] = literal(variable.value) if name not in found else None
    return {name: text for name, text in found.items() if text is not None}
