"""Follows statements through one function: from `select(Model)` over `.where(…)` to `session.execute(…)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from weakref import proxy

import msgspec

from bylaw.facts.queries import HELPED_INSIDE, INSIDE, KEPT_AS, Query
from bylaw.facts.values import Attr, Call, Choice, Constant, Entries, Index, Items, Local, Ref, Starred, Value, children
from bylaw.readers.python.module import FunctionNode, Module
from bylaw.readers.python.queries import vocabulary as known
from bylaw.readers.python.queries.body import Fork, Step
from bylaw.readers.python.queries.branches import Branches
from bylaw.readers.python.queries.chaining import Chaining
from bylaw.readers.python.queries.conditions import Conditions
from bylaw.readers.python.queries.drafts import Draft, Meaning, Rows, Statement, executed, joined, lazy, looped, taken
from bylaw.readers.python.queries.guards import chosen_by_flag
from bylaw.readers.python.queries.handing import handed_back, handed_on, is_foreign
from bylaw.readers.python.queries.loose import Loose, keep_collected, kept_in_self
from bylaw.readers.python.queries.names import arguments, asked_by_lambdas, executed_by, localised
from bylaw.readers.python.queries.presence import Presence
from bylaw.readers.python.queries.receivers import Receivers
from bylaw.readers.python.queries.roots import Roots
from bylaw.readers.python.queries.texts import Texts
from bylaw.readers.python.queries.views import is_choice_of_form
from bylaw.source import Span


class Evaluation:
    """What the variables of one function mean, step by step."""

    def __init__(self, module: Module, record: FunctionNode, constants: Mapping[str, Constant]) -> None:
        self.roots = Roots(module.content, record.fact.owner)
        self.function = record.fact
        self.own = module.scope.own("")
        self.drafts: list[Draft] = []
        self.env: dict[str, Meaning] = {}
        self._branches = Branches()
        self._named: dict[Span, Meaning] = {}
        me = proxy(self)  # a cycle would keep the whole tree: nothing is collected while files are read
        self.conditions = Conditions(lambda name, entity: is_foreign(me.env.get(name), entity))
        self._chaining = Chaining(self.roots, self.conditions, record.fact.owner)
        self.texts = Texts(constants)
        self.receivers = Receivers(module, record.fact)
        self.env.update(self.receivers.rows())
        self._loose = Loose(record.fact, self.own)

    def finished(self) -> Iterator[Query]:
        self._loose.give_to(self.drafts)
        return (draft.finished(self.function.qualified) for draft in self.drafts if not draft.left_out)

    def take(self, step: Step | Fork) -> None:
        if isinstance(step, Fork):
            self.env = self._branches.at(step, self.env)
            return
        before = len(self.drafts)
        if step.kind == "return":
            presence = Presence(step.value, self.drafts)
            for item in step.value.items if isinstance(step.value, Items) else (step.value,):
                self._return(self.read(item))
            presence.note()
            return
        meaning = self.read(step.value)
        if step.kind in {"assign", "name"}:
            self._assign(step, meaning)
        elif step.kind == "loop":
            self.conditions.loop(step.targets)
            self._bind(step.targets, looped(meaning))
        elif step.kind == "do":
            self._alone(step, self.drafts[before:])

    def _assign(self, step: Step, meaning: Meaning) -> None:
        if step.place is not None:
            self._kept_elsewhere(step.place, step.value, meaning)
        self.conditions.assign(step.targets, step.value)
        self.texts.assign(step.targets, step.value)
        self.roots.alias(step.targets, step.value)
        self.receivers.assign(step.targets, step.value)
        self._bind(step.targets, meaning)
        if step.kind == "name":
            self._named[step.value.span] = meaning

    def _kept_elsewhere(self, place: Value, value: Value, meaning: Meaning) -> None:
        """`self.statement = …`, `filters["deleted_at"] = …`, `book.deleted_at = …`; `context["books"] = …`."""
        if isinstance(place, Index) and isinstance(place.value, Local) and lazy(meaning):
            self.env[place.value.name] = joined([self.env.get(place.value.name), meaning])
        elif is_choice_of_form(place) and lazy(meaning):
            executed(meaning)
        elif isinstance(meaning, Statement):
            meaning.doubt("it is kept outside the function")
        if kept := kept_in_self(place):
            self._bind((f"self.{kept}",), meaning if isinstance(meaning, Rows) and isinstance(place, Attr) else None)
            if isinstance(meaning, Rows):
                meaning.note(f"{KEPT_AS}{kept}")
        self.read(place)
        self.conditions.assign_into(place, value)

    def _bind(self, names: tuple[str, ...], meaning: Meaning) -> None:
        self.receivers.rebound(names)
        for name in names:
            if meaning is None:
                self.env.pop(name, None)
            else:
                self.env[name] = meaning

    def _return(self, meaning: Meaning) -> None:
        if not isinstance(meaning, Statement):
            return
        if self.function.name in known.ASKED_BY_THE_FRAMEWORK or (lazy(meaning) and self.receivers.is_endpoint()):
            executed(meaning)
        handed_back(meaning, answered=self.receivers.is_endpoint())

    def _alone(self, step: Step, drafts: list[Draft]) -> None:
        for draft in drafts or self.drafts:
            if draft.span == step.value.span and draft.kind in {"delete", "delete-row"}:
                draft.alone, draft.statement = True, step.span

    # -- values

    def read(self, value: Value) -> Meaning:
        """What a value is, noting on the way what it does to the statements and rows in it."""
        match value:
            case Constant():
                return None
            case Local(name):
                return self.env.get(name)
            case Ref():
                return self._reference(value)
            case Call():
                return self._named[value.span] if value.span in self._named else self._call(value)
            case Attr(Local("self"), name) if (kept := self.env.get(f"self.{name}")) is not None:
                return kept
            case Attr(inner, name):
                meaning = self.read(inner)
                if isinstance(meaning, Rows):
                    meaning.note(name)
                    return None
                if meaning is None:
                    self._loose.note(value)
                elif meaning.helped:
                    meaning.note(name)
                return meaning
            case Index(inner, index):
                self.read(index)
                held = self.read(inner)
                if held is None:
                    self._loose.note(value)
                return taken(held, index)
            case Starred(inner):
                return executed(self.read(inner))
            case Choice(condition, then, otherwise):
                self.read(condition)
                before = len(self.drafts)
                first, second = self.read(then), self.read(otherwise)
                chosen_by_flag(condition, (each.name for each in self.function.parameters), self.drafts[before:])
                return first if first is not None else second
            case _:
                return self._parts(value)

    def _parts(self, value: Value) -> Meaning:
        """A collection of Django's statements is executed by whom it is handed to; any other value may do anything."""
        meanings = [self.read(child) for child in children(value)]
        if isinstance(value, Entries | Items) and any(lazy(meaning) for meaning in meanings):
            return joined(meanings)
        for meaning in meanings:
            if isinstance(meaning, Statement):
                meaning.doubt(HELPED_INSIDE if meaning.helped else INSIDE)
        return None

    def _reference(self, ref: Ref) -> Meaning:
        local = self._localised(ref)
        if local is not ref:
            return self.read(local)
        found = self.roots.attribute(ref)
        self._loose.note(ref)
        return self._started(found[0]) if found is not None and not found[1] else None

    def _localised(self, value: Value) -> Value:
        return localised(value, self.own, self.env)

    def _call(self, call: Call) -> Meaning:
        name, method = call.name, call.method
        if name in known.SELECT or name.endswith(known.SELECT_ELSEWHERE):
            return self._started(self.roots.selected(call, "core"), call)
        if name in known.DELETE or name.endswith(known.DELETE_ELSEWHERE):
            return self._started(self.roots.deleted(call))
        if name in known.SHORTCUTS:
            return self._shortcut(call)
        if name in known.ATTRIBUTE_BY_NAME and len(call.args) > 1:
            return self._asked_by_name(call)
        if isinstance(call.function, Ref) and (found := self.roots.attribute(call.function)) is not None and found[1]:
            meaning: Meaning = self._started(found[0])
            for step in found[1][:-1]:
                meaning = self._chained(meaning, step, None) if isinstance(meaning, Statement) else meaning
            return self._chained(meaning, method, call) if isinstance(meaning, Statement) else None
        if name.endswith(known.DELETE_OF_TABLE):
            return self._started(self.roots.deleted_from_table(call))
        if method in known.OF_TABLE and (statement := self.roots.of_table(call)) is not None:
            return self._started(statement)
        if method == "query" and (statement := self.roots.queried(call)) is not None:
            self.receivers.runs(call)
            return self._started(statement, call)
        function = self._localised(call.function)
        receiver = self.read(function.value) if isinstance(function, Attr) else None
        if isinstance(receiver, Statement):
            return self._chained(receiver, method, call)
        if isinstance(receiver, Rows) and (receiver.drafts or (method in known.DELETES and not call.args)):
            return self._of_rows(receiver, method, call)
        return self._other(call, method)

    def _other(self, call: Call, method: str) -> Meaning:
        """A call of something that is neither statement nor row: a session, a function, a collection."""
        if method in {"get", "get_one", "get_or_404"} and (rows := self.roots.got(call)) is not None:
            self.drafts.extend(rows.drafts)
            self.receivers.runs(call)
            return rows
        if method in known.OF_OBJECTS and (rows := self.roots.of_object(call)) is not None:
            self.drafts.extend(rows.drafts)
            return rows
        meanings = [self.read(argument) for argument in arguments(call)]
        if method in known.EXECUTE or method in known.FETCH or method == "raw":
            if (draft := self.roots.sql(self.texts.of(executed_by(call)))) is not None:
                self.drafts.append(draft)
                return Rows((draft,))
            if meanings and isinstance(meanings[0], Statement) and method not in known.FETCH:
                self.receivers.runs(call)
                return executed(meanings[0])
        if method in known.DELETES and len(call.args) == 1 and isinstance(meanings[0], Rows) and meanings[0].entity:
            self._row_deleted(call, meanings[0].entity)
            return None
        if method in known.DELETES and len(call.args) == 1 and self.receivers.is_bare_parameter(call.args[0]):
            self._row_deleted(call, f"{self.roots.written(call.args[0].span)}?")
            return None
        if method in known.COLLECTING:
            keep_collected(call, meanings)
            if self.conditions.collect(call):
                return None
        return self._helped(call, meanings)

    def _row_deleted(self, call: Call, entity: str) -> None:
        """`session.delete(row)`."""
        if self.receivers.is_session(call):
            written = self.roots.written(call.args[0].span)
            self.drafts.append(Draft("delete-row", "session", call.span, entity, written=written, executed=True))

    def _helped(self, call: Call, meanings: list[Meaning]) -> Meaning:
        """A statement or rows handed to some function: it may filter, it may execute."""
        names = asked_by_lambdas(call, self.roots.written) if any(meanings) else []
        made = handed_on(call, meanings, names, self.function.owner)
        return made if made is not None else self.receivers.returned(call)

    def _shortcut(self, call: Call) -> Meaning:
        """`get_object_or_404(Model, …)` or `get_object_or_404(queryset, …)`."""
        first = call.argument(0, "klass")
        lookup = msgspec.structs.replace(call, args=call.args[1:])
        if isinstance(first, Ref) and self.roots.attribute(first) is None:
            rows = self.roots.looked_up(call, first)
            self.drafts.extend(rows.drafts)
            self._chaining.filter_from_elsewhere(Statement(rows.drafts), lookup)
            return rows
        meaning = self.read(first) if first is not None else None
        return self._chained(meaning, "get", lookup) if isinstance(meaning, Statement) else None

    def _asked_by_name(self, call: Call) -> Meaning:
        """`getattr(book, "deleted_at", None)`: what comes back is no row of that table."""
        meaning, _, *_ = [self.read(argument) for argument in call.args]
        if isinstance(meaning, Rows):
            taken(meaning, call.args[1])
        return None

    def _of_rows(self, rows: Rows, method: str, call: Call) -> Meaning:
        for argument in arguments(call):
            self.read(argument)
        if method in known.DELETES and rows.entity and not call.args:
            written = self.roots.written(call.function.value.span) if isinstance(call.function, Attr) else ""
            self.drafts.append(Draft("delete-row", "row", call.span, rows.entity, written=written, executed=True))
            return None
        rows.note(method)
        return rows if method in known.TO_ROWS else None

    # -- statements

    def _started(self, statement: Statement | None, call: Call | None = None) -> Statement | None:
        if statement is None:
            return None
        self.drafts.extend(statement.drafts)
        for argument in arguments(call)[1:] if call is not None else ():
            self.read(argument)
        return statement

    def _chained(self, statement: Statement, method: str, call: Call | None) -> Meaning:
        if statement.collected:
            return taken(statement) if method in {"get", "pop"} else statement
        for argument in arguments(call) if call is not None else ():
            self.read(argument)
        return self._chaining.apply(statement, method, call)
