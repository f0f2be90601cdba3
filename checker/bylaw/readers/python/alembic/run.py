"""One run through a revision for one dialect, collecting its operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bylaw.facts.migrations import Operation, RunCode, UnreadOperation
from bylaw.facts.values import Call, Ref, Value
from bylaw.readers.python.alembic.imported import is_schema_manager
from bylaw.readers.python.alembic.late import LateNames, bound_parameters
from bylaw.readers.python.interpret.expressions import Effect
from bylaw.readers.python.interpret.folding import Environment, TooMuch
from bylaw.readers.python.interpret.interpreter import Interpreter
from bylaw.readers.python.walk import FunctionNode, Module
from bylaw.source import Span

MAX_OPERATIONS: Final = 5_000
AUTOCOMMIT_BEGIN: Final = "alembic.autocommit_block.__enter__"
AUTOCOMMIT_END: Final = "alembic.autocommit_block.__exit__"
_OPERATIONS: Final = re.compile(
    r"\b(?:op|batch_op)\.(?!get_bind\b|get_context\b|f\()|\b(?:alter|create|drop)\s+(?:table|index|type|view)\b",
    re.IGNORECASE,
)


class Run(Interpreter):
    """Interprets `upgrade()`. Every call that it meets is given to `effect`, which adds operations."""

    def __init__(self, module: Module, dialect: str, effect: Effect) -> None:
        super().__init__(module, dialect, effect)
        self.operations: list[Operation] = []
        self.late = LateNames(module.scope.own(""))

    def run(self, function: FunctionNode) -> tuple[Operation, ...]:
        """The operations of a function that is called with nothing known, parameters for `op` aside."""
        names: Environment = {
            parameter.name: Ref("alembic.op", parameter.span)
            for parameter in function.fact.parameters
            if parameter.name in {"op", "ops", "operations"}
        }
        return self._finish(function, names)

    def run_helper(self, function: FunctionNode) -> tuple[Operation, ...]:
        """The operations of a function that revisions may call, with tokens for its parameters."""
        return self._finish(function, bound_parameters(function, self.late))

    def _finish(self, function: FunctionNode, names: Environment) -> tuple[Operation, ...]:
        try:
            self.enter(function, names)
        except (TooMuch, RecursionError):
            self.operations.append(UnreadOperation(function.fact.span, "the code has too many steps to follow"))
        return tuple(self.operations)

    def add(self, operations: Sequence[Operation]) -> None:
        """Append operations; Python work that follows Python work is one piece of it. Raises TooMuch."""
        for operation in operations:
            plain = isinstance(operation, RunCode) and operation.call is None
            if not (plain and self.operations and isinstance(self.operations[-1], RunCode)):
                self.operations.append(operation)
        if len(self.operations) > MAX_OPERATIONS:
            raise TooMuch

    def managed(self, value: Value) -> Call | None:
        if not isinstance(value, Call) or value.method != "autocommit_block":
            if isinstance(value, Call) and self.own_function(value) is None and is_schema_manager(value):
                self.add([UnreadOperation(value.span, f"{value.method} may change the schema before and after this")])
            return None
        begin = Call(Ref(AUTOCOMMIT_BEGIN, value.span), (), (), value.span)
        self._effect(begin, begin, False)
        return Call(Ref(AUTOCOMMIT_END, value.span), (), (), value.span)

    def unfollowed(self, call: Call, where: Span) -> list[Operation]:
        """What is said of a helper that is not entered: nothing where its body never speaks of Alembic's operations."""
        function = self.own_function(call)
        if function is None or function in self.stack:
            return []
        if not _OPERATIONS.search(self.module.converter.text(function.node)):
            return []
        return [UnreadOperation(where, f"{function.fact.name} is nested too deeply to follow")]
