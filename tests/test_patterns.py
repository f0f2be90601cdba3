"""Regular expressions that are compiled late behave like those that are compiled at once, and all are well-formed."""

import pkgutil
import re
from importlib import import_module

import pytest

import bylaw
from bylaw.patterns import regex

LATE = type(regex("x"))


def modules() -> list[str]:
    found = pkgutil.walk_packages(bylaw.__path__, "bylaw.")
    return [module.name for module in found if not module.name.endswith("__main__")]


def test_all_are_well_formed() -> None:
    late = [value for name in modules() for value in vars(import_module(name)).values() if type(value) is LATE]
    assert len(late) > 50
    for one in late:
        assert re.compile(one.pattern, one.flags)


def test_they_match_as_others_do() -> None:
    late = regex(rb"(?P<word>[a-z]+) \1", re.IGNORECASE)
    assert late.search(b"say Ha ha") is not None
    assert late.groupindex == {"word": 1}
    assert late.sub(rb"\g<word>", b"no no") == b"no"


def test_a_mistake_shows_at_first_use() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("x")
