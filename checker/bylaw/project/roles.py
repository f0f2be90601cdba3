"""What a file is for, by its path: the application's own code, tests, migrations or examples."""

from __future__ import annotations

from functools import cache

from bylaw.facts.database import Context
from bylaw.settings import Layout

_TESTS = frozenset({"tests", "test", "testing", "testutils", "test_utils", "e2e", "testapp", "test_app"})
_EXAMPLES = frozenset(
    {"examples", "example", "docs", "doc", "docs_src", "scripts", "script", "benchmarks", "samples", "sample", "demo", "demos",
     "tutorial", "tutorials", "example_dags"}
)  # fmt: skip
_MIGRATIONS = frozenset({"migrations", "alembic", "versions"})


def context_of(path: str, layout: Layout) -> Context:
    """The role of the file at `path` (from the root, posix). The globs of the layout decide first, then the usual folder names."""
    if layout.tests and _matcher(layout.tests)(path):
        return "test"
    if layout.migrations and _matcher(layout.migrations)(path):
        return "migration"
    *folders, file = path.split("/")
    stem = file.rpartition(".")[0]
    if _TESTS.intersection(folders) or stem.startswith("test_") or stem.endswith("_test") or stem in {"conftest", "tests"}:
        return "test"
    if "migrations" in folders or ("versions" in folders and _MIGRATIONS.intersection(folders[:-1])) or "alembic" in folders:
        return "migration"
    return "example" if _EXAMPLES.intersection(folders) else "app"


@cache
def _matcher(globs: tuple[str, ...]):  # type: ignore[no-untyped-def]
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only projects that state a layout need it

    return GitIgnoreSpec.from_lines(globs).match_file
