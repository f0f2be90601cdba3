"""The packages into which code reaches that imports modules by computed names."""

from __future__ import annotations

from bylaw.facts.code import CallSite
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Constant, Operator, Ref, Text, Value, text_of, walk
from bylaw.project.routing.code import Code


def start_of_text(value: Value) -> str:
    """The text with which a text begins that is put together, or ''."""
    while isinstance(value, Operator) and value.operator == "+" and value.left is not None:
        value = value.left
    return text_of(value.parts[0] if isinstance(value, Text) else value) or ""


def is_text(value: Value) -> bool:
    """Whether a value is surely a text: one with something put into it, or added to it."""
    if isinstance(value, Operator) and value.operator in {"+", "%"} and value.left is not None:
        return is_text(value.left) or (value.operator == "+" and is_text(value.right))
    return isinstance(value, Text) or text_of(value) is not None


def packages_reached(facts: FileFacts, sites: list[CallSite], code: Code) -> set[str]:
    """The packages that calls reach: in a function where one call says the package, the others work below it."""
    by_function: dict[str, set[str]] = {}
    for site in sites:
        by_function.setdefault(site.function, set()).add(_package_of(site, facts, code))
    return set().union(*((packages - {""}) or packages for packages in by_function.values()))


def _package_of(site: CallSite, facts: FileFacts, code: Code) -> str:
    values = (
        *site.call.args,
        *(keyword.value for keyword in site.call.keywords),
        *(loop.values for loop in site.loops),
    )
    for value in values:
        for inner in walk(value):
            if (package := _named_package(inner, facts, code)) is not None:
                return package
    return ""


def _named_package(value: Value, facts: FileFacts, code: Code) -> str | None:
    match value:
        case Ref(name) if name.rpartition(".")[2] in {"__path__", "__name__", "__package__"}:
            owner = name.rpartition(".")[0]
            if owner not in {"builtins", facts.module}:
                return code.names.resolve(owner, facts.module) if owner else None
            return (facts.module if facts.is_package else facts.module.rpartition(".")[0]) or None
        case Text((Constant(str() as text), *_)) if "." in text:
            found = code.names.module(text.rpartition(".")[0], facts.module)
            return found.module if found is not None else None
        case Constant(str() as text) if text:
            found = code.names.module(text.strip("."), facts.module) if "." in text else None
            return found.module if found is not None else None
        case _:
            return None
