"""What points where: foreign keys to tables, association tables, Django's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bylaw.facts.database import Column, ForeignKey, Table
from bylaw.facts.file import FileFacts
from bylaw.facts.values import Call, Ref, Value, text_of, walk
from bylaw.project.tables import library
from bylaw.project.tables.meaning import Meanings
from bylaw.project.tables.tablename import confirmed
from bylaw.source import shared_parts

if TYPE_CHECKING:
    from bylaw.project import Project

_THROUGH = frozenset({"secondary", "through", "link_model"})


class Linker:
    """Completes the tables of a project once all of them are known."""

    def __init__(self, project: Project, meanings: Meanings, files: list[FileFacts]) -> None:
        self.meanings = meanings
        self.files = files
        self.apps = project.apps

    def link(self, tables: dict[str, Table], loose: list[Table]) -> tuple[dict[str, Table], list[Table]]:
        """The tables by qualified name, and those without one, with physical names, targets and associations filled
        in.
        """
        pointed = {
            c.foreign_key.table for t in (*tables.values(), *loose) for c in t.columns if c.foreign_key is not None
        }
        named = {name: self._named(table) for name, table in confirmed(tables, pointed).items()}
        self._by_physical: dict[str, list[Table]] = {}
        for table in (*named.values(), *loose):
            if table.name:
                self._by_physical.setdefault(table.name, []).append(table)
        self._by_label = {f"{t.app_label}.{t.class_name}".lower(): n for n, t in named.items() if t.orm == "django"}
        self._named_tables = named
        through = self._through(named)
        linked = {
            name: self._linked(table, associated=name in through or table.name in through)
            for name, table in named.items()
        }
        return linked, [self._linked(table, associated=table.name in through) for table in loose]

    def link_created(self, tables: list[Table]) -> list[Table]:
        """The tables that only migrations create, with what they point to."""
        for table in tables:
            self._by_physical.setdefault(table.name, []).append(table)
        return [self._linked(self._read_targets(table), associated=False) for table in tables]

    def _read_targets(self, table: Table) -> Table:
        """`app.users` in SQL is a column of a table, or a table of a schema: what is known decides."""
        columns = []
        for column in table.columns:
            key = column.foreign_key
            if key is not None and key.table not in self._by_physical:
                known = key.column in self._by_physical
                key = ForeignKey(key.column, "", schema=key.table) if known else ForeignKey("", "")
            columns.append(msgspec.structs.replace(column, foreign_key=key))
        return msgspec.structs.replace(table, columns=tuple(columns))

    def _named(self, table: Table) -> Table:
        if table.orm != "django":
            return table
        label = table.app_label or self.apps.label_of(table.model)
        name = table.name or (f"{label}_{table.class_name.lower()}" if label else "")
        return msgspec.structs.replace(table, name=name, app_label=label)

    def _linked(self, table: Table, *, associated: bool) -> Table:
        columns = tuple(self._pointed(column, table) for column in table.columns)
        links = _made_of_foreign_keys(columns) or (not table.class_name and _only_links(table))
        return msgspec.structs.replace(table, columns=columns, is_association=associated or links)

    def _pointed(self, column: Column, table: Table) -> Column:
        key = column.foreign_key
        if key is None:
            return column
        target = self._target(key, table)
        if target is None:
            return msgspec.structs.replace(column, foreign_key=self._outside(key, table))
        wanted = target.column(key.column) if key.column else next(iter(target.primary_key), None)
        name = wanted.name if wanted is not None else key.column
        done = msgspec.structs.replace(
            key, table=target.name, column=name, target_model=target.model or key.target_model
        )
        return msgspec.structs.replace(column, foreign_key=done)

    def _outside(self, key: ForeignKey, table: Table) -> ForeignKey:
        """A foreign key to a model that is not the project's: Django's own models are known."""
        model = key.target_model
        if model == "settings.AUTH_USER_MODEL":
            model = self.apps.user_model or model
        elif model.startswith("."):
            model = f"{table.app_label}{model}"
        owner, _, name = model.rpartition(".")
        known = (
            library.DJANGO_TABLES.get(name, "")
            if owner.partition(".")[0] in {"django", "auth", "contenttypes", "sites"}
            else ""
        )
        if not known:
            return msgspec.structs.replace(key, target_model=model)
        return msgspec.structs.replace(key, target_model=model, table=known, column=key.column or "id")

    def _target(self, key: ForeignKey, table: Table) -> Table | None:
        model = key.target_model
        if model:
            if model == "settings.AUTH_USER_MODEL":
                model = self.apps.user_model or model
            if model.startswith("."):
                model = f"{table.app_label}{model}"
            found = self._named_tables.get(model) or self._named_tables.get(self._by_label.get(model.lower(), ""))
            return found or self._named_tables.get(self.meanings.names.resolve(model, ""))
        candidates = self._by_physical.get(key.table, [])
        if key.schema:
            candidates = [c for c in candidates if c.schema in ("", key.schema)] or candidates
        same = [c for c in candidates if c.context == table.context]
        near = table.location.path
        return max(same or candidates, key=lambda c: shared_parts(c.location.path, near, "/"), default=None)

    def _through(self, tables: dict[str, Table]) -> set[str]:
        """Qualified or physical names of tables that a relation names as `secondary=`, `through=` or `link_model=`."""
        found: set[str] = set()
        for file in self.files:
            if file.words.isdisjoint(_THROUGH):
                continue
            values = [v.value for c in file.classes for v in c.variables if v.value is not None]
            values.extend(v.value for v in file.variables if v.value is not None)
            values.extend(r for f in file.functions if f.owner for r in f.returns)
            for value in values:
                for inner in walk(value) if isinstance(value, Call) else ():
                    if isinstance(inner, Call):
                        for keyword in inner.keywords:
                            if keyword.name in _THROUGH:
                                found |= self._meant(keyword.value, file, tables)
        return found

    def _meant(self, value: Value, file: FileFacts, tables: dict[str, Table]) -> set[str]:
        if isinstance(value, Ref):
            name = self.meanings.of(value.name.removesuffix(".__table__"), file.module)
            return {name}
        text = text_of(value)
        if text is None:
            return set()
        if "." in text and (found := self._by_label.get(text.lower())):
            return {found}
        last = text.rpartition(".")[2]
        matches = {n for n, t in tables.items() if last in (t.name, t.class_name, n.rpartition(".")[2])}
        return matches or {text}


def _made_of_foreign_keys(columns: tuple[Column, ...]) -> bool:
    """Whether two or more foreign keys, and nothing else, form the key; a composite foreign key counts once."""
    keys = [column.foreign_key for column in columns if column.primary_key]
    if not keys or any(key is None for key in keys):
        return False
    single = sum(key is not None and not key.constraint for key in keys)
    return single + len({key.table for key in keys if key is not None and key.constraint}) > 1


def _only_links(table: Table) -> bool:
    """A bare `Table` of a surrogate key and two or more ids."""
    rest = [column.name for column in table.columns if not (column.primary_key and column.name == "id")]
    return table.complete and len(rest) > 1 and all(name.endswith("_id") for name in rest)
