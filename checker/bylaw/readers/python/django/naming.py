"""How operations name what they change, and lists of names in their arguments."""

from __future__ import annotations

from bylaw.facts.migrations import UnreadOperation
from bylaw.facts.values import Call, Items, Value, text_of
from bylaw.readers.python.django.fields import model_key


def key_of(app: str, call: Call, keyword: str = "model_name") -> str | None:
    """The key of the model that an operation names; None where its name is computed."""
    model = text_of(call.argument(0, keyword))
    return model_key(app, model) if model else None


def computed(call: Call) -> UnreadOperation:
    return UnreadOperation(call.span, f"{call.method}: a name is computed at run time")


def listed(value: Value | None) -> tuple[Value, ...]:
    if isinstance(value, Call) and value.method in {"set", "list", "tuple", "frozenset"} and value.args:
        return listed(value.args[0])
    return value.items if isinstance(value, Items) else ()


def groups(value: Value | None) -> list[tuple[str, ...]]:
    """`unique_together`: several groups of field names, or one."""
    items = listed(value)
    if items and all(text_of(item) is not None for item in items):
        return [tuple(text_of(item) or "" for item in items)]
    return [tuple(text_of(name) or "" for name in listed(item)) for item in items]
