"""Where names come from other modules, or from a helper's parameters: tokens in their place."""

from __future__ import annotations

import sys
from typing import Final

from bylaw.facts.late import each_token, token
from bylaw.facts.migrations import Argument, HelperCall, HelperParameter
from bylaw.facts.values import Attr, Call, Constant, Index, Items, Keyword, Ref, Text, Value, text_of
from bylaw.readers.python.alembic.columns import column_spec, is_column
from bylaw.readers.python.walk import FunctionNode

LIBRARIES: Final = (
    frozenset({"sqlalchemy", "alembic", "builtins", "sqlmodel", "typing_extensions"}) | sys.stdlib_module_names
)
_NAMING: Final = frozenset(
    {"text", "f", "DDL", "ForeignKey", "ForeignKeyConstraint", "batch_alter_table", "quoted_name"}
)
_NOT_NAMES: Final = frozenset({
    "type_", "existing_type", "server_default", "existing_server_default", "nullable", "existing_nullable", "unique",
})  # fmt: skip
BATCHES: Final = frozenset({"batch_op", "batch"})


class LateNames:
    """The names that one migration or helper leaves to the project. `own` is the module's name with a dot."""

    def __init__(self, own: str) -> None:
        self.names: list[str] = []
        self._own = own

    def index(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def in_call(self, call: Call) -> Call:
        """A folded call with tokens for the constants of other modules among its arguments."""
        keywords = tuple(
            keyword if keyword.name in _NOT_NAMES else Keyword(keyword.name, self._value(keyword.value), keyword.span)
            for keyword in call.keywords
        )
        return Call(call.function, tuple(self._value(argument) for argument in call.args), keywords, call.span)

    def _value(self, value: Value) -> Value:
        match value:
            case Ref(name) if self._is_constant(name):
                return Constant(token(self.index(name)), value.span)
            case Text(parts, where):
                named = tuple(self._value(symbol(part) or part) for part in parts)
                if all(isinstance(part, Constant) for part in named):
                    return Constant("".join(str(part.value) for part in named if isinstance(part, Constant)), where)
                return Text(named, where)
            case Items(kind, items, where):
                return Items(kind, tuple(self._value(item) for item in items), where)
            case Call() if value.method in _NAMING:
                return self.in_call(value)
            case Call() if is_column(value) and value.args:
                return Call(
                    value.function,
                    (value.args[0], *(self._in_column(arg) for arg in value.args[1:])),
                    value.keywords,
                    value.span,
                )
            case _:
                return value

    def _in_column(self, value: Value) -> Value:
        return self.in_call(value) if isinstance(value, Call) and value.method in _NAMING else value

    def of_elsewhere(self, value: Value | None) -> str:
        """The name of another module's constant that a value is, alone or in `text(…)`; '' for anything else."""
        if isinstance(value, Call) and value.method in {"text", "DDL"} and len(value.args) == 1:
            value = value.args[0]
        return value.name if isinstance(value, Ref) and self._is_constant(value.name) else ""

    def _is_constant(self, name: str) -> bool:
        first, _, rest = name.partition(".")
        return bool(rest) and first not in LIBRARIES and not name.startswith(self._own)


def symbol(value: Value) -> Constant | None:
    """`‹table_prefix›` for what is the same in every run of a set-up, and differs from one set-up to the next:
    `op.get_context().opts["table_prefix"]`, an option of Alembic's own file, an environment variable.
    """
    match value:
        case Index(Attr(base, "opts" | "attributes"), Constant(str(key))) if _is_alembics(base):
            return _named(key, value)
        case Call(Attr(Attr(base, "opts" | "attributes"), "get"), (Constant(str(key)), *_)) if _is_alembics(base):
            return _named(key, value)
        case Call(Attr(base, "get_main_option"), (Constant(str(key)), *_)) if _is_alembics(base):
            return _named(key, value)
        case Call(Ref(name), (Constant(str(key)), *_)) if _is_option(name):
            return _named(key, value)
        case Index(Ref("os.environ"), Constant(str(key))):
            return _named(key, value)
        case Call(Ref("os.getenv" | "os.environ.get"), (Constant(str(key)), *_)):
            return _named(key, value)
        case _:
            return None


def _named(key: str, value: Value) -> Constant:
    """Characters that SQL takes for letters, so that a statement with the name in it can be read."""
    return Constant(f"‹{key}›", value.span)


def _is_option(name: str) -> bool:
    return name.startswith("alembic.context.") and name.endswith(".get_main_option")


def _is_alembics(value: Value) -> bool:
    match value:
        case Call(Ref("alembic.op.get_context")):
            return True
        case Ref(name):
            return name.startswith("alembic.context")
        case Attr(inner, "config" | "migration_context"):
            return _is_alembics(inner)
        case _:
            return False


def bound_parameters(function: FunctionNode, late: LateNames) -> dict[str, Value]:
    """The parameters of a helper, each bound to its token; `op` to Alembic's, a batch to a batch on the token."""
    names: dict[str, Value] = {}
    for parameter in function.fact.parameters:
        name, where = parameter.name, parameter.span
        if name in {"op", "ops", "operations"}:
            names[name] = Ref("alembic.op", where)
        elif name in BATCHES:
            table = Constant(token(late.index(f":{name}")), where)
            names[name] = Call(Ref("alembic.op.batch_alter_table", where), (table,), (), where)
        elif parameter.kind == "*":
            names[name] = Items("tuple", (Constant(each_token(late.index(f":{name}")), where),), where)
        elif parameter.kind != "**":
            names[name] = Constant(token(late.index(f":{name}")), where)
    return names


def helper_parameters(function: FunctionNode) -> tuple[HelperParameter, ...]:
    """The parameters of a helper, as a call of it in another file is matched with them."""
    return tuple(
        HelperParameter(item.name, item.kind, None if item.default is None else argument_of(item.default))
        for item in function.fact.parameters
    )


def helper_call(call: Call) -> HelperCall:
    """A folded call of an imported function, its arguments as far as they can be told."""
    keywords = tuple((keyword.name, argument_of(keyword.value)) for keyword in call.keywords if keyword.name)
    return HelperCall(call.name, tuple(argument_of(argument) for argument in call.args), keywords)


def argument_of(value: Value) -> Argument:
    """An argument, or a default, of a call of a helper, as far as one file tells."""
    match value:
        case Constant(str(text)):
            return Argument(text)
        case Constant(None):
            return Argument("")
        case Items(_, items):
            return _listed(items)
        case Call() if value.name == "alembic.op.batch_alter_table":
            return Argument(text_of(value.args[0]) if value.args else None)
        case Call() if is_column(value):
            spec = column_spec(value)
            return Argument() if spec is None else Argument(columns=(spec,))
        case _:
            return Argument()


def _listed(items: tuple[Value, ...]) -> Argument:
    texts = tuple(text_of(item) for item in items)
    if all(text is not None for text in texts):
        return Argument(texts=tuple(text for text in texts if text is not None))
    specs = [column_spec(item) if isinstance(item, Call) and is_column(item) else None for item in items]
    if all(spec is not None for spec in specs):
        return Argument(columns=tuple(spec for spec in specs if spec is not None))
    return Argument()
