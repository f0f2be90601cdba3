"""`bylaw: ignore[…]` comments: what they say, and which lines of Python they speak of."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bylaw.facts.code import Suppression
from bylaw.readers import read_file
from bylaw.readers.suppressions import Parsed, parse_suppression


def found(text: str) -> tuple[Suppression, ...]:
    return read_file("app/main.py", text.encode()).suppressions


def lines(text: str) -> list[tuple[int, int]]:
    return [(fact.line, fact.last_line) for fact in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bylaw: ignore[no-any]: a callback", Parsed(("no-any",), "a callback")),
        ("bylaw:ignore[no-any,typing] : see #12", Parsed(("no-any", "typing"), "see #12")),
        ("bylaw: ignore-file[no-any]: generated", Parsed(("no-any",), "generated", whole_file=True)),
        ("bylaw: ignore[no-any]: why: because", Parsed(("no-any",), "why: because")),
        ("bylaw: ignore[no-any]: because  # noqa: E501", Parsed(("no-any",), "because")),
        ("bylaw: ignore[no-any]: because # type: ignore[misc]", Parsed(("no-any",), "because")),
    ],
)
def test_a_comment_that_is_right(text: str, expected: Parsed) -> None:
    assert parse_suppression(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("bylaw: ignore", "names no rule"),
        ("bylaw: ignore: reason", "names no rule"),
        ("bylaw: ignore[]: reason", "names no rule"),
        ("bylaw: ignore[no-any", "never closed"),
        ("bylaw: ignore[no-any]", "no reason"),
        ("bylaw: ignore[no-any]:  ", "no reason"),
        ("bylaw: ignore[no-any] because", "no reason"),
        ("bylaw: ignore[no-any]:  # noqa", "no reason"),
        ("bylaw: ignore[No Any]: reason", "no rule's name"),
        ("bylaw: ignored[no-any]: reason", "not understood"),
        ("bylaw: disable=no-any", "not understood"),
        ("Bylaw: ignore[no-any]: reason", "not understood"),
        ("bylaw: ignore-line[no-any]: reason", "not understood"),
        ("bylaw: ignroe[no-any]: reason", "not understood"),
    ],
)
def test_a_comment_that_is_wrong_says_why(text: str, problem: str) -> None:
    parsed = parse_suppression(text)
    assert parsed is not None
    assert problem in parsed.problem


@pytest.mark.parametrize(
    "text",
    ["", "a plain remark", "see bylaw: ignore[no-any]: reason", "bylaw 12 applies", "bylaw: members vote", "noqa"],
)
def test_a_comment_that_is_none(text: str) -> None:
    assert parse_suppression(text) is None


RULES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True), min_size=1, max_size=4)
REASONS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="#"), min_size=1, max_size=30)
BLANKS = st.sampled_from(["", " ", "  ", "\t"])


@given(RULES, REASONS, BLANKS, BLANKS, st.booleans())
def test_what_is_written_is_read_back(rules: list[str], reason: str, before: str, after: str, file: bool) -> None:
    text = f"bylaw:{before}ignore{'-file' if file else ''}[{f',{after}'.join(rules)}]{after}:{before}{reason}"
    assert parse_suppression(text) == Parsed(tuple(rules), reason, file)


@given(st.text(max_size=60))
def test_any_comment_is_read(text: str) -> None:
    for written in (text, f"bylaw:{text}", f"bylaw: ignore{text}", f"bylaw: ignore[{text}"):
        parsed = parse_suppression(written)
        if parsed is not None and not parsed.problem:
            assert parsed.rules
            assert parsed.reason.strip()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_comment_in_a_file_keeps_its_place(before: str, text: str) -> None:
    source = f"# {before}\nx = '''{text}'''  # bylaw: ignore[no-any]: {text}\n"
    content = source.encode("utf-8", "replace")
    for fact in read_file("a.py", content).suppressions:
        assert content[fact.span.start : fact.span.end].decode().startswith("#")


R = "# bylaw: ignore[no-any]: reason"


def test_behind_code_it_speaks_of_its_line() -> None:
    assert lines(f"x = 1\ny = 2  {R}\nz = 3\n") == [(2, 2)]


def test_behind_a_statement_of_several_lines_it_speaks_of_all_that_begins_or_ends_there() -> None:
    assert lines(f"call(  {R}\n    a,\n    b,\n)\n") == [(1, 4)]
    assert lines(f"call(\n    a,\n    b,\n)  {R}\n") == [(1, 4)]
    assert lines(f"call(\n    a,  {R}\n    b,\n)\n") == [(2, 2)]
    assert lines(f"call(\n    inner(\n        b,\n    ),  {R}\n    c,\n)\n") == [(2, 4)]
    assert lines(f'x = """\ntext\n"""  {R}\n') == [(1, 3)]


def test_behind_a_header_it_speaks_of_the_header() -> None:
    assert lines(f"def f(  {R}\n    a,\n):\n    pass\n") == [(1, 3)]
    assert lines(f"def f(\n    a,  {R}\n    b,\n):\n    pass\n") == [(2, 2)]
    assert lines(f"def f(\n    a,\n):  {R}\n    pass\n") == [(1, 3)]
    assert lines(f"class A(  {R}\n    B,\n):\n    x = 1\n") == [(1, 3)]
    assert lines(f"if x:\n    y\nelse:  {R}\n    z\n") == [(3, 3)]
    assert lines(f"@a  {R}\n@b\ndef f():\n    pass\n") == [(1, 1)]


def test_alone_it_speaks_of_what_begins_next() -> None:
    assert lines(f"{R}\nx = 1\ny = 2\n") == [(2, 2)]
    assert lines(f"{R}\n\n# another remark\nx = call(\n    1,\n)\n") == [(4, 6)]
    assert lines(f"{R}\n@a\n@b(\n    1,\n)\ndef f(\n    x,\n):\n    pass\n") == [(2, 8)]
    assert lines(f"{R}\nclass A:\n    x = 1\n") == [(2, 2)]
    assert lines(f"class A:\n    {R}\n    x: int = (\n        1\n    )\n    y = 2\n") == [(3, 5)]
    assert lines(f"def f():\n    {R}\n    return 1\n") == [(3, 3)]
    assert lines(f"call(\n    {R}\n    first(\n        1,\n    ),\n    second,\n)\n") == [(3, 5)]
    assert lines(f"if x:\n    y\n{R}\nelse:\n    z\n") == [(4, 4)]
    assert lines(f"def f():\n    x = 1\n    {R}\n\n\ny = 2\n") == [(6, 6)]
    assert lines(f"x = 1\n{R}\n") == [(2, 2)]


def test_two_comments_on_one_line() -> None:
    facts = found("x = 1  # noqa: E1  # bylaw: ignore[a]: one  # bylaw: ignore-file[b]: two\n")
    assert [(fact.rules, fact.reason, fact.whole_file) for fact in facts] == [
        (("a",), "one", False),
        (("b",), "two", True),
    ]
    assert facts[0].span.end < facts[1].span.start


def test_text_that_is_no_comment_suppresses_nothing() -> None:
    assert found('x = "# bylaw: ignore[no-any]: reason"\n"""\n# bylaw: ignore[no-any]: reason\n"""\n') == ()


def test_crlf_and_a_byte_order_mark() -> None:
    assert lines(f"\ufeff{R}\r\nx = 1\r\n") == [(2, 2)]
    assert lines(f"\ufeffx = 1  {R}\r\n") == [(1, 1)]
