"""What a class method calls `cls`."""

from __future__ import annotations

import re

import msgspec

from bylaw.facts.values import Ref
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.queries.vocabulary import MODEL_ATTRIBUTE

_ATTRIBUTE = re.compile(rb"\bcls\s*\.\s*(\w+)")


def in_own_class(record: FunctionNode, module: Module) -> FunctionNode:
    """The same function, where `cls` of a class method means the class it is defined in: `cls.query`, `select(cls)`.

    The method of a generic repository stays as it is: which class `cls.model` means there is known to others.
    """
    fact, frame = record.fact, record.frames[-1] if record.frames else None
    if frame is None or "cls" not in frame.locals or not fact.parameters or fact.parameters[0].name != "cls":
        return record
    if not any(isinstance(each, Ref) and each.name == "builtins.classmethod" for each in fact.decorators):
        return record
    text = module.content[fact.statement.start : fact.statement.end]
    if any(MODEL_ATTRIBUTE.match(name.decode("utf-8", "replace")) for name in _ATTRIBUTE.findall(text)):
        return record
    known = msgspec.structs.replace(
        frame, locals=frame.locals - {"cls"}, imports={**frame.imports, "cls": fact.owner}
    )  # fmt: skip
    return msgspec.structs.replace(record, frames=(*record.frames[:-1], known))
