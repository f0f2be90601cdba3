"""Every built-in rule keeps its spec: `fixtures/rules/<category>/<rule-name>.md`."""

from pathlib import Path

import pytest

from bylaw.packs import load_builtin
from bylaw.spec import run_spec

SPECS = Path(__file__).parent.parent / "fixtures" / "rules"
RULES = load_builtin()


@pytest.mark.parametrize("name", RULES)
def test_rule_keeps_its_spec(name: str) -> None:
    rule = RULES[name]
    spec = SPECS / rule.category / f"{name}.md"
    assert spec.is_file(), f"write the spec {spec}"
    failures = [f"{failure.case}: {failure.message}" for failure in run_spec(spec, RULES)]
    assert not failures, "\n".join(failures)
