"""Which names a value mentions: columns in conditions, keyword filters, words of SQL text."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from bylaw.facts.values import Attr, Call, Constant, Local, Opaque, Ref, Starred, Value, text_of, walk
from bylaw.readers.python.queries.vocabulary import ATTRIBUTE, WORD
from bylaw.source import Span

_COLUMNS = frozenset({"c", "columns"})
"""Where a `Table` keeps its columns: `books.c.deleted_at`."""
_STATES = frozenset({"active", "inactive", "ACTIVE", "INACTIVE", "Active", "Inactive"})
"""Values of a status column: a filter by them says nothing of deleted rows."""


def mentioned(value: Value, entity: str = "") -> Iterator[str]:
    """Every name in a value: `Book.deleted_at.is_(None)`, `Q(deleted_at__isnull=True)`, `text("deleted_at IS NULL")`.

    With an entity, a column of another class (`Author.deleted_at` where books are read) keeps the name of its class:
    that may be one that the entity inherits from.
    """
    own = entity.rpartition(".")[2]
    for part in walk(value):
        match part:
            case Ref(name):
                *owners, last = name.split(".")
                at = next((at for at, word in enumerate(owners) if word[:1].isupper() or word in _COLUMNS), None)
                if at is None and own in owners:
                    yield from (*owners[owners.index(own) + 1 :], last)
                elif at is None:
                    yield last
                elif not own or own in owners:
                    yield from (*owners[at + 1 :], last)
                else:
                    yield from (f"{owners[at]}.{word}" for word in (*owners[at + 1 :], last))
            case Attr(_, name):
                yield name
            case Call():
                for keyword in part.keywords:
                    yield from of_path(keyword.name)
            case Constant(str(text)) if len(text) < 10_000 and text not in _STATES:
                for word in WORD.findall(text):
                    yield from of_path(word)


def of_path(path: str) -> Iterator[str]:
    """The names of a keyword of Django's: `deleted_at__isnull` asks the row itself, `author__deleted_at` what a
    relation leads to: there the last name stays with it (`author.deleted_at`). `document_ptr` is the row itself.
    """
    head, *rest = path.split("__")
    yield head
    for name in rest:
        yield name if head.endswith("_ptr") else f"{head}.{name}"


def variables(value: Value) -> Iterator[str]:
    """Names of the function's own variables in a value."""
    for part in walk(value):
        if isinstance(part, Local):
            yield part.name


def handed_over(value: Value) -> Iterator[str]:
    """Variables that are a condition here, or hold some: `where(condition)`, `filter(*conditions, **more)`."""
    inner = value.value if isinstance(value, Starred) else value
    if isinstance(inner, Local):
        yield inner.name


def arguments(call: Call) -> tuple[Value, ...]:
    """All argument values of a call."""
    return (*call.args, *(keyword.value for keyword in call.keywords))


def asked_by_lambdas(call: Call, written: Callable[[Span], str]) -> list[str]:
    """Attributes that functions in the arguments look at: `lambda book: book.deleted_at is None`,
    `attrgetter("deleted_at")`. `written` is the text of a place.
    """
    names: list[str] = []
    for value in arguments(call):
        if isinstance(value, Opaque) and value.kind == "lambda":
            names += ATTRIBUTE.findall(written(value.span))
        elif isinstance(value, Call) and value.name == "operator.attrgetter":
            names += (name for argument in value.args if (name := text_of(argument)))
    return names


def executed_by(call: Call) -> Value | None:
    """What `execute(…)` is given to execute, by place or by one of the names that drivers have for it."""
    return call.argument(0, "query") or call.keyword("statement") or call.keyword("sql")


def helper_name(call: Call, owner: str) -> str:
    """What is called: qualified, a method of the class `owner` too; `?.name` for a method of something unknown,
    `?.name()` for a function in a variable.
    """
    match call.function:
        case Ref(name):
            return name
        case Attr(Local("self" | "cls"), name):
            return f"{owner}.{name}"
        case Local(name):
            return f"?.{name}()"
        case _:
            return f"?.{call.method}"


def localised(value: Value, own: str, variables_of: Container[str]) -> Value:
    """A comprehension's variable looks like a name of the module `own` from outside; among the function's variables it
    is known to be none.
    """
    if not isinstance(value, Ref) or not value.name.startswith(own):
        return value
    head, *rest = value.name.removeprefix(own).split(".")
    if head not in variables_of:
        return value
    local: Value = Local(head, value.span)
    for name in rest:
        local = Attr(local, name, value.span)
    return local
