"""Edits on any module: valid code stays valid, all other bytes stay, and doing it twice changes nothing.

BYLAW_EXAMPLES sets how many modules each property is tried on.
"""

# ruff: noqa: E501 - tables of code samples

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bylaw.diagnostics import (
    AddImport,
    Delete,
    Edit,
    HoistImport,
    InsertStatement,
    RemoveStatement,
    Replace,
    SetKeyword,
)
from bylaw.edits import EditError, apply, resolve
from bylaw.edits.encoding import encoded
from bylaw.edits.judge import is_python
from bylaw.engine.trial import OffsetMap
from bylaw.source import Span

PATH = "app/module.py"
EXAMPLES = int(os.environ.get("BYLAW_EXAMPLES", "150"))
THOROUGH = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SIMPLE = st.sampled_from([
    "x = 1", "x = f(a, *b, k=1, **kw)", "f(\n    a,  # é\n    b,\n)", "f(\n    a,\n    **kw\n)", "call()", "call( )", "pass", "a; b; c",
    "x = '''\nnot indented: f(1)\n'''", "y = [\n    g(1),\n]", "import os", "import os, sys as system", "from m import a, b",
    "from m import (\n    a,\n    c,\n)", "from m import (\n    a,\n    # why\n    c  # last\n)", "from .m import z", "from m import *", "x = 1 \\\n    + f(2)",
    "# a comment", "f(x for x in y)", "s = 'é😀' + f('ü')", "assert f(1), 'no'", "x: int = h(k=3)", "del x", "x = 1;",
    "from . import (a)", "(b := f(1))", "x = f()(1)(k=2)", "lambda: f(1)", "r = not f(\n    k = 4 ,\n)",
])  # fmt: skip


def indented(lines: str, by: str) -> str:
    """Strings keep their lines as they are: only statements without a triple quote are nested."""
    return "\n".join(by + line for line in lines.split("\n"))


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> str:
    statements = draw(st.lists(SIMPLE, min_size=1, max_size=4))
    if depth:
        statements = [s for s in statements if "'''" not in s and "import *" not in s] or ["pass"]
        if all(s.startswith("#") for s in statements):
            statements.append("pass")
    parts = list(statements)
    if depth < 2 and draw(st.booleans()):
        body = indented(draw(blocks(depth + 1)), draw(st.sampled_from(["    ", "\t", "  "])))
        header = draw(st.sampled_from([
            "def f(a, b=1):", "class A(B):", "if x:", "for x in f(y):", "with f(a) as b:", "@d(1)\n@e\ndef g():", "while f(1):",
            "async def h(*, k):", "if x: y = f(1)\nelse:", "try:\n    pass\nexcept A, B:", "match f(x):\n    case _:",
        ]))  # fmt: skip
        if header.startswith("match"):
            body = indented(body, "    ")
        parts.insert(draw(st.integers(0, len(parts))), f"{header}\n{body}")
    gap = draw(st.sampled_from(["\n", "\n\n", "\n\n\n"]))
    return gap.join(parts)


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    head = draw(
        st.sampled_from(
            [
                "",
                '"""Doc é."""\n',
                "#!/usr/bin/env python\n",
                "# Licence\n\n",
                '"""Doc."""\n\nfrom __future__ import annotations\n\n',
            ]
        )
    )
    text = head + draw(blocks()) + draw(st.sampled_from(["", "\n", "\n\n", "  \n", "\n# end"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    content = (draw(st.sampled_from(["", "\ufeff"])) + text).encode()
    assume(is_python(content))
    return content


@st.composite
def spans(draw: st.DrawFn, content: bytes) -> Span:
    start = draw(st.integers(-2, len(content) + 2))
    return Span(start, start + draw(st.integers(-1, 30)))


@st.composite
def edits(draw: st.DrawFn, content: bytes) -> Edit:
    span = draw(spans(content))
    return draw(st.sampled_from([
        AddImport(PATH, draw(st.sampled_from(["m", "os", "app.m", ".m", "zz.yy"])), draw(st.sampled_from(["b", "a", "Klass", "CONST"])), draw(st.sampled_from(["", "other"]))),
        AddImport(PATH, draw(st.sampled_from(["os", "os.path", "m.n"]))),
        InsertStatement(PATH, span, draw(st.sampled_from(["new()", "new(\n    1,\n)"])), draw(st.sampled_from(["after", "before"]))),
        SetKeyword(PATH, span, draw(st.sampled_from(["k", "j"])), draw(st.sampled_from(["1", "g(é)", "None"]))),
        RemoveStatement(PATH, span), HoistImport(PATH, span),
    ]))  # fmt: skip


def outcome(content: bytes, *wanted: Edit) -> tuple[tuple[Replace, ...], bytes] | None:
    """The replacements and the result; None for a refusal. Anything but EditError is a bug."""
    try:
        replaces = resolve(wanted, {PATH: content}.__getitem__)
    except EditError:
        return None
    return replaces, apply(content, replaces)


def undone(replaces: tuple[Replace, ...], old: bytes, new: bytes) -> bytes:
    """Takes each replacement back; gives the old bytes only if nothing else moved."""
    shift = 0
    back = []
    for replace in replaces:
        start, length = replace.span.start + shift, len(replace.content.encode())
        assert new[start : start + length].decode() == replace.content
        back.append(Replace(PATH, Span(start, start + length), old[replace.span.start : replace.span.end].decode()))
        shift += length - (replace.span.end - replace.span.start)
    return apply(new, back)


@THOROUGH
@given(st.data())
def test_one_named_edit_keeps_code_valid_and_all_other_bytes(data: st.DataObject) -> None:
    content = data.draw(modules())
    done = outcome(content, data.draw(edits(content)))
    if done is not None:
        replaces, result = done
        assert is_python(result), result.decode()
        assert undone(replaces, content, result) == content


@THOROUGH
@given(st.data())
def test_several_edits_together_keep_all_other_bytes(data: st.DataObject) -> None:
    content = data.draw(modules())
    done = outcome(content, *data.draw(st.lists(edits(content), max_size=4)))
    if done is not None:
        replaces, result = done
        assert undone(replaces, content, result) == content
        assert list(replaces) == sorted(replaces, key=lambda r: r.span)


@THOROUGH
@given(st.data())
def test_an_import_is_added_once(data: st.DataObject) -> None:
    content = data.draw(modules())
    edit = data.draw(edits(content).filter(lambda e: isinstance(e, AddImport)))
    done = outcome(content, edit)
    if done is not None:
        assert outcome(done[1], edit) == ((), done[1])


@THOROUGH
@given(st.data())
def test_a_keyword_is_set_once(data: st.DataObject) -> None:
    content = data.draw(modules())
    starts = [at for at in range(len(content)) if content[at : at + 2] in {b"f(", b"g(", b"h("}]
    assume(starts)
    start = data.draw(st.sampled_from(starts))
    done = outcome(content, SetKeyword(PATH, Span(start, start + 1), "k", "new"))
    if done is not None:
        moved = OffsetMap(done[0]).moved(start)
        assert outcome(done[1], SetKeyword(PATH, Span(moved, moved + 1), "k", "new")) == ((), done[1])


@THOROUGH
@given(st.data())
def test_an_inserted_statement_is_not_inserted_again(data: st.DataObject) -> None:
    content = data.draw(modules())
    at = data.draw(st.integers(0, len(content)))
    span = Span(at, at + 1 if content[at : at + 1].strip() else at)
    done = outcome(content, InsertStatement(PATH, span, "new()"))
    if done is not None and done[0]:
        assert outcome(done[1], InsertStatement(PATH, span, "new()")) == ((), done[1])


@THOROUGH
@given(st.binary(max_size=200), st.data())
def test_any_bytes_and_any_span_are_edited_or_refused(content: bytes, data: st.DataObject) -> None:
    outcome(content, data.draw(edits(content)))
    span = data.draw(spans(content))
    for edit in (Replace(PATH, span, data.draw(st.text(max_size=5))), Delete(PATH, span)):
        done = outcome(content, edit)
        if done is not None:
            assert len(done[1]) == len(content) + sum(
                len(r.content.encode()) - (r.span.end - r.span.start) for r in done[0]
            )


@THOROUGH
@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.sampled_from(["latin-1", "utf-8", "cp1252", "utf-7", "shift_jis", "hz"]),
)
def test_a_file_is_given_back_in_its_encoding_or_refused(before: str, after: str, name: str) -> None:
    cookie = f"# coding: {name}\n"
    try:
        original = (cookie + before).encode(name)
    except UnicodeError:
        return
    try:
        written = encoded(PATH, original, (cookie + after).encode())
    except (EditError, UnicodeEncodeError):
        return
    assert written.decode(name) == cookie + after
