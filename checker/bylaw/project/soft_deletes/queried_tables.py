"""Which tables a query touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.facts.code import Variable
from bylaw.facts.database import Table
from bylaw.facts.file import FileFacts
from bylaw.facts.naming import snake
from bylaw.facts.queries import Query, row_type
from bylaw.facts.values import Index
from bylaw.project.soft_deletes.returned_rows import returned_row
from bylaw.project.soft_deletes.served_models import ServedModels

if TYPE_CHECKING:
    from bylaw.project import Project

_TABLE = ".__table__"


class QueriedTables:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._served_models = ServedModels(project)

    def of(self, facts: FileFacts, query: Query) -> list[Table]:
        """The tables that a query of a file may touch: several only for the model of a generic repository."""
        if query.entity.endswith("[]"):
            table = self._served_models.of_object(query.entity.removesuffix("[]"), facts.module)
            return [table] if table is not None else []
        if query.entity.endswith("?"):
            return self._called(query.entity.removesuffix("?"), facts)
        return self._of_entity(facts, query) if query.entity else self._named(query.table)

    def _of_entity(self, facts: FileFacts, query: Query) -> list[Table]:
        entity = query.entity
        if entity.endswith("()"):
            entity = returned_row(self._project, self._served_models, entity, facts.module)
            if not entity and query.function.rpartition(".")[0] != query.entity.rpartition(".")[0]:
                return []
        table = self._of_class(entity, facts.module) if entity else None
        if table is not None:
            return [table]
        served, method = self._served_models, query.function.rpartition(".")[2]
        return served.tables(query.entity, method, facts.module) or served.of_type_variable(
            query.entity, query.function, facts.module
        )

    def _named(self, table: str) -> list[Table]:
        """The application's table of that physical name, if there is just one."""
        name = table.rpartition(".")[2]
        found = [table for table in self._project.tables if table.name == name and table.context == "app"]
        return found if len(found) == 1 else []

    def _called(self, name: str, facts: FileFacts) -> list[Table]:
        """The table whose rows are called so, where the file knows its class: `delete(book)` beside `Book`."""
        app = (table for table in self._project.tables if table.context == "app")
        found = [table for table in app if snake(table.class_name.removesuffix("Model")) == name]
        imported = {item.target.rpartition(".")[2] for item in facts.imports}
        known = [table for table in found if table.class_name in imported or table.location.path == facts.path]
        return known if len(known) == len(found) == 1 else []

    def _of_class(self, entity: str, near: str) -> Table | None:
        """The table of a class, or of what a name stands for: `Reader = Annotated[User, Depends(…)]`, `users =
        User.__table__`.
        """
        names = self._project.names
        table = self._project.table_of(entity, near)
        if table is None and (name := names.resolve(entity, near)).endswith(_TABLE):
            return self._project.table_of(name.removesuffix(_TABLE))
        found = names.definition(entity, near) if table is None else None
        alias = found.item.value if found is not None and isinstance(found.item, Variable) else None
        inner = row_type(alias) if isinstance(alias, Index) else ""
        return self._project.table_of(inner, found.file.module) if found is not None and inner else table
