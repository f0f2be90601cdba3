"""The README tells the truth: its commands, its list of rules, its sample of output."""

import subprocess
import sys
from pathlib import Path

from bylaw.packs import load_builtin

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def rule_table() -> str:
    """The list of rules as it should stand in the README."""
    lines = ["| rule | what it demands | fix |", "|---|---|---|"]
    for category in sorted({rule.category for rule in load_builtin().values()}):
        for rule in load_builtin().values():
            if rule.category == category:
                fix = {"safe": "safe", "unsafe": "unsafe", "none": "", "display": ""}[rule.fix]
                lines.append(f"| `{rule.name}` | {rule.summary} | {fix} |")
    return "\n".join(lines) + "\n"


def test_it_lists_every_rule() -> None:
    listed = README.split("<!-- rules -->\n")[1].split("<!-- /rules -->")[0]
    assert listed == rule_table(), f"replace the list by:\n{rule_table()}"


def test_its_first_command_is_followed_by_what_it_prints() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bylaw", "check", "--no-cache"],
        cwd=ROOT / "fixtures" / "projects" / "bookshop", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    sample = README.split("## What it says\n\n```\n")[1].split("```")[0]
    for paragraph in sample.strip().split("\n\n"):
        assert paragraph in done.stdout
