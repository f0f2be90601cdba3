"""What a spec says when it is not written as it should be: a sentence with the place, never a crash."""

from pathlib import Path

import pytest

from bylaw.errors import BylawError
from bylaw.packs import load_builtin
from bylaw.spec import SpecError, run_spec

RULES = load_builtin()
GOOD = "\n## good: nothing\n```python a.py\nx = 1\n```\n"
BAD = '## bad: any\n```python a.py\nfrom typing import Any\ndef f(x: Any): ...  # expect: no-any "`x`"\n```\n'


def outcome(tmp_path: Path, text: str) -> list[str]:
    spec = tmp_path / "no-any.md"
    spec.write_bytes(text.encode("utf-8", "surrogateescape"))
    return [f"{failure.case}: {failure.message}" for failure in run_spec(spec, RULES)]


def test_cases_that_hold_say_nothing(tmp_path: Path) -> None:
    assert outcome(tmp_path, BAD + GOOD) == []


def test_cases_that_do_not_hold_say_where_and_what(tmp_path: Path) -> None:
    wrong = BAD.replace("  # expect", "\n# expect").replace("## bad: any", "## bad: late") + GOOD.replace("x = 1", "")
    late = outcome(tmp_path, wrong)
    assert late == [
        "no-any.md:1: late: unexpected: a.py:2: no-any: the parameter `x` is `Any`: nothing that touches it is checked",
        "no-any.md:1: late: missing: a.py:3: no-any `x`",
    ]
    assert outcome(tmp_path, GOOD) == ["no-any: a spec needs good and bad cases"]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("```toml options\nallow-nested =\n```\n", "Invalid value"),
        ("```toml options\nallow-nestd = true\n```\n", "allow-nestd: unknown option"),
        ("```toml options\nallow-nested = 3\n```\n", "must be true or false"),
        ("```toml settings\nlayout = 3\n```\n", "layout: must be a table"),
        ('```toml settings\n[layuot]\ntests = ["x"]\n```\n', "layout, migrations and history, not layuot"),
        ('```toml settings\n[migrations]\ndialekt = "x"\n```\n', "dialekt: unknown key; the keys here are dialect"),
        ("```toml settings\n[migrations]\ndialect = 3\n```\n", "Expected `str`, got `int`"),
        ("```toml settings\n[history]\nbase = 3\n```\n", "history.base must be a list of paths"),
        ("```toml settings\nhistory = 3\n```\n", "history.base must be a list of paths"),
        ("```python\nx = 1\n```\n", "a block needs a path"),
        ("### repaired\n", "only `### fixed` and `### fixed safe`"),
        ("\udcff", "it is not UTF-8"),
    ],
)
def test_what_is_written_wrong_is_told(tmp_path: Path, before: str, said: str) -> None:
    with pytest.raises(BylawError) as caught:
        outcome(tmp_path, GOOD + BAD.replace("```python", before + "```python", 1))
    assert said in caught.value.message
    assert "no-any.md" in caught.value.message


def test_a_block_that_is_never_closed_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="the block is never closed"):
        outcome(tmp_path, BAD + GOOD.removesuffix("```\n"))


def test_a_spec_is_named_after_a_rule(tmp_path: Path) -> None:
    (tmp_path / "no-such-rule.md").write_text(GOOD)
    with pytest.raises(SpecError, match="there is no rule no-such-rule"):
        list(run_spec(tmp_path / "no-such-rule.md", RULES))
