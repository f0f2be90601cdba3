"""What runs migrations before a deployment does: tests that name the runner, steps of CI jobs, scripts these call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from bylaw.facts.migration_tests import Unreviewed, Untried
from bylaw.patterns import regex
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.paths import is_example, is_test, matcher
from bylaw.source import Location, Span

if TYPE_CHECKING:
    from bylaw.facts.file import FileFacts
    from bylaw.project import Project

_TEST_IMPORTS: Final = (
    "pytest_alembic", "django_test_migrations", "alembic", "flask_migrate", "django.db.migrations",
    "django.core.management", "pytest_django_test_migrations",
)  # fmt: skip
_DJANGO_TESTS: Final = ("django.test", "rest_framework.test", "pytest_django", "model_bakery", "factory.django")
"""Django builds the database of these from the migrations."""
_FIXTURES: Final = frozenset(
    {"alembic_runner", "alembic_engine", "alembic_config", "migrator", "db", "transactional_db"}
)
_MIGRATES: Final = regex(r"alembic|migrat", re.IGNORECASE)
"""In what a test imports: a helper of the project's own that runs them."""
_COMMANDS: Final = regex(
    r"alembic\b[^\n]*\b(?:upgrade|check|stairway)\b|--test-alembic|flask\s+db\s+upgrade"
    r"|(?:manage\.py|django-admin|django)\b[^\n]*\b(?:migrate|test)\b|makemigrations[^\n]*--check"
    r"|prisma\s+(?:migrate|db)\b|drizzle-kit\s+(?:migrate|push)|\b(?:golang-)?migrate\b[^\n]*\bup\b"
    r"|\b(?:goose|dbmate|tern|sql-migrate|rambler)\b[^\n]*\b(?:up|migrate)\b|sqlx\s+(?:migrate|database)"
    r"|diesel\s+(?:migration|setup|database)|flyway\b[^\n]*\b(?:migrate|validate)\b|sqitch\s+(?:deploy|verify)"
    r"|supabase\s+(?:start|db|migration)|atlas\s+migrate|squawk|\b(?:database|db)\s+(?:upgrade|migrate)\b"
    r"|\b(?:run|apply|db|database)[-_:\s]?migrat\w*|\bmigrat\w*[-_:\s](?:up|run|test|upgrade|deploy|apply|check)\b"
    r"|\b(?:up|upgrade|test|check)[-_:]migrat\w*",
    re.IGNORECASE,
)
_TESTS_UNREAD: Final = regex(
    r"\bcargo\b[^\n]*\b(?:test|nextest)\b|\b(?:go|dotnet|swift|mix)\s+test\b|\bgotestsum\b"
    r"|\b(?:gradlew?|mvnw?)\b[^\n]*\b(?:test|check|build|verify)\b",
    re.IGNORECASE,
)
"""Tests in languages that are not read: they may run the SQL files of their own program."""
_STARTS_CONTAINERS: Final = regex(r"docker[- ]compose\b[^\n]*\b(?:up|run|exec)\b")
"""What a container does when it starts stands elsewhere."""
_PYTEST_WITHOUT: Final = regex(r"--no-?migrations\b")
_CALLS: Final = regex(r"(?<![\w./-])[\w./-]+\.(?:sh|bash|py)\b")
_TASKS: Final = (
    "Makefile", "makefile", "justfile", "Justfile", "tox.ini", "noxfile.py", "Taskfile.yml", "Taskfile.yaml",
    "package.json", "pyproject.toml", "setup.cfg", "tasks.py",
)  # fmt: skip
_CI: Final = regex(
    r"(?:^|/)(?:\.github/workflows|\.circleci|\.forgejo/workflows|\.gitea/workflows|\.woodpecker)/[^/]+\.ya?ml$"
    r"|(?:^|/)(?:\.gitlab-ci|bitbucket-pipelines|azure-pipelines|\.travis|\.drone)\.yml$"
)
_MOST_SCRIPTS: Final = 40


def untried(project: Project, trees: Sequence[MigrationTree], evidence: Sequence[str]) -> Iterator[Untried]:
    """For every tool that has new migrations and that nothing runs: its newest one.

    `evidence`: further proofs; globs of files that count, or words that a CI job's steps contain.
    """
    own = [tree for tree in trees if tree.steps and not is_example(f"{tree.folder}/")]
    judged = [tree for tree in own if any(step.judged for step in tree.steps)]
    if not judged or _is_proven(project, evidence):
        return
    for tool in ("alembic", "django", "sql"):
        of_tool = [tree for tree in judged if tree.tool == tool]
        if not of_tool or _is_tried(project, tool):
            continue
        largest = max(of_tool, key=lambda tree: len(tree.steps))
        newest = next(step for step in reversed(largest.steps) if step.judged)
        yield Untried(tool, newest.name, newest.location, largest.folder)


def unreviewed(project: Project, trees: Sequence[MigrationTree]) -> Iterator[Unreviewed]:
    """New revisions in which Alembic's request to adjust what it wrote still stands."""
    for tree in trees:
        for step in tree.steps:
            if step.judged and tree.tool == "alembic":
                at = project.files[step.path].source.content.find(b"please adjust!")
                if at != -1:
                    yield Unreviewed(Location(step.path, Span(at, at + len(b"please adjust!"))), step.name)


def _is_proven(project: Project, evidence: Sequence[str]) -> bool:
    globs = [entry for entry in evidence if "/" in entry or entry.endswith(".py")]
    words = [entry for entry in evidence if entry not in globs]
    if globs and any(matcher(globs)(path) for path in project.files):
        return True
    return any(word in text for word in words for text in _texts(project))


def _is_tried(project: Project, tool: str) -> bool:
    tests = [file.facts for file in project.files.values() if is_test(file.path, project.settings)]
    if any(_runs_migrations(facts) for facts in tests):
        return True
    if tests and any(_upgrades_itself(file.facts) for file in project.files.values()):
        return True
    texts = list(_texts(project))
    if tool == "django" and any(_tests_django(facts) for facts in tests):
        without = any(_PYTEST_WITHOUT.search(text) for text in texts)
        if not without:
            return True
    if tool == "sql" and any(_TESTS_UNREAD.search(text) for text in texts):
        return True
    return any(_COMMANDS.search(text) or _STARTS_CONTAINERS.search(text) for text in texts)


def _runs_migrations(facts: FileFacts) -> bool:
    """Whether a test brings migrations to run: it imports the runner, names its command, or asks for its fixture."""
    if any(_is_of(item.target, _TEST_IMPORTS) or _MIGRATES.search(item.target) for item in facts.imports):
        return True
    if {"alembic", "upgrade"} <= facts.words or "call_command" in facts.words:
        return True
    name = facts.path.rpartition("/")[2]
    if "migration" in name or "alembic" in name:
        return True
    parameters = {parameter.name for function in facts.functions for parameter in function.parameters}
    return bool(parameters & {"alembic_runner", "alembic_engine", "alembic_config", "migrator"})


def _upgrades_itself(facts: FileFacts) -> bool:
    """Whether the application runs its migrations when it starts: then its tests may do so."""
    targets = {item.target for item in facts.imports}
    if facts.migrations or facts.path.rpartition("/")[2] == "env.py":
        return False
    if not any(_is_of(target, ("alembic", "flask_migrate")) for target in targets):
        return False
    return "upgrade" in facts.words or any(target.endswith(".upgrade") for target in targets)


def _tests_django(facts: FileFacts) -> bool:
    if any(_is_of(item.target, _DJANGO_TESTS) for item in facts.imports):
        return True
    return "django_db" in facts.words or any(
        parameter.name in _FIXTURES for function in facts.functions for parameter in function.parameters
    )


def _is_of(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _texts(project: Project) -> Iterator[str]:
    """The CI jobs, the task files at the root, and the scripts that these call."""
    outer = [path for path in project.beside if _CI.search(path)]
    found: list[str] = []
    for path in (*outer, *_TASKS):
        text = project.text_of(path)
        if text is not None:
            found.append(text)
            yield text
    called = {name.removeprefix("./") for text in found for name in _CALLS.findall(text)}
    for name in sorted(called)[:_MOST_SCRIPTS]:
        text = project.text_of(name) if not name.startswith("/") and ".." not in name else None
        if text is not None:
            yield text
