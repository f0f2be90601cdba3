"""Which objects a class or a function works with: `self.books = Books(session)`, `books = Books()`."""

from __future__ import annotations

from bylaw.facts.queries import row_type
from bylaw.facts.values import Attr, Call, Local, Ref, Value
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries.body import Step, steps_of


def made_by(value: Value) -> str:
    """The class whose object a call makes, by its capital letter; '' for anything else."""
    name = value.function.name if isinstance(value, Call) and isinstance(value.function, Ref) else ""
    return name if name.rpartition(".")[2][:1].isupper() else ""


def kept_by(owner: str, module: Module) -> dict[str, str]:
    """The attributes of a class's objects that hold objects of one class each: attribute → class, as the module knows
    it. Both what the class annotates counts and what its `__init__` assigns.
    """
    own = next((each.fact for each in module.classes if each.fact.qualified == owner), None)
    kept = {
        variable.name: entity
        for variable in (own.variables if own is not None else ())
        if (entity := row_type(variable.annotation))
    }  # fmt: skip
    for record in module.functions:
        if record.fact.owner == owner and record.fact.name == "__init__":
            typed = {parameter.name: row_type(parameter.annotation) for parameter in record.fact.parameters}
            for step in steps_of(record, module):
                if isinstance(step, Step) and isinstance(step.place, Attr) and isinstance(step.place.value, Local):
                    given = typed.get(step.value.name, "") if isinstance(step.value, Local) else made_by(step.value)
                    name = step.place.name
                    kept[name] = given if kept.get(name, given) == given else ""
    return kept
