"""The documentation tells the truth: its example works, its links lead somewhere, and what it names is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import bylaw
from bylaw.cli.app import command
from bylaw.engine.builtin import DESCRIPTIONS
from bylaw.packs import load_builtin

ROOT = Path(__file__).parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
NAMES = [page.name for page in PAGES]
OF_OTHER_TOOLS = {"--depth", "--check", "--dest", "--no-deps", "--strict", "--no-single-transaction"}
BLOCK = re.compile(r"^(`{3,})(\w+) (\S+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What links may point to within a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_options_of_the_command_line_exist(page: Path) -> None:
    spoken = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text("utf-8")))
    known = {option for each in command().commands.values() for param in each.params for option in param.opts}
    assert spoken <= known | OF_OTHER_TOOLS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was made by following docs/rules.md to the letter."""
    for _, _, path, content in BLOCK.findall((ROOT / "docs" / "rules.md").read_text("utf-8")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.bylaw]\nrule-packs = ["tools/conventions"]\n')
    (tmp_path / "models.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase, Mapped\nclass Base(DeclarativeBase): ...\n"
        'class Order(Base):\n    __tablename__ = "orders"\n    price: Mapped[float]\n'
    )
    return tmp_path


def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bylaw", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_rule_and_the_spec_of_the_guide_work(project: Path) -> None:
    assert run("test", cwd=project).stdout == "1 spec, 0 failures.\n"
    ran = run("check", "--output-format", "concise", "--no-cache", cwd=project)
    assert ran.stdout.splitlines()[0] == (
        "models.py:5:5: error[no-float-money] `Order.price` holds money as a floating-point number"
    )
    assert "Patterns of the names of columns" in run("explain", "no-float-money", cwd=project).stdout


def test_the_guide_names_what_rules_may_import() -> None:
    table = (ROOT / "docs" / "rules.md").read_text("utf-8").split("## What a rule can ask")[1]
    for name in re.findall(r"`([A-Z]\w+)`", table):
        assert hasattr(bylaw, name), name


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_rules_in_tables_of_the_documentation_exist(page: Path) -> None:
    """A name in code with two dashes or more is a rule's, or something else that is listed here."""
    known = {*load_builtin(), *DESCRIPTIONS}
    spoken = set(re.findall(r"`(no-[a-z]+(?:-[a-z]+)+)`", page.read_text("utf-8")))
    assert spoken - known <= {"no-float-money"}
