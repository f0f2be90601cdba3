"""What users install: the wheel in an empty environment, and the editable install of those who write rules."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ["checker", "rules", "pyproject.toml", "README.md", "LICENSE"]


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def must(*command: str | Path, cwd: Path | None = None) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_of_the_source(target: Path) -> Path:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(exist_ok=True)
            shutil.copy(source, target / part)
    return target


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_of_the_source(folder / "source")
    must(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_rules_and_presets_and_nothing_at_the_top_but_bylaw(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"bylaw"}
    assert "bylaw/py.typed" in names
    for part in ("rules/typing/no_any.py", "rules/presets/recommended.toml"):
        assert f"bylaw/{part}" in names
    rules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*.py")}
    assert {f"bylaw/{path}" for path in rules} <= set(names)


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    must(sys.executable, "-m", "venv", environment)
    must(environment / "bin" / "python", "-m", "pip", "install", "--quiet", wheel)
    shop = shutil.copytree(ROOT / "fixtures" / "projects" / "bookshop", tmp_path / "bookshop")
    done = run(environment / "bin" / "bylaw", "check", "--output-format", "concise", cwd=shop)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "router-registered" in done.stdout
    assert run(environment / "bin" / "python", "-c", "import rules", cwd=tmp_path).returncode != 0
    assert run(environment / "bin" / "python", "-c", "import checker", cwd=tmp_path).returncode != 0
    assert len(must(environment / "bin" / "bylaw", "rules").splitlines()) > 10


def test_an_edited_rule_takes_effect_at_once_in_an_editable_install(tmp_path: Path) -> None:
    source = copy_of_the_source(tmp_path / "source")
    environment = tmp_path / "env"
    must(sys.executable, "-m", "venv", environment)
    borrowed = must(environment / "bin" / "python", "-c", "import site; print(site.getsitepackages()[0])").strip()
    Path(borrowed, "borrowed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    must(
        environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--editable", source
    )  # fmt: skip
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text("from typing import Any\n\n\ndef f(x: Any) -> None: ...\n")
    bylaw = [environment / "bin" / "bylaw", "check", "--select", "no-any", "--output-format", "concise"]
    assert "no-any" in run(*bylaw, cwd=project).stdout
    rule = source / "rules" / "typing" / "no_any.py"
    rule.write_text(rule.read_text("utf-8").replace("def no_any(", "def no_any_at_all("))
    assert "no-any-at-all" in must(environment / "bin" / "bylaw", "rules")
