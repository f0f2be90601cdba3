"""The house keeps its own rules: lint, format, types, layers, and bylaw on itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = ["checker", "rules", "tests", "benchmarks"]
BIN = Path(sys.executable).parent


def tool(name: str) -> str:
    return shutil.which(name, path=str(BIN)) or name


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", *CODE], id="lint"),
        pytest.param(["ruff", "format", "--check", *CODE], id="format"),
        pytest.param(["mypy"], id="types"),
        pytest.param(["lint-imports", "--no-cache"], id="layers"),
        pytest.param(["bylaw", "check", "--no-cache"], id="bylaw"),
    ],
)
def test_our_own_code_passes(command: list[str]) -> None:
    done = subprocess.run([tool(command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


LONG_WITH_A_REASON = {
    "checker/bylaw/facts/migrations.py": "the closed model of operations: declarations and their documentation only",
}


def test_no_source_file_outgrows_its_reader() -> None:
    """A file past 300 lines asks to be split."""
    lines = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for folder in ("checker", "rules")
        for file in (ROOT / folder).rglob("*.py")
    }
    assert {path for path, count in lines.items() if count > 300} <= set(LONG_WITH_A_REASON)
