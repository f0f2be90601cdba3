"""Objects that a module makes to hold what its statements are put together from: `View("totals", "SELECT …")`."""

from __future__ import annotations

from typing import Final

from bylaw.facts.values import Call, Constant, Value

_LIBRARIES: Final = frozenset({"sqlalchemy", "alembic", "django"})
_DEFINITIONS: Final = frozenset({"sql", "sqltext", "sql_text", "definition", "query", "body", "statement"})


def kept(made: Call, name: str) -> Value | None:
    """The argument of that name of a class's call; of a pair of texts, an identifier and its SQL (`View("totals",
    "SELECT …")`), by the names that such classes give them.
    """
    owner, _, kind = made.name.rpartition(".")
    if not kind[:1].isupper() or owner.partition(".")[0] in _LIBRARIES:
        return None
    said = next((keyword.value for keyword in made.keywords if keyword.name == name), None)
    if said is not None or made.keywords or len(made.args) != 2:
        return said
    match made.args:
        case (Constant(str(first)), Constant(str(second))) if first.replace(".", "_").isidentifier() and " " in second:
            return made.args[0] if name == "name" else made.args[1] if name in _DEFINITIONS else None
        case _:
            return None
