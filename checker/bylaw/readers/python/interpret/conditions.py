"""Conditions that a revision asks about the database it runs on, answered for one dialect."""

from __future__ import annotations

from typing import Final

import msgspec

from bylaw.facts.values import Attr, Call, Constant, Items, Local, Operator, Ref, Value
from bylaw.readers.python.interpret.folding import literal_truth

DIALECTS: Final = {
    "postgresql": "postgres", "postgres": "postgres", "pg": "postgres", "mysql": "mysql", "mariadb": "mysql",
    "sqlite": "sqlite", "sqlite3": "sqlite", "mssql": "tsql", "oracle": "oracle", "cockroachdb": "postgres",
    "cockroach": "postgres", "redshift": "redshift", "snowflake": "snowflake", "bigquery": "bigquery",
}  # fmt: skip
_CLASSES: Final = {
    "PGDialect": "postgres", "MySQLDialect": "mysql", "SQLiteDialect": "sqlite", "MSDialect": "tsql",
    "OracleDialect": "oracle", "PostgresqlImpl": "postgres", "MySQLImpl": "mysql", "SQLiteImpl": "sqlite",
    "MSSQLImpl": "tsql", "OracleImpl": "oracle",
}  # fmt: skip
_ASKING: Final = frozenset({"IS", "USE", "USES", "USING", "ON", "DB", "DATABASE", "ENGINE", "BACKEND"})
"""Words of a setting that names the server: `IS_POSTGRES`, `settings.USE_SQLITE_DB`."""
_TESTING: Final = frozenset({"TEST", "TESTS", "TESTING", "PYTEST", "UNITTEST"})


class Conditions(msgspec.Struct):
    """Answers conditions as the `dialect` would; `asked` collects the dialects that the code names."""

    dialect: str
    asked: set[str] = msgspec.field(default_factory=set)

    def truth(self, value: Value) -> bool | None:
        """Whether a folded condition holds: by literals, by the dialect, else None."""
        known = literal_truth(value)
        if known is not None:
            return known
        match value:
            case Operator("==" | "is", left, right) if left is not None:
                return self._equal(left, right)
            case Operator("!=" | "is not", left, right) if left is not None:
                return _negated(self._equal(left, right))
            case Operator("in", left, right) if left is not None:
                return self._inside(left, right)
            case Operator("not in", left, right) if left is not None:
                return _negated(self._inside(left, right))
            case Operator("not", None, right):
                return _negated(self.truth(right))
            case Operator("and" | "or" as operator, left, right) if left is not None:
                return self._boolean(operator, left, right)
            case Call():
                return self._called(value)
            case Ref(name) if product := _product_of(name.rpartition(".")[2]):
                return self._named(product)
            case Ref(name) if _is_for_tests(name.rpartition(".")[2]):
                return False
            case _:
                return _environment(value)

    def _boolean(self, operator: str, left: Value, right: Value) -> bool | None:
        decides = operator == "or"
        first, second = self.truth(left), self.truth(right)
        if decides in (first, second):
            return decides
        return None if None in (first, second) else not decides

    def _equal(self, left: Value, right: Value) -> bool | None:
        subject, other = (left, right) if isinstance(right, Constant) else (right, left)
        if isinstance(other, Constant) and isinstance(other.value, str) and is_dialect_name(subject):
            return self._is(other.value)
        return None

    def _inside(self, left: Value, right: Value) -> bool | None:
        if isinstance(right, Ref) and right.name == "sys.argv" and isinstance(left, Constant) and left.value == "test":
            return False
        if is_dialect_name(left) and isinstance(right, Items):
            names = [item.value for item in right.items if isinstance(item, Constant) and isinstance(item.value, str)]
            if len(names) == len(right.items):
                return self._any({DIALECTS.get(name.lower(), "") for name in names})
        if isinstance(left, Constant) and isinstance(left.value, str) and (is_dialect_name(right) or _is_url(right)):
            return self._is(left.value.strip(":/+"))
        return None

    def _called(self, call: Call) -> bool | None:
        if call.method == "isinstance" and len(call.args) == 2:
            classes = call.args[1].items if isinstance(call.args[1], Items) else (call.args[1],)
            names = [item.name.rpartition(".")[2] for item in classes if isinstance(item, Ref)]
            if names and all(name in _CLASSES for name in names):
                return self._any({_CLASSES[name] for name in names})
        if call.method == "startswith" and isinstance(call.function, Attr) and call.args:
            prefix = call.args[0]
            subject = call.function.value
            if (
                isinstance(prefix, Constant)
                and isinstance(prefix.value, str)
                and (is_dialect_name(subject) or _is_url(subject))
            ):
                return self._is(prefix.value.partition(":")[0])
        if call.method == "getattr" and len(call.args) > 1:
            name = call.args[1]
            named = isinstance(name, Constant) and isinstance(name.value, str) and _is_for_tests(name.value)
            return False if named else None
        if call.method == "is_offline_mode":
            return False
        return None

    def _is(self, name: str) -> bool | None:
        wanted = DIALECTS.get(name.lower())
        return None if wanted is None else self._named(wanted)

    def _any(self, dialects: set[str]) -> bool:
        self.asked |= dialects - {""}
        return self.dialect in dialects

    def _named(self, dialect: str) -> bool:
        self.asked.add(dialect)
        return dialect == self.dialect


def _negated(known: bool | None) -> bool | None:
    return None if known is None else not known


def is_dialect_name(value: Value) -> bool:
    """`bind.dialect.name`, `engine.name`, or a parameter that is called so."""
    match value:
        case Attr(Attr(_, "dialect"), "name") | Attr(_, "dialect_name" | "drivername" | "vendor"):
            return True
        case Attr(inner, "name"):
            return "get_bind" in _path(inner) or _path(inner).endswith(("engine", "bind", "connection"))
        case Call(Attr(inner, "lower" | "casefold" | "strip")):
            return is_dialect_name(inner)
        case Ref(name):
            return name.endswith((".dialect.name", ".dialect_name", "connection.vendor"))
        case Local(name):
            return name in {"dialect", "dialect_name"}
        case Call(_, (inner,), ()) if value.method in {"str", "get_dialect_name"}:
            return is_dialect_name(inner) or value.method == "get_dialect_name"
        case _:
            return False


def _is_url(value: Value) -> bool:
    """`str(bind.engine.url)` and the like."""
    match value:
        case Call(_, (inner,), ()) if value.method == "str":
            return _is_url(inner)
        case Attr(inner, name):
            return name in {"url", "drivername"} or _is_url(inner)
        case _:
            return False


def _environment(value: Value) -> bool | None:
    """`op.get_context().as_sql` and `context.as_sql`: revisions are read as they run against a database."""
    return False if isinstance(value, Attr) and value.name == "as_sql" else None


def _product_of(setting: str) -> str:
    """The dialect that a constant of settings asks for by its name (`MSSQL`, `IS_POSTGRES`); '' for other names."""
    if not setting.isupper():
        return ""
    named = [DIALECTS.get(word.lower(), "") for word in setting.split("_") if word not in _ASKING]
    return named[0] if len(named) == 1 else ""


def _is_for_tests(setting: str) -> bool:
    """Whether a constant of settings says that tests are running: migrations are read as they run in production."""
    return setting.isupper() and not _TESTING.isdisjoint(setting.split("_"))


def _path(value: Value) -> str:
    match value:
        case Ref(name) | Local(name):
            return name
        case Attr(inner, name):
            return f"{_path(inner)}.{name}"
        case Call(function):
            return _path(function)
        case _:
            return ""
