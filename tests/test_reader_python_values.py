"""Expressions as values: every literal means what Python says it means, and every shape keeps its place."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.facts.values import (
    Attr,
    Call,
    Choice,
    Constant,
    Entries,
    Index,
    Items,
    Keyword,
    Opaque,
    Operator,
    Ref,
    Starred,
    Text,
    Value,
    children,
    walk,
)
from bylaw.readers import read_file


def value(written: str, before: str = "") -> Value:
    facts = read_file("m.py", f"{before}x = {written}\n".encode())
    assert facts.syntax_problem is None
    found = facts.variables[-1].value
    assert found is not None
    return found


def shape(item: Value) -> object:
    """A value without its spans, as plain tuples."""
    match item:
        case Ref(name):
            return name
        case Attr(inner, name):
            return (shape(inner), name)
        case Constant(literal):
            return repr(literal)
        case Text(parts):
            return ("text", *map(shape, parts))
        case Items(kind, items):
            return (kind, *map(shape, items))
        case Entries(entries):
            return ("dict", *((shape(key) if key is not None else None, shape(entry)) for key, entry in entries))
        case Starred(inner):
            return ("*", shape(inner))
        case Call(function, args, keywords):
            return ("call", shape(function), *map(shape, args), *((kw.name, shape(kw.value)) for kw in keywords))
        case Index(inner, index):
            return ("index", shape(inner), shape(index))
        case Operator(operator, left, right):
            return (shape(left) if left is not None else None, operator, shape(right))
        case Choice(condition, then, otherwise):
            return ("if", shape(condition), shape(then), shape(otherwise))
        case Opaque(kind):
            return f"<{kind}>"
        case _:
            raise AssertionError(item)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a", "m.a"),
        ("a.b.c", "m.a.b.c"),
        ("(a . b\n  .c)", "m.a.b.c"),
        ("a \\\n .b", "m.a.b"),
        ("(a  # why\n .b)", "m.a.b"),
        ("len", "builtins.len"),
        ("a().b", (("call", "m.a"), "b")),
        ("a.b(1, *c, d=2, **e)", ("call", "m.a.b", "1", ("*", "m.c"), ("d", "2"), ("", "m.e"))),
        ("a(b for b in c)", ("call", "m.a", "<generator_expression>")),
        ("[1, *a, (2,), ()]", ("list", "1", ("*", "m.a"), ("tuple", "2"), ("tuple",))),
        ("{1, 2}", ("set", "1", "2")),
        ("1, 2", ("tuple", "1", "2")),
        ("{'a': 1, **b}", ("dict", ("'a'", "1"), (None, "m.b"))),
        ("a[1]", ("index", "m.a", "1")),
        ("a[1, b]", ("index", "m.a", ("tuple", "1", "m.b"))),
        ("a | b & c", ("m.a", "|", ("m.b", "&", "m.c"))),
        ("a is not b", ("m.a", "is not", "m.b")),
        ("a not in (  # here\n b)", ("m.a", "not in", "m.b")),
        ("a < b < c", "<comparison_operator>"),
        ("not a", (None, "not", "m.a")),
        ("-a", (None, "-", "m.a")),
        ("-1", "-1"),
        ("a if b else c", ("if", "m.b", "m.a", "m.c")),
        ("(y := 3)", "3"),
        ("lambda: 1", "<lambda>"),
        ("[y for y in z]", "<list_comprehension>"),
        ("...", "<ellipsis>"),
        ("0xFF", "255"),
        ("1_000", "1000"),
        ("1e3", "1000.0"),
        (".5", "0.5"),
        ("2j", "<number>"),
        ("99999999999999999999", "<number>"),
        ("None", "None"),
        ("True", "True"),
    ],
)
def test_shapes(written: str, expected: object) -> None:
    assert shape(value(written)) == expected


@pytest.mark.parametrize(
    "written",
    [
        r"'plain'", r'"it\'s"', r"'say \"hi\"'", r"'\\'", r"'a\\nb'", r"r'a\nb'", "R'\\''", r"u'x'",
        r"'\x41\u00e9\U0001F600'", r"r'a\'b'", r"r'\''", r"r'\\'",
        r"'\N{BULLET}'", r"'\101\0'", r"'\a\b\f\n\r\t\v'", "'a\\\nb'", '"""a\n"b" \'c\'\n"""', "'''a\\\nb'''",
        "'a' 'b'", "'a' \"b\" r'\\n'", "('a'\n 'b')", "''", "'é'", "f'plain {{braces}}'", "f'{{' '}}'", "rf'\\d{{2}}'",
        "'{{kept}}'", "'a' f'b'", "'\\\r\nx'", "'''a\r\nb'''",
    ],
)  # fmt: skip
def test_a_string_means_what_python_says(written: str) -> None:
    found = value(written)
    assert isinstance(found, Constant)
    assert found.value == eval(written)  # noqa: S307 - literals of this file


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_any_string_means_what_python_says(text: str) -> None:
    for written in (repr(text), ascii(text)):
        found = value(written)
        assert isinstance(found, Constant)
        assert found.value == ast.literal_eval(written)


def test_a_lone_surrogate_is_replaced_because_it_cannot_be_stored() -> None:
    found = value(r"'\ud800'")
    assert isinstance(found, Constant)
    assert found.value == "\ufffd"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("f'a{b}c'", ("text", "'a'", "m.b", "'c'")),
        ("f'{b!r:>{w}} {{c}}'", ("text", "m.b", "' {c}'")),
        ("'a' f'{b}' 'c'", ("text", "'a'", "m.b", "'c'")),
        ("f'{a['k']}'", ("text", ("index", "m.a", "'k'"))),
        ("t'{a}'", ("text", "m.a")),
    ],
)
def test_formatted_strings_keep_their_pieces(written: str, expected: object) -> None:
    assert shape(value(written)) == expected


@pytest.mark.parametrize("written", ["b'x'", "rb'x'", "b'a' b'c'", "'" + "a" * 300_000 + "'"])
def test_bytes_and_very_long_strings_are_opaque(written: str) -> None:
    assert isinstance(value(written), Opaque)


def test_spans_cover_what_was_written() -> None:
    source = "é = (f(a.b, key='ü', **c)[0] + g.h)\n"
    facts = read_file("m.py", source.encode())
    found = facts.variables[0].value
    assert found is not None
    texts = {source.encode()[item.span.start : item.span.end].decode() for item in walk(found)}
    assert texts == {
        "f(a.b, key='ü', **c)[0] + g.h",
        "f(a.b, key='ü', **c)[0]",
        "f(a.b, key='ü', **c)",
        "f",
        "a.b",
        "'ü'",
        "c",
        "0",
        "g.h",
    }
    assert all(found.span.contains(item.span) for item in walk(found))


def test_calls_find_their_arguments() -> None:
    call = value("app.include(a, b=1, *rest)")
    assert isinstance(call, Call)
    assert (call.name, call.method, call.spreads) == ("m.app.include", "include", True)
    assert call.argument(0) == call.args[0]
    assert call.argument(1, "b") == call.keywords[0].value
    assert isinstance(call.keywords[0], Keyword)
    assert call.keyword("c") is None
    assert children(call) == (call.function, *call.args, call.keywords[0].value)


def test_long_chains_and_sums_are_read_as_far_as_they_go() -> None:
    chain = value("a" + ".b()" * 60)
    assert isinstance(chain, Call)
    total = value(" + ".join(["'a'"] * 150))
    assert isinstance(total, Operator)
    assert any(isinstance(item, Opaque) and item.kind == "too-deep" for item in walk(value(" + ".join(["a"] * 500))))


@pytest.mark.parametrize("spread", ["f()", "a.b(1)", "a.b().c", "f()[0]", "a", "a.b"])
@pytest.mark.parametrize("display", ["[*{}]", "[*{}, 1]", "(*{},)", "{{*{}}}"])
def test_a_star_stands_around_all_that_follows_it(spread: str, display: str) -> None:
    items = value(display.format(spread), "import a, f\n")
    assert isinstance(items, Items)
    first = items.items[0]
    assert isinstance(first, Starred)
    assert shape(first.value) == shape(value(spread, "import a, f\n"))
