"""Where statements start: the calls and attributes that begin one."""

from __future__ import annotations

from bylaw.facts.queries import QueryStyle
from bylaw.facts.values import Attr, Call, Constant, Items, Local, Ref, Value
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.drafts import Draft, Rows, Statement
from bylaw.readers.python.queries.names import mentioned, of_path
from bylaw.readers.python.queries.picking import picked
from bylaw.readers.python.queries.sql_names import asked_of_table
from bylaw.source import Span


class Roots:
    """Recognises starts of statements in one file; `content` is its text, `owner` the class around the function."""

    def __init__(self, content: bytes, owner: str = "") -> None:
        self.content = content
        self.owner = owner
        self._aliases: dict[str, str] = {}

    def alias(self, targets: tuple[str, ...], value: Value) -> None:
        """`chief = aliased(Employee)`."""
        is_alias = isinstance(value, Call) and value.name in known.ALIASED and len(value.args) == 1
        entity = self.entity(value.args[0]) if isinstance(value, Call) and is_alias else ""
        for target in targets:
            self._aliases[target] = entity

    def entity(self, value: Value | None) -> str:
        """The qualified name of a model: `Book`, or `self.model`, an attribute of the class; '' for neither."""
        match value:
            case Ref(name):
                return name
            case Attr(Local("self" | "cls"), name) if self.owner and known.MODEL_ATTRIBUTE.search(name):
                return f"{self.owner}.{name}"
            case Local(name):
                return self._aliases.get(name, "")
            case _:
                return ""

    def written(self, span: Span) -> str:
        return self.content[span.start : span.end].decode("utf-8", "replace")

    def selected(self, call: Call, style: QueryStyle) -> Statement | None:
        """`select(Model, …)` or `session.query(Model.column, …)`: the first is read, the others are joined."""
        first = call.args[0] if call.args and style == "core" else None
        given = first.items if isinstance(first, Items) else call.args  # `select([books])`, as it was before 1.4
        found = picked(given, self.entity)
        if found is None:
            return None
        written = self.written(found.model.span) if found.model is not None else ""
        draft = Draft(found.kind, style, call.span, found.entity, insert_at=call.span.end)
        draft.written = written.rpartition(".")[0] if found.column else written
        columns = given if found.column else given[1:]
        if given is not call.args and (len(call.args) > 1 or call.keywords):
            draft.undecided = "its conditions are handed over as arguments"
        draft.names.update(*(mentioned(column, found.entity) for column in columns))
        return Statement((draft,))

    def queried(self, call: Call) -> Statement | None:
        """`session.query(Model)`; a function of the project that is called `query` may be anything."""
        match call.function:
            case Local():
                return None
            case Ref(name) if not known.KEEPS_SESSIONS.search(name.split(".")[-2] if "." in name else ""):
                return None
            case _:
                return self.selected(call, "query")

    def retarget(self, draft: Draft, method: str, call: Call) -> None:
        """`.select_from(Model)`, `.with_entities(…)` and `.group_by(…)` say anew what is read."""
        if method == "select_from" and draft.kind in {"columns", "count", "aggregate"}:
            first = call.argument(0)
            origin = _leftmost(first)
            read = draft.entity
            draft.entity = self.entity(origin)
            if origin is not first and draft.kind == "columns" and draft.entity != read:
                draft.entity = ""  # columns of what is joined to it
        elif method == "group_by" and draft.kind == "columns":
            draft.kind = "aggregate"
        elif method in known.PICKING and (found := picked(call.args, self.entity)) is not None:
            draft.kind = found.kind if found.kind in {"count", "aggregate"} else draft.kind

    def deleted(self, call: Call) -> Statement | None:
        """`delete(Model)`."""
        first = call.argument(0, "table")
        entity = self.entity(first)
        if first is None or not entity:
            return None
        draft = Draft("delete", "core", call.span, entity, written=self.written(first.span), executed=True)
        draft.insert_at, draft.head = call.span.end, call.function.span
        return Statement((draft,))

    def deleted_from_table(self, call: Call) -> Statement | None:
        """`Model.__table__.delete()`."""
        entity = call.name.removesuffix(known.DELETE_OF_TABLE)
        written = entity.rpartition(".")[2]
        return Statement((Draft("delete", "core", call.span, entity, written=written, executed=True),))

    def of_table(self, call: Call) -> Statement | None:
        """`books.select()` and `books.delete()`, where a module holds the `Table` by that name; whether it does is
        seen when all files are known.
        """
        entity = call.name.rpartition(".")[0]
        written = entity.rpartition(".")[2]
        if not written[:1].islower() or "." not in entity or call.args or call.keywords:
            return None
        deletes = call.method == "delete"
        draft = Draft("delete" if deletes else "select", "core", call.span, entity, written=written, executed=deletes)
        draft.insert_at = call.span.end
        return Statement((draft,))

    def got(self, call: Call) -> Rows | None:
        """`session.get(Model, key)`."""
        first = call.argument(0, "entity")
        entity = self.entity(first)
        if first is None or not entity or len(call.args) + len(call.keywords) < 2:
            return None
        draft = Draft("get", "session", call.span, entity, written=self.written(first.span), executed=True)
        draft.names.update(keyword.name for keyword in call.keywords)
        return Rows((draft,), entity)

    def of_object(self, call: Call) -> Rows | None:
        """`crud_users.get(db=session, name="x")`; whether such an object is one of FastCRUD, the project knows."""
        kind = known.OF_OBJECTS.get(call.method)
        entity = call.name.rpartition(".")[0]
        session = call.argument(0, "db")
        named = session.name.rpartition(".")[2] if isinstance(session, Local | Ref) else ""
        if kind is None or not entity or not known.SESSION_NAME.search(named):
            return None
        draft = Draft(kind, "core", call.span, f"{entity}[]", written=entity.rpartition(".")[2], executed=True)
        draft.names.update(*(of_path(keyword.name) for keyword in call.keywords))
        return Rows((draft,), f"{call.name}()" if call.method == "get" else "")

    def looked_up(self, call: Call, model: Ref) -> Rows:
        """`get_object_or_404(Model, …)`."""
        draft = Draft("select", "django", call.span, model.name, executed=True)
        draft.names.update(*(of_path(keyword.name) for keyword in call.keywords), *map(mentioned, call.args[1:]))
        return Rows((draft,), model.name)

    def attribute(self, ref: Ref) -> tuple[Statement, list[str]] | None:
        """`Model.objects.filter` or `Model.query.filter_by`: the statement, and the methods that follow it."""
        if not any(word in ref.name for word in known.WORDS_OF_MANAGERS):  # asked of every name: most have none
            return None
        style: QueryStyle = "django"
        match = known.MANAGER.match(ref.name)
        if match is None:
            style, match = "flask", known.FLASK_QUERY.match(ref.name)
        if match is None or not match["model"].rpartition(".")[2][:1].isupper():
            return None
        rest = [part for part in (match["rest"] or "").split(".") if part]
        manager = match["manager"] if style == "django" else "query"
        tail = "".join(f".{part}" for part in rest)
        end = ref.span.end - len(tail)
        plain = self.written(Span(end, ref.span.end)) == tail and self.written(ref.span).endswith(f".{manager}{tail}")
        written = self.written(Span(ref.span.start, end - len(manager) - 1)) if plain else ""
        draft = Draft("select", style, ref.span, match["model"], manager=manager, written=written)
        draft.insert_at = end if plain else -1
        return Statement((draft,)), rest

    def sql(self, value: Constant | None) -> Draft | None:
        """Literal SQL that reads or deletes rows of one table."""
        if value is None or not isinstance(value.value, str) or len(value.value) > 20_000:
            return None
        if match := known.SQL_DELETE.match(value.value):
            table, names = match["table"], known.WORD.findall(value.value)
            return Draft("sql-delete", "sql", value.span, table=_plain(table), names=set(names), executed=True)
        match = known.SQL_SELECT.match(value.value)
        if match is None or known.SQL_AGGREGATE.match(match["what"]) or known.SQL_INNER.search(match["what"]):
            return None
        if known.SQL_GROUPED.search(match["rest"]):
            return None
        asked = asked_of_table(match["table"], match["what"], match["rest"])
        if asked is None:
            return None
        return Draft("sql-select", "sql", value.span, table=_plain(match["table"]), names=asked, executed=True)


def _leftmost(value: Value | None) -> Value | None:
    """What a chain of joins begins with: `books.join(authors).outerjoin(reviews)`, `join(Book, Author)`."""
    while isinstance(value, Call) and value.method in {"join", "outerjoin"}:
        match value.function:
            case Attr(inner):
                value = inner
            case Ref(name, where) if not name.startswith("sqlalchemy."):
                value = Ref(name.rpartition(".")[0], where)
            case _:
                value = value.argument(0, "left")
    return value


def _plain(table: str) -> str:
    return table.replace('"', "").replace("`", "")
