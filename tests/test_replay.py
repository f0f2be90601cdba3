"""A run in which nothing changed is replayed with the standard library alone; any change means a real run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

OURS = {"bylaw", "bylaw.engine", "bylaw.engine.replay"}
NOT_OURS_EITHER = ("libcst", "sqlglot", "postgast", "msgspec", "pydantic", "typer", "rich", "tree_sitter", "pathspec")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("from typing import Any\n\n\ndef f(x: Any) -> None: ...\n")
    time.sleep(0.15)
    return root


def check(root: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """A run, and the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bylaw", "check", *arguments],
        cwd=root, env=os.environ | {"BYLAW_CACHE_DIR": str(root.parent / "cache")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    timed = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return done, {line.rpartition("|")[2].strip() for line in timed}


def replayed(modules: set[str]) -> bool:
    return not any(module.startswith("bylaw.cli") for module in modules)


def test_an_unchanged_run_is_replayed_to_the_byte_with_next_to_no_imports(project: Path) -> None:
    first, _ = check(project)
    second, modules = check(project)
    assert (second.returncode, second.stdout) == (first.returncode, first.stdout)
    assert "no-any" in second.stdout
    assert {module for module in modules if module.startswith("bylaw")} <= OURS
    assert not [module for module in modules if module.partition(".")[0] in NOT_OURS_EITHER]


@pytest.mark.parametrize("change", ["edited", "added", "removed", "configured", "ignored"])
def test_any_change_means_a_real_run(project: Path, change: str) -> None:
    (project / "b.py").write_text("x = 1\n")
    time.sleep(0.15)
    check(project)
    assert replayed(check(project)[1])
    match change:
        case "edited":
            (project / "b.py").write_text("y = 1\n")
        case "added":
            (project / "c.py").write_text("x = 1\n")
        case "removed":
            (project / "b.py").unlink()
        case "configured":
            (project / "bylaw.toml").write_text("extends = []\n")
        case "ignored":
            (project / ".gitignore").write_text("a.py\n")
    assert not replayed(check(project)[1])


def test_another_command_line_or_a_damaged_record_means_a_real_run(project: Path) -> None:
    check(project)
    assert not replayed(check(project, "--output-format", "json")[1])
    for record in (project.parent / "cache").glob("*.replay"):
        record.write_bytes(record.read_bytes()[:-3] + b"xyz")
    done, modules = check(project)
    assert not replayed(modules)
    assert "no-any" in done.stdout


REVISION = (
    'from alembic import op\n\nrevision = "{own}"\ndown_revision = {parent}\n\n\ndef upgrade() -> None:\n    {what}\n'
)


@pytest.mark.parametrize("beside", ["deprecated.txt", "compose.yml"])
@pytest.mark.parametrize("change", ["added", "edited", "removed"])
def test_a_run_depends_on_the_other_files_that_it_asked(project: Path, beside: str, change: str) -> None:
    versions = project / "migrations" / "versions"
    versions.mkdir(parents=True)
    created = 'op.create_table("users", sa.Column("name", sa.Text()))'
    dropped = 'op.drop_column("users", "name")'
    (versions / "a1.py").write_text("import sqlalchemy as sa\n" + REVISION.format(own="a1", parent=None, what=created))
    (versions / "b2.py").write_text(REVISION.format(own="b2", parent='"a1"', what=dropped))
    (project / "bylaw.toml").write_text(
        '[rules]\nno-immediate-drop = { require-deprecation = "registry", registry = "deprecated.txt" }\n'
    )
    file = project / beside
    if change != "added":
        file.write_text("users.other\n" if beside == "deprecated.txt" else "image: postgres:14\n")
    time.sleep(0.15)
    check(project)
    assert replayed(check(project)[1])
    if change == "removed":
        file.unlink()
    else:
        file.write_text("users.name\n" if beside == "deprecated.txt" else "image: postgres:18\n")
    assert not replayed(check(project)[1])
