"""The hooks with the real pre-commit, on a repository made for the test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs hooks from a git repository")

CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: {hook}
"""
CASTS_TWICE = """\
from typing import cast


def amount(raw: object) -> int:
    return cast(int, cast(int, raw))
"""
CASTS_ONCE = CASTS_TWICE.replace("cast(int, cast(int, raw))", "cast(int, raw)")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands in a fresh git repository."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_CONFIG_SYSTEM": os.devnull,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BYLAW_CACHE_DIR": str(tmp_path / "cache"),
    }
    (tmp_path / "gitconfig").write_text(
        "[user]\nname = T\nemail = t@example.org\n[init]\ndefaultBranch = main\n[safe]\ndirectory = *\n"
    )
    repository = tmp_path / "repository"
    repository.mkdir()

    def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    run("git", "init", "--quiet")
    return run


@pytest.fixture
def repository(run: Run, tmp_path: Path) -> Path:
    return tmp_path / "repository"


def install(run: Run, repository: Path, hook: str) -> None:
    source = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    (repository / ".pre-commit-config.yaml").write_text(CONFIG.format(repository=ROOT, revision=source, hook=hook))
    (repository / "bylaw.toml").write_text('[rules]\nno-unsafe-cast = { level = "error" }\n')
    assert shutil.which("pre-commit", path=str(Path(sys.executable).parent))
    run("pre-commit", "install")


def test_a_commit_is_refused_then_repaired_then_accepted(run: Run, repository: Path) -> None:
    install(run, repository, "bylaw-fix")
    (repository / "payments.py").write_text(CASTS_TWICE)
    run("git", "add", ".")
    refused = run("git", "commit", "-m", "first", check=False)
    assert refused.returncode != 0
    assert "files were modified by this hook" in refused.stdout + refused.stderr
    assert (repository / "payments.py").read_text() == CASTS_ONCE
    run("git", "add", ".")
    run("git", "commit", "-m", "first")


def test_the_checking_hook_refuses_and_changes_nothing(run: Run, repository: Path) -> None:
    install(run, repository, "bylaw")
    (repository / "payments.py").write_text(CASTS_TWICE)
    (repository / "notes.md").write_text("Not for bylaw.\n")
    run("git", "add", ".")
    refused = run("git", "commit", "-m", "first", check=False)
    assert refused.returncode != 0
    assert "no-unsafe-cast" in refused.stdout + refused.stderr
    assert (repository / "payments.py").read_text() == CASTS_TWICE
    (repository / "payments.py").write_text(CASTS_ONCE)
    run("git", "add", ".")
    run("git", "commit", "-m", "first")
