"""Runs the migrations of a spec's case on a PostgreSQL, with the tool they are written for, one statement at a time.

SQL runs as it is, Alembic's revisions by Alembic, Django's operations by Django. Whoever watches is told for every
statement which lines of the case it comes from.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import environments
from spec_runs import INSTALLED, Place, Run, Watch

from bylaw.project import Project
from bylaw.project.migrations.step import MigrationTree, Step

if TYPE_CHECKING:
    from postgres_server import Connection, Server


def execute(run: Run, server: Server, database: Connection, folder: Path, watch: Watch) -> None:
    """Run all migrations of a case. `folder` is an empty folder."""
    project = run.project()
    with _importable(run, folder):
        _execute(run, project, server, database, folder, watch)


@contextmanager
def _importable(run: Run, folder: Path) -> Iterator[None]:
    """The Python of the case, its migrations aside, can be imported."""
    modules = {path: text for path, text in run.files.items() if path.endswith(".py") and "migrations" not in path}
    modules |= {path.removeprefix(INSTALLED): text for path, text in run.notes.items() if path.startswith(INSTALLED)}
    for path, text in modules.items():
        target = folder / "modules" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    sys.path.insert(0, str(folder / "modules"))
    known = set(sys.modules)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder / "modules"))
        tops = {path.split("/")[0].removesuffix(".py") for path in modules}
        for name in set(sys.modules) - known:
            if name.partition(".")[0] in tops:
                del sys.modules[name]


def _execute(run: Run, project: Project, server: Server, database: Connection, folder: Path, watch: Watch) -> None:
    """Each line of history by itself: lines in one case are there to be compared, not to meet."""
    from postgres_server import empty

    deployments = project.migrations.deployments
    deployed = {step: deployment.steps for deployment in deployments for step in deployment.steps}
    if "together" in run.notes:
        deployed = {step: frozenset(tree.steps) for tree in project.migrations.trees for step in tree.steps}
    for number, tree in enumerate(project.migrations.trees):
        if number and tree.tool != "django":
            empty(database)
        if tree.tool != "django" or not number:
            _prepare(run, "before.sql", database)
        current: frozenset[Step] = frozenset()
        watch.starts(current)
        for step, apply in _steps(run, tree, server, database, folder, watch):
            if step not in current and not Path(step.path).name.startswith("R__"):  # Flyway runs it with the others
                watch.ends()
                current = deployed.get(step, frozenset())
                if tree.steps[-1] in current:
                    _prepare(run, "later.sql", database)
                watch.starts(current)
            apply()
        watch.ends()


def _prepare(run: Run, block: str, database: Connection) -> None:
    for line in run.notes.get(block, "").splitlines():
        database.execute(line)


def _steps(
    run: Run, tree: MigrationTree, server: Server, database: Connection, folder: Path, watch: Watch
) -> Iterator[tuple[Step, Callable[[], None]]]:
    steps = [step for step in tree.steps if step.exempt != "replaced"]
    match tree.tool:
        case "alembic":
            return _alembic(run, steps, server, folder / tree.folder.replace("/", "_"), watch)
        case "django":
            return _django(run, steps, server, watch)
        case "sql":
            return ((step, _sql(run, step, database, watch)) for step in steps)


# --- SQL ------------------------------------------------------------------------------------------------


def _sql(run: Run, step: Step, database: Connection, watch: Watch) -> Callable[[], None]:
    content = run.files[step.path].encode()
    elsewhere = run.notes.get("elsewhere", "").split()

    def apply() -> None:
        if step.path in elsewhere:
            return
        for span in step.migration.statements:
            text = content[span.start : span.end].decode()
            first = content[: span.start].count(b"\n") + 1
            place = Place(step.path, first, first + text.count("\n"))
            watch.runs((place,), text, database, lambda text=text: database.execute(text))  # type: ignore[misc]

    return apply


# --- Alembic --------------------------------------------------------------------------------------------


def _alembic(
    run: Run, steps: list[Step], server: Server, folder: Path, watch: Watch
) -> Iterator[tuple[Step, Callable[[], None]]]:
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    names = {}
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(environments.ALEMBIC, "utf-8")
    for number, step in enumerate(steps):
        path = folder / "versions" / f"{number}_{Path(step.path).name}"
        path.write_text(run.files[step.path], "utf-8")
        names[str(path)] = step.path
    known = {step.migration.revision for step in steps}
    for parent in {parent for step in steps for parent in step.migration.parents} - known:
        text = f"revision = {parent!r}\ndown_revision = None\n\n\ndef upgrade():\n    pass\n"
        (folder / "versions" / f"missing_{parent}.py").write_text(text, "utf-8")
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=server.connect, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
    )

    @sa.event.listens_for(engine, "do_execute")
    def _(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        places = tuple(_places_on_stack(names))
        if not places:
            return False
        watch.runs(places, statement, cursor.connection, lambda: cursor.execute(statement, parameters or None))
        return True

    @sa.event.listens_for(engine, "do_execute_no_params")
    def _(cursor: Any, statement: str, context: Any) -> bool:
        places = tuple(_places_on_stack(names))
        if not places:
            return False
        watch.runs(places, statement, cursor.connection, lambda: cursor.execute(statement))
        return True

    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["engine"] = engine
    for step in steps:
        yield step, lambda step=step: command.upgrade(config, step.migration.revision)  # type: ignore[misc]


def _places_on_stack(names: dict[str, str]) -> Iterator[Place]:
    """Outermost first."""
    frame: types.FrameType | None = sys._getframe(1)
    found = []
    while frame is not None:
        path = frame.f_code.co_filename
        if path in names and frame.f_code.co_name != "<module>":
            found.append(_place(names[path], Path(path).read_text("utf-8"), frame.f_lineno))
        frame = frame.f_back
    yield from reversed(found)


def _places_in_functions(path: str, text: str) -> list[Place]:
    """Where the functions of a Django migration are that run now, outermost first."""
    frame: types.FrameType | None = sys._getframe(1)
    found: list[Place] = []
    while frame is not None:
        if frame.f_code.co_filename == path and frame.f_code.co_name != "<module>":
            found.insert(0, _place(path, text, frame.f_lineno))
        frame = frame.f_back
    return found


def _place(path: str, text: str, line: int) -> Place:
    """The innermost statement that holds a line."""
    first, last = line, line
    size = 10**9
    for start, end in _statements(text):
        if start <= line <= end and end - start < size:
            first, last, size = start, end, end - start
    return Place(path, first, last)


@cache
def _statements(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt)
    )


# --- Django ---------------------------------------------------------------------------------------------


_Places = Callable[[int], tuple[Place, ...]]
"""Where the how-manieth operation stands, and what it runs just now."""


def _django(run: Run, steps: list[Step], server: Server, watch: Watch) -> Iterator[tuple[Step, Callable[[], None]]]:
    from django.db.migrations.state import ProjectState

    connection = django_connection(server)
    state = ProjectState()
    first = True
    for step in steps:

        def apply(step: Step = step) -> None:
            nonlocal first
            if first:
                _apply_django(_stubs(step, steps), "auth", state, connection, None, watch)
            text = run.files[step.path]
            label = step.path.split("/")[-3]
            if first and "before.py" in run.notes:
                module = types.ModuleType("before")
                exec(compile(run.notes["before.py"], "before.py", "exec"), module.__dict__)  # noqa: S102  # ours
                _apply_django(module.operations, label, state, connection, None, watch)
            first = False
            module = types.ModuleType(step.path)
            operations = _operation_places(step.path, text)

            def places(number: int) -> tuple[Place, ...]:
                return (operations[number], *_places_in_functions(step.path, text))

            with warnings.catch_warnings():  # cases speak of several releases of Django
                warnings.simplefilter("ignore", DeprecationWarning)
                exec(compile(text, step.path, "exec"), module.__dict__)  # noqa: S102  # the case is ours
                _apply_django(module.Migration.operations, label, state, connection, places, watch)

        yield step, apply
    connection.close()


def _apply_django(
    operations: Iterable[Any], label: str, state: Any, connection: Any, places: _Places | None, watch: Watch
) -> None:
    """Each operation with an editor of its own, so that what it leaves for later is done before the next."""
    for number, operation in _targets_first(enumerate(operations)):
        before = state.clone()
        operation.state_forwards(label, state)

        def look(execute: Any, sql: str, params: Any, many: bool, context: Any, number: int = number) -> Any:
            if places is None:
                return execute(sql, params, many, context)
            raw = context["connection"].connection
            return watch.runs(places(number), sql, raw, lambda: execute(sql, params, many, context))

        with connection.execute_wrapper(look), connection.schema_editor(atomic=False) as editor:
            operation.database_forwards(label, editor, before, state)


def _targets_first(operations: Iterable[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Models that refer to none come before those that may refer to them."""
    return sorted(operations, key=lambda entry: bool(getattr(entry[1], "fields", None)) and _refers(entry[1]))


def _refers(operation: Any) -> bool:
    return any(field.is_relation for _, field in operation.fields)


def _operation_places(path: str, text: str) -> list[Place]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "operations" for t in node.targets):
            elements = node.value.elts if isinstance(node.value, ast.List) else []
            return [Place(path, element.lineno, element.end_lineno or element.lineno) for element in elements]
    return []


def _stubs(step: Step, steps: list[Step]) -> list[Any]:
    from django.db import migrations, models

    return [migrations.CreateModel("User", [("id", models.AutoField(primary_key=True))])]


def django_connection(server: Server) -> Any:
    """Django's connection to the server, each statement committed. Django is set up once in a process."""
    import django
    from django.conf import settings

    if not settings.configured:
        options = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres"}
        settings.configure(
            INSTALLED_APPS=[], DATABASES={"default": {**options, "HOST": str(server.folder)}}, USE_TZ=True
        )
        django.setup()
    from django.db import connections

    return connections["default"]
