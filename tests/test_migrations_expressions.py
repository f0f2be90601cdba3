"""What is understood of a CHECK and of a default."""

from __future__ import annotations

import pytest

from bylaw.project.migrations.state.expressions import conjuncts, forbids_null, is_null


@pytest.mark.parametrize(
    "expression",
    [
        "name IS NOT NULL",
        "(name is  not null)",
        '("name" IS NOT NULL)',
        "(name IS NOT NULL) AND (length(name) < 50)",
        "age > 3 AND (name IS NOT NULL AND age < 100)",
        "age BETWEEN 1 AND 3 AND name IS NOT NULL",
    ],
)
def test_a_check_that_forbids_null(expression: str) -> None:
    assert forbids_null(expression, "name")


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "length(name) > 0",
        "name IS NOT NULL OR age IS NULL",
        "(name IS NOT NULL OR age > 3) AND age < 100",
        "other_name IS NOT NULL",
        "name IS NULL",
        "note = 'a AND name IS NOT NULL'",
        "NOT (name IS NOT NULL)",
        "CASE WHEN age > 3 AND name IS NOT NULL THEN true END",
    ],
)
def test_a_check_that_null_may_pass(expression: str) -> None:
    assert not forbids_null(expression, "name")


def test_parts_without_their_parentheses() -> None:
    assert list(conjuncts("(a > 0) AND ((b) AND c BETWEEN 1 AND 2)")) == ["a > 0", "b", "c BETWEEN 1 AND 2"]


def test_broken_and_huge_expressions() -> None:
    assert list(conjuncts(")(")) == [")("]
    assert not forbids_null("(" * 30_000 + "name IS NOT NULL", "name")
    assert not forbids_null("(" * 9_000 + "name IS NOT NULL" + ")" * 9_001, "name")


@pytest.mark.parametrize("default", [None, "NULL", "null", "(NULL)", "NULL::text", "NULL::character varying(10)"])
def test_no_default(default: str | None) -> None:
    assert is_null(default)


@pytest.mark.parametrize("default", ["", "'NULL'", "0", "nullif(1, 1)", "now()"])
def test_a_default(default: str) -> None:
    assert not is_null(default)
