"""Broken files, odd bytes and hostile nesting: one clear answer each, and never a crash."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.facts.file import FileFacts
from bylaw.facts.values import Constant
from bylaw.readers import as_read, read_file
from bylaw.source import SourceText


def problem(text: str | bytes) -> tuple[int, str]:
    """Line and message of the syntax problem of a file; line 0 without one."""
    content = text.encode() if isinstance(text, str) else text
    facts = read_file("app/main.py", content)
    if facts.syntax_problem is None:
        return 0, ""
    source = SourceText("app/main.py", as_read("app/main.py", content))
    return source.position(facts.syntax_problem.span.start).line, facts.syntax_problem.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\ndef f(:\n    pass\n", 2, "never closed"),
        ("x = (1,\ny = 2\n", 1, "never closed"),
        ("x = 1\nprint(x))\n", 2, "closes nothing"),
        ("x = [1, 2)\n", 1, "does not match"),
        ('x = "open\ny = 2\n', 1, "string is never closed"),
        ('"""open\ny = 2\n', 1, "string is never closed"),
        ("def f():\nx = 1\n", 1, "block"),
        ("class A:\n\n", 1, "block"),
        ("if x:\n    # nothing\n", 1, "block"),
        ("x = 1\n    y = 2\n", 2, "indented"),
        ("def f():\n    x = 1\n   y = 2\n", 3, "indented"),
        ("if x:\n    y\n  else:\n    z\n", 3, "indented"),
        ("try:\n    x\nfinal = 1\n", 1, "`try`"),
        ("x = = 2\n", 1, "`=` is unexpected"),
        ("for x in y\n    pass\n", 1, "`:` is missing"),
        ("def f(a)  # note\n\n    return 1\n", 1, "`:` is missing"),
        ("x = 1\n\ndef g():\n    if x\n        return 2\n", 4, "`:` is missing"),
        ("class = 3\n", 1, "`=` is unexpected"),
        ("x = 1\nfoo bar\n", 2, "`bar` is unexpected"),
        ('x = {"a": 1 "b": 2}\n', 1, "is unexpected"),
        ("def f(x):\n    return x +\n\ny = 1\n", 2, "ends too early"),
        ("def é(x):\n    return = 1\n", 2, "`=` is unexpected"),
        ("a = 1\nb = $a\n", 2, "cannot be read"),
        ('print "hello"\n', 1, "Python 2"),
        ("raise ValueError, 'x'\n", 1, "one exception"),
        ("def f(a=1, b):\n    pass\n", 1, "default"),
        ("a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> other\n", 2, "merge conflict"),
    ],
)
def test_a_broken_file_says_where_and_what(text: str, line: int, words: str) -> None:
    found = problem(text)
    assert found[0] == line
    assert words in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment",
        "x = 1",
        "try:\n    x\nexcept A, B:\n    y\n",
        "try:\n    x\nexcept* A as e:\n    y\n",
        "def first[T: int, *Ts, **P](a: T) -> T: ...\n",
        "def first[T = int](a: T) -> T: ...\n",
        "class Box[T = str]: ...\n",
        "type Pair[T] = tuple[T, T]\n",
        'x = t"{name} is here"\n',
        "x = f'{a['b']} {{c}} {d!r:>{width}}'\n",
        "match point:\n    case Point(x=0, y=y) | [y, *_] if y:\n        pass\n",
        "match = type = case = 1\nprint(match)\n",
        "print\n",
        "\ufeffx = 1\n",
        "if x:\r\n    y\r\nelse:\r\n    z\r\n",
        "x = 1 \\\n    + 2\n",
        "def f():\n\tpass\n",
        "\x0cdef f():\n    pass\n\x0c\nx = 1\n",
        "if x: y; z\n",
        "class A: pass; x = 1\n",
        "with (open(a) as b, open(c) as d):\n    pass\n",
        "def f(a, /, b, *, c): ...\n",
        "x = 0xFF + 1_000 + 1e3 + 2j\n",
        "async def f():\n    async with a as b: pass\n    return [x async for x in y]\n",
    ],
)
def test_a_valid_file_has_no_problem(text: str) -> None:
    assert problem(text) == (0, "")


def test_a_broken_file_still_says_what_it_uses_but_defines_nothing() -> None:
    facts = read_file(
        "app/main.py", b"from app.api import users\napp.include_router(users.router)\nclass A:\n    x: Any\ndef f(:\n"
    )
    assert facts.syntax_problem is not None
    assert [imported.target for imported in facts.imports] == ["app.api.users"]
    assert [site.call.method for site in facts.calls] == ["include_router"]
    assert not (
        facts.classes or facts.functions or facts.variables or facts.escapes or facts.migrations or facts.queries
    )


@pytest.mark.parametrize("path", ["{{cookiecutter.name}}/app/main.py", "templates/main.py", "app/main.py"])
def test_a_template_of_python_is_unread_and_no_error(path: str) -> None:
    facts = read_file(path, b"from {{ name }}.models import User\n\nx = 1\n")
    assert facts.syntax_problem is None
    assert [entry.reason for entry in facts.unread] == ["a template for Python, which is no Python itself"]


def test_syntax_newer_than_the_grammar_is_unread_only_where_it_stands() -> None:
    long = b"Literal[" + b'"a", ' * 1000 + b'"b"]'  # longer than what is looked for a default
    facts = read_file("app/box.py", b"class Box[T = " + long + b"]:\n    size: int\n\n\nclass Other: ...\n")
    assert facts.syntax_problem is None
    assert [entry.reason for entry in facts.unread] == ["this syntax is not known"]
    assert "Other" in [item.name for item in facts.classes]


def test_bytes_that_are_no_text() -> None:
    assert problem(b"x = 1\0\n") == (1, "the file contains NUL bytes")
    assert problem(b'x = 1\ny = "\xff"\n')[0] == 2
    assert "utf-8" in problem(b'x = "\xff"\n')[1]
    assert "unknown" in problem(b"# coding: no-such-thing\nx = 1\n")[1]
    assert (
        "none of text" in problem(b"# coding: rot13\nx = 1\n")[1]
        or "unknown" in problem(b"# coding: rot13\nx = 1\n")[1]
    )
    assert problem(b"\x89PNG\r\n\x1a\n\xff\xfe\xfd")[1]


def test_another_encoding_is_read_as_what_it_means() -> None:
    facts = read_file("a.py", "# -*- coding: latin-1 -*-\nname = 'é'\n".encode("latin-1"))
    assert facts.syntax_problem is None
    assert isinstance(facts.variables[0].value, Constant)
    assert facts.variables[0].value.value == "é"


def test_offsets_count_a_byte_order_mark() -> None:
    facts = read_file("a.py", b"\xef\xbb\xbfx = 1\n")
    assert (facts.variables[0].span.start, facts.variables[0].span.end) == (3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 10_000 + "1" + ")" * 10_000,
        "x = " + "[" * 10_000,
        "(" * 100_000,
        "x = " + "not " * 30_000 + "1",
        "x = " + "not " * 30_000,
        "x = " + "-" * 30_000 + "1",
        "x = " + "lambda: " * 20_000 + "1",
        "x = " + "a if b else " * 20_000 + "c",
        "x = a" + ".b" * 30_000,
        "x = a" + "()" * 30_000,
        "x = " + "a + " * 30_000 + "b",
        "x = " + "'a' " * 30_000,
        "a = " * 30_000 + "b",
        "if a: b\n" + "elif a: b\n" * 5_000,
        "".join(" " * level + "if a:\n" for level in range(500)) + " " * 500 + "x",
        "".join(" " * level + "def f():\n" for level in range(500)) + " " * 500 + "x",
        "".join(" " * level + "class A:\n" for level in range(500)) + " " * 500 + "x",
        "x: " + "list[" * 10_000 + "int" + "]" * 10_000,
        'x = f"' + "{f'" * 5_000,
        "x = " + "{1: " * 10_000,
        "@a\n" * 20_000 + "def f(): pass",
        "x = 1\n" * 200_000,
        "x = [" + "1, " * 300_000 + "]",
        "x = '" + "a" * 2_000_000 + "'",
        "def f(" + "a, " * 20_000 + "): pass",
        "match x:\n case " + "[" * 5_000,
        "# bylaw: ignore[a]: b\n" * 20_000 + "x = 1",
        "from typing import cast\ndef f(x):\n" + "    y = cast(int, x)\n    z = cast(str, y)\n" * 3_000,
        "this is prose, and no program; it goes on\n" * 10_000,
        "x = " + "9" * 200_000 + " y",
        "\\\n" * 200_000 + "x = 1",
        "x = 1  # bylaw: ignore[no-any]: " + " " * 300_000 + "b",
    ],
    ids=lambda text: f"{text[:14]!r}-{len(text)}",
)
def test_hostile_nesting_crashes_nothing(text: str) -> None:
    script = (
        "import sys; from bylaw.readers import read_file; import msgspec;"
        "msgspec.msgpack.encode(read_file('a.py', sys.stdin.buffer.read())); print('read')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=text.encode(), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, b"read"), done.stderr[-500:]


_PIECES = st.sampled_from([
    b"def f(a: Any = 1, *args, **kw) -> dict[str, Any]:\n", b"    return x\n", b"class A(B, table=True):\n",
    b"    x: int = 1\n", b"# bylaw: ignore[no-any]: because\n",
    b"x = cast(int, cast(object, y))  # type: ignore\n",
    b"try:\n", b"except A, B:\n", b"match x:\n", b"  case [a, *b] as c:\n", b"(", b")", b"[", b"{", b'"""', b"'",
    b'f"{',
    b"}", b"\\", b"\n", b"\t", b"\r", b"lambda: ", b"@a.b\n", b"import a.b as c\n", b"from . import *\n", b"global x\n",
    b"x: 'list[Any]'\n", b"\xc3\xa9", b"\xff", b"if x:\n", b"with a as b:\n", b"[i for i in j if (k := i)]\n",
    b"async ",
    b"await ", b"type X[T] = T\n", b"# type: (Any) -> Any\n", b"a.b.c(d)", b"    # ", b"op.drop_column('a', 'b')\n",
    b"def upgrade():\n", b"revision = 'a'\n", b"\xef\xbb\xbf", b"\x0c", b"not ", b"= ", b": ", b", ",
])  # fmt: skip


def spans(value: object) -> list[tuple[int, int]]:
    """Every span inside facts."""
    from bylaw.source import Span

    if isinstance(value, Span):
        return [(value.start, value.end)]
    if isinstance(value, tuple | frozenset):
        return [found for item in value for found in spans(item)]
    fields = getattr(value, "__struct_fields__", ())
    return [found for name in fields for found in spans(getattr(value, name))]


def check(content: bytes) -> FileFacts:
    facts = read_file("pkg/mod.py", content)
    seen = as_read("pkg/mod.py", content)
    for start, end in spans(facts):
        assert 0 <= start <= end <= len(seen)
        if facts.syntax_problem is None:
            seen[start:end].decode("utf-8")
    return facts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    check(content)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=25).map(b"".join))
def test_no_pieces_of_python_crash_the_reader(content: bytes) -> None:
    check(content)


def test_defaults_of_type_parameters_are_known() -> None:
    text = """\
class Error[R, E: Exception = Exception]:
    code: int = 1

    def get[T: (int, str) = dict[str, int]](self, value: T = 3) -> T: ...


class Box[
    K = dict[str, list[int]],  # a comment
    *Ts = *tuple[int, ...],
](Base[K], flag=True):
    other: str = "a"


type Outcome[R, E: Exception = Exception] = Error[R, E]
"""
    facts = read_file("app/main.py", text.encode())
    assert facts.syntax_problem is None
    assert not facts.unread
    assert [(kind.name, [variable.name for variable in kind.variables]) for kind in facts.classes] == [
        ("Error", ["code"]), ("Box", ["other"]),
    ]  # fmt: skip
    (method,) = facts.functions
    assert text.encode()[method.span.start : method.span.end].startswith(b"get")
    assert problem("class Box[T = int:\n    x = 1\n")[0] == 1
    assert problem("class Box[T = int]:\n    x = (1\n")[0] == 2
