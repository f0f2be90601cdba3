"""Fixes of migrations, on a server: whatever a rule's spec lets it repair is run before and after.

A safe fix leaves exactly the schema behind that the original would have left. One that adds a constraint NOT VALID
does so after the constraint is validated. Every fixed migration runs with the tool that it is written for.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bylaw.diagnostics import Diagnostic, Replace
from bylaw.edits import apply, resolve
from bylaw.engine.fixing import FixOutcome, fix
from bylaw.engine.run import run as check
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.readers import read_file
from bylaw.settings import Settings
from bylaw.spec import Case, parse_spec, settings_for

if TYPE_CHECKING:
    from migration_runs import Furniture
    from postgres_server import Server

    Known = dict[int, tuple[list[str], Furniture]]
    """What the original migrations of each tree come to, and what has to be there before them."""

SPECS = Path(__file__).parents[1] / "fixtures" / "rules"
RULES = {name: rule for name, rule in load_builtin().items() if rule.concern and rule.fix != "none"}
KEEP_THE_SCHEMA = ("locking", "robustness")
"""Concerns whose repairs are about how a change is made, not about what it comes to."""


def _cases(name: str) -> list[Case]:
    spec = SPECS / RULES[name].category / f"{name}.md"
    return [case for case in parse_spec(spec.read_text("utf-8"), name) if not case.good]


def _sources(files: dict[str, str]) -> MemorySources:
    return MemorySources({path: text.encode() for path, text in files.items()})


def _fixes(name: str, case: Case, settings: Settings) -> list[Diagnostic]:
    found = check(_sources(case.files), settings, {name: RULES[name]}).diagnostics
    return [diagnostic for diagnostic in found if diagnostic.fix is not None and diagnostic.fix.edits]


def _fixed(name: str, case: Case, settings: Settings, *, unsafe: bool) -> tuple[FixOutcome, dict[str, str]]:
    outcome = fix(_sources(case.files), settings, {name: RULES[name]}, unsafe=unsafe)
    return outcome, {**case.files, **{path: content.decode() for path, content in outcome.files.items()}}


def _levels(fixes: list[Diagnostic]) -> Iterator[bool]:
    """Whether to allow unsafe fixes: once without, once with, where that makes a difference."""
    kinds = {diagnostic.fix.applicability for diagnostic in fixes if diagnostic.fix is not None}
    yield from (unsafe for unsafe, kind in ((False, "safe"), (True, "unsafe")) if kind in kinds)


@pytest.mark.parametrize("name", RULES)
def test_a_fix_is_whole_and_final(name: str) -> None:
    seen = 0
    for case in _cases(name):
        settings = settings_for(case, RULES[name], name)
        fixes = _fixes(name, case, settings)
        for unsafe in _levels(fixes):
            where = f"{name}.md:{case.line}: {case.title}"
            outcome, files = _fixed(name, case, settings, unsafe=unsafe)
            assert not [d.message for d in outcome.report.diagnostics if d.rule != name], where
            assert outcome.applied, where
            again = fix(_sources(files), settings, {name: RULES[name]}, unsafe=unsafe)
            assert not again.files, f"{where}: another run changes it again"
            for path in outcome.files:
                before, after = (read_file(path, text[path].encode()) for text in (case.files, files))
                assert after.syntax_problem is None, where
                assert len(after.unread) <= len(before.unread), where
            seen += 1
    assert seen, "no bad case of the spec has a fix"


@pytest.mark.parametrize("name", RULES)
def test_a_fix_leaves_all_other_lines_alone(name: str) -> None:
    for case in _cases(name):
        for diagnostic in _fixes(name, case, settings_for(case, RULES[name], name)):
            assert diagnostic.fix is not None
            replaces = resolve(diagnostic.fix.edits, lambda path, files=case.files: files[path].encode())
            for path in {replace.path for replace in replaces}:
                content, own = case.files[path].encode(), [r for r in replaces if r.path == path]
                after = iter(line.strip() for line in apply(content, own).splitlines())
                left = [line for line in _untouched(content, own) if line not in after]
                assert not left, f"{name}.md:{case.line}: {path}: {left}"


def _untouched(content: bytes, replaces: list[Replace]) -> Iterator[bytes]:
    """Lines without the blanks at their ends, those aside that a replacement touches."""
    start = 0
    for line in content.splitlines(keepends=True):
        end = start + len(line)
        if not any(r.span.start < end and start < max(r.span.end, r.span.start + 1) for r in replaces):
            yield line.strip()
        start = end


@pytest.mark.parametrize("name", RULES)
def test_the_schema_is_the_same(name: str, postgres: Server, tmp_path: Path) -> None:
    pytest.importorskip("alembic")
    pytest.importorskip("django")
    compared, problems = 0, []
    for case in _cases(name):
        settings = settings_for(case, RULES[name], name)
        known: Known = {}
        for unsafe in _levels(_fixes(name, case, settings)):
            _, files = _fixed(name, case, settings, unsafe=unsafe)
            same = not unsafe or RULES[name].concern in KEEP_THE_SCHEMA
            where = f"{name}.md:{case.line}: {case.title} ({'unsafe' if unsafe else 'safe'})"
            for found in _compared(
                postgres, tmp_path / f"{case.line}{unsafe}", case.files, files, settings, known, same=same
            ):
                compared += 1
                problems += [f"{where}: {line}" for line in found]
    assert not problems, "\n".join(problems)
    assert compared


SEQUENCES = {
    name: rule
    for name, rule in load_builtin().items()
    if rule.concern == "locking" or (name in RULES and rule.concern in KEEP_THE_SCHEMA)
}


def _documented(name: str) -> list[Case]:
    """The examples of what is good in a rule's documentation."""
    documentation = inspect.cleandoc(SEQUENCES[name].documentation)
    as_spec = re.sub(r"(?m)^(Bad|Good):$", lambda match: f"## {match[1].lower()}: example", documentation)
    return [case for case in parse_spec(as_spec, name) if case.good]


@pytest.mark.parametrize("name", SEQUENCES)
def test_what_the_documentation_advises_runs(name: str, postgres: Server, tmp_path: Path) -> None:
    pytest.importorskip("alembic")
    pytest.importorskip("django")
    from migration_runs import Run, run_alembic, run_django, run_sql, trees

    for number, case in enumerate(_documented(name)):
        for at, tree in enumerate(trees(case.files, settings_for(case, SEQUENCES[name], name))):
            run = Run(postgres, tmp_path / f"{number}-{at}", case.files)
            match tree.tool:
                case "sql":
                    run_sql(run, tree, bare=False)
                case "alembic":
                    run_alembic(run, tree, bare=False)
                case _:
                    run_django(run, bare=False)


def _compared(
    server: Server,
    folder: Path,
    before: dict[str, str],
    after: dict[str, str],
    settings: Settings,
    known: Known,
    *,
    same: bool,
) -> Iterator[list[str]]:
    """For every tree of migrations that has changed: what differs on the server."""
    import psycopg
    from migration_runs import NotRunnableError, Run, run_alembic, run_django, run_sql, trees
    from schema_dump import dump, validate

    def result(files: dict[str, str], at: int, run: Run, *, bare: bool) -> list[str]:
        tree = trees(files, settings)[at]
        match tree.tool:
            case "sql":
                run_sql(run, tree, bare=bare)
            case "alembic":
                run_alembic(run, tree, bare=bare)
            case _:
                run_django(run, bare=bare)
        with server.connect() as connection:
            validate(connection)
            return dump(connection)

    def original(at: int) -> tuple[list[str], Furniture]:
        run = Run(server, folder / f"{at}-before", before)
        try:
            return result(before, at, run, bare=False), run.furniture
        except psycopg.errors.ActiveSqlTransaction:  # it fails in its transaction: what it meant to do
            return result(before, at, run, bare=True), run.furniture

    for at, tree in enumerate(trees(before, settings)):
        if all(before[step.path] == after[step.path] for step in tree.steps):
            continue
        try:
            if at not in known:
                known[at] = original(at)
            wanted, furniture = known[at]
            got = result(after, at, Run(server, folder / f"{at}-after", after, furniture), bare=False)
        except (NotRunnableError, psycopg.errors.ActiveSqlTransaction) as error:
            yield [f"{tree.folder}: {error}"]
            continue
        lost, won = (sorted(set(one) - set(other)) for one, other in ((wanted, got), (got, wanted)))
        found = [*(f"{tree.folder}: - {line}" for line in lost), *(f"{tree.folder}: + {line}" for line in won)]
        yield found if same else []
