"""Type escapes: Any in type expressions, casts, ignore comments, and functions that opt out of checking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bylaw.facts.code import TypeEscape, Variable
from bylaw.facts.values import Index, Operator, Ref, Value, text_of
from bylaw.readers.python.annotations import HOLES, Hole, Types, declared_types
from bylaw.readers.python.casts import casts
from bylaw.readers.python.comments import Lines
from bylaw.readers.python.forwarding import only_forwards, opens
from bylaw.readers.python.ignores import ignores
from bylaw.readers.python.module import Annotation, Module
from bylaw.readers.python.scope import Frame
from bylaw.readers.python.typecomments import typed_by_comment

_NO_TYPE_CHECK = frozenset({"typing.no_type_check", "typing_extensions.no_type_check"})
_TYPE_ALIAS = frozenset({"typing.TypeAlias", "typing_extensions.TypeAlias"})
_STARRED = frozenset({"*args", "**kwargs"})


def escapes(module: Module) -> tuple[TypeEscape, ...]:
    """Every place of a module that leaves the type system, in source order."""
    reader = _Escapes(module)
    found = [*reader.annotated(), *reader.aliases(), *reader.commented(), *reader.unchecked()]
    found += [*casts(module, reader.types, reader.lines), *ignores(module, reader.lines)]
    return tuple(sorted(found, key=lambda escape: (escape.span, escape.kind)))


class _Escapes:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.types = Types(module)
        self.lines = Lines(module)

    def annotated(self) -> Iterator[TypeEscape]:
        for annotation in self.module.annotations:
            if isinstance(annotation.value, Ref) and annotation.value.name not in HOLES:
                continue  # most annotations are one plain name
            for hole in _worst(self.types.holes(annotation.value, annotation.frames)):
                if hole.kind == "any" or annotation.position not in {"base class", "type parameter"}:
                    yield self._fact(hole, annotation)

    def _fact(self, hole: Hole, annotation: Annotation) -> TypeEscape:
        forwarding = (
            annotation.position in _STARRED
            and annotation.function is not None
            and only_forwards(annotation.function, annotation.name, self.module.content)
        )
        opened = (
            annotation.position == "parameter"
            and not hole.nested
            and annotation.function is not None
            and opens(annotation.function, annotation.name, self.module.content)
        )
        return TypeEscape(
            hole.kind, hole.span, annotation.position, hole.nested, annotation.name,
            comment=self.lines.remarks(hole.span.start), forwarding=forwarding, opened=opened,
        )  # fmt: skip

    def aliases(self) -> Iterator[TypeEscape]:
        """`Json = dict[str, Any]`, `T = TypeVar("T", bound=Any)`, and what `TypeAlias` says is a type."""
        imported = {fact.local for fact in self.module.imports}
        for variable in self._variables():
            stands_in = variable.conditional and variable.name in imported
            if variable.value is None or stands_in or variable.name == "Any":
                continue
            if isinstance(variable.annotation, Ref) and variable.annotation.name in _TYPE_ALIAS:
                yield from self._aliased((variable.value,), variable.name, bare=True)
            elif variable.annotation is None and isinstance(variable.value, Ref | Index | Operator):
                yield from self._aliased((variable.value,), variable.name)
        for call, frames in self.module.made_types:
            name = text_of(call.argument(0, "name")) or ""
            position = "type parameter" if call.method == "TypeVar" else "alias"
            yield from self._aliased(tuple(declared_types(call)), name, frames, position=position)

    def _variables(self) -> Iterator[Variable]:
        yield from self.module.variables
        for record in self.module.classes:
            yield from record.fact.variables

    def _aliased(
        self,
        values: Sequence[Value],
        name: str,
        frames: Sequence[Frame] = (),
        *,
        position: str = "alias",
        bare: bool = False,
    ) -> Iterator[TypeEscape]:
        for value in values:
            for hole in _worst(self.types.holes(value, frames)):
                if hole.kind == "any" or bare:
                    remarks = self.lines.remarks(hole.span.start)
                    yield TypeEscape(hole.kind, hole.span, position, hole.nested, name, comment=remarks)

    def commented(self) -> Iterator[TypeEscape]:
        for annotation in typed_by_comment(self.module, self.types, self.lines):
            for hole in _worst(self.types.holes(annotation.value, annotation.frames)):
                yield self._fact(hole, annotation)

    def unchecked(self) -> Iterator[TypeEscape]:
        named = [(record.fact.name, record.fact.decorators) for record in self.module.functions]
        named += [(record.fact.name, record.fact.decorators) for record in self.module.classes]
        for name, decorators in named:
            for decorator in decorators:
                if isinstance(decorator, Ref) and decorator.name in _NO_TYPE_CHECK:
                    remarks = self.lines.remarks(decorator.span.start)
                    yield TypeEscape("no-type-check", decorator.span, target=name, comment=remarks)


def _worst(holes: Iterator[Hole]) -> Iterator[Hole]:
    """One hole of each kind: an annotation is repaired as a whole. One that is no mere type argument counts most."""
    found: dict[str, Hole] = {}
    for hole in holes:
        known = found.get(hole.kind)
        if known is None or (known.nested and not hole.nested):
            found[hole.kind] = hole
    yield from found.values()
