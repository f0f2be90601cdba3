"""Named edits of Python files: the smallest change, in the style of the file, or a refusal."""

# ruff: noqa: E501 - a table reads best with one case per line

import pytest

from bylaw.diagnostics import (
    AddImport,
    Edit,
    InsertItem,
    InsertStatement,
    RemoveStatement,
    Replace,
    SetKeyword,
    WrapStatement,
)
from bylaw.edits import EditError, apply, resolve
from bylaw.source import Span

PATH = "app/main.py"


def edited(source: str, *edits: Edit, path: str = PATH) -> str:
    content = source.encode()
    return apply(content, resolve(edits, {path: content}.__getitem__)).decode()


def at(source: str, words: str) -> Span:
    start = source.encode().index(words.encode())
    return Span(start, start + len(words.encode()))


IMPORT_INTO_EXISTING = [
    ("from m import a\n", "from m import a, b\n"),
    ("from m import a  # noqa: F401\n", "from m import a, b  # noqa: F401\n"),
    ("from m import c\n", "from m import b, c\n"),
    ("from m import a, c\n", "from m import a, b, c\n"),
    ("from m import c, a\n", "from m import c, a, b\n"),
    ("from m import (a, c)\n", "from m import (a, b, c)\n"),
    ("from m import a, \\\n    c\n", "from m import a, b, \\\n    c\n"),
    ("from m import \\\n    a, \\\n    c\n", "from m import \\\n    a, b, \\\n    c\n"),
    ("from m import (\n    a,\n    c,\n)\n", "from m import (\n    a,\n    b,\n    c,\n)\n"),
    ("from m import (\n    a,  # first\n    c,\n)\n", "from m import (\n    a,  # first\n    b,\n    c,\n)\n"),
    ("from m import (\n    a,\n    aa  # last\n)\n", "from m import (\n    a,\n    aa,  # last\n    b\n)\n"),
    ("from m import (\n    a,\n    aa\n)\n", "from m import (\n    a,\n    aa,\n    b\n)\n"),
    ("from m import (\n    # c is used\n    c,\n)\n", "from m import (\n    # c is used\n    b,\n    c,\n)\n"),
    ("from m import (\n\ta,\n)\n", "from m import (\n\ta,\n\tb,\n)\n"),
    ("from m import (\r\n    a,\r\n)\r\n", "from m import (\r\n    a,\r\n    b,\r\n)\r\n"),
    ("from m import (\n    a, aa,\n    c,\n)\n", "from m import (\n    a, aa, b,\n    c,\n)\n"),
    ("from m import (a,\n               c)\n", "from m import (a, b,\n               c)\n"),
    ("from m import A, a\n", "from m import A, a, b\n"),
    ("from m import CONST, Klass, c\n", "from m import CONST, Klass, b, c\n"),
    ("from m import a as z\n", "from m import a as z, b\n"),
    ("\ufefffrom m import a\n", "\ufefffrom m import a, b\n"),
]


@pytest.mark.parametrize(("before", "after"), IMPORT_INTO_EXISTING)
def test_a_name_joins_the_import_of_its_module(before: str, after: str) -> None:
    assert edited(before, AddImport(PATH, "m", "b")) == after
    assert edited(after, AddImport(PATH, "m", "b")) == after


NEW_LINES = [
    ("", "from m import b\n"),
    ("\n", "from m import b\n\n"),
    ("\ufeff", "\ufefffrom m import b\n"),
    ("x = 1\n", "from m import b\n\nx = 1\n"),
    ('"""Doc."""\n', '"""Doc."""\n\nfrom m import b\n'),
    ('"""Doc."""', '"""Doc."""\n\nfrom m import b'),
    ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nfrom m import b\n\nx = 1\n'),
    ('"""Doc."""\n\n\ndef f(): ...\n', '"""Doc."""\n\nfrom m import b\n\n\ndef f(): ...\n'),
    ("#!/usr/bin/env python\nx = 1\n", "#!/usr/bin/env python\nfrom m import b\n\nx = 1\n"),
    ("# Licence\n# more\n\nx = 1\n", "# Licence\n# more\n\nfrom m import b\n\nx = 1\n"),
    ("# about x\nx = 1\n", "from m import b\n\n# about x\nx = 1\n"),
    ("# only words\n", "# only words\n\nfrom m import b\n"),
    ("from __future__ import annotations\n", "from __future__ import annotations\n\nfrom m import b\n"),
    (
        '"""Doc."""\n\nfrom __future__ import annotations\n\nx = 1\n',
        '"""Doc."""\n\nfrom __future__ import annotations\n\nfrom m import b\n\nx = 1\n',
    ),
    ("import os\n", "import os\n\nfrom m import b\n"),
    ("import os\r\n\r\nx = 1\r\n", "import os\r\n\r\nfrom m import b\r\n\r\nx = 1\r\n"),
    (
        "import os\n\nfrom a import b2\nfrom z import c\n",
        "import os\n\nfrom a import b2\nfrom m import b\nfrom z import c\n",
    ),
    ("from n import c  # why\nx = 1\n", "from m import b\nfrom n import c  # why\nx = 1\n"),
    ("from a import c  # why\nx = 1\n", "from a import c  # why\nfrom m import b\nx = 1\n"),
    ("import a\nimport z\nfrom c import d\n", "import a\nimport z\nfrom c import d\nfrom m import b\n"),
    ("from c import d\nimport z\n", "from c import d\nfrom m import b\nimport z\n"),
    ("from z import a\nfrom c import d\n", "from z import a\nfrom c import d\nfrom m import b\n"),
    ("import a; import c\nx = 1\n", "import a; import c\nfrom m import b\nx = 1\n"),
    ("from . import a\n", "from m import b\n\nfrom . import a\n"),
    (
        "import os\n\nx = 1\n\nfrom m.sub import c\n\ny = 2\n",
        "import os\n\nx = 1\n\nfrom m import b\nfrom m.sub import c\n\ny = 2\n",
    ),
    (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from m import b\n",
        "from typing import TYPE_CHECKING\n\nfrom m import b\n\nif TYPE_CHECKING:\n    from m import b\n",
    ),
    ("def f():\n    from m import b\n", "from m import b\n\n\ndef f():\n    from m import b\n"),
    ("from m import *\n", "from m import *\nfrom m import b\n"),
    ("import m\n", "import m\nfrom m import b\n"),
]


@pytest.mark.parametrize(("before", "after"), NEW_LINES)
def test_a_new_import_line_stands_where_the_block_wants_it(before: str, after: str) -> None:
    assert edited(before, AddImport(PATH, "m", "b")) == after
    assert edited(after, AddImport(PATH, "m", "b")) == after


def test_a_relative_of_the_same_package_is_the_best_neighbour() -> None:
    source = "import os\n\nfrom fastapi import FastAPI\n\nfrom app.api import books\nfrom app.db import get\n\napp = FastAPI()\n"
    added = edited(source, AddImport(PATH, "app.api", "users"), AddImport(PATH, "app.core.config", "settings"))
    assert added == source.replace("books", "books, users").replace(
        "from app.db", "from app.core.config import settings\nfrom app.db"
    )


def test_a_line_that_would_become_too_long_is_wrapped() -> None:
    a, c, d = (f"some_rather_long_name_{letter}" for letter in "acd")
    source = f"from package.module import {a}, {c}\nx = 1\n"
    edits = [AddImport(PATH, "package.module", "b"), AddImport(PATH, "package.module", d)]
    assert edited(source, *edits) == f"from package.module import (\n    b,\n    {a},\n    {c},\n    {d},\n)\nx = 1\n"
    alone = edited("x = 1\n", *edits, AddImport(PATH, "package.module", a), AddImport(PATH, "package.module", c))
    assert alone == f"from package.module import (\n    b,\n    {a},\n    {c},\n    {d},\n)\n\nx = 1\n"
    assert "(" not in edited(source.replace("\n", "  # noqa: F401\n", 1), *edits)


def test_several_new_names_of_a_module_share_a_line() -> None:
    edits = [
        AddImport(PATH, "m", "b"),
        AddImport(PATH, "m", "A"),
        AddImport(PATH, "m", "b"),
        AddImport(PATH, "l", alias="x"),
    ]
    assert edited("x1 = 1\n", *edits) == "import l as x\nfrom m import A, b\n\nx1 = 1\n"


PRESENT = [
    "from m import b\n",
    "from m import (a, b)\n",
    "from m import b as b\n",
    "try:\n    from m import b\nexcept ImportError:\n    b = None\n",
    "if True:\n    from m import b\n",
]


@pytest.mark.parametrize("source", PRESENT)
def test_an_import_that_is_there_is_not_added(source: str) -> None:
    assert edited(source, AddImport(PATH, "m", "b")) == source


def test_a_relative_import_of_the_same_module_counts() -> None:
    source = "from .models import User\n"
    assert edited(source, AddImport("server/app/x.py", "app.models", "User"), path="server/app/x.py") == source
    added = edited(source, AddImport("server/app/x.py", "app.models", "Team"), path="server/app/x.py")
    assert added == "from .models import Team, User\n"


@pytest.mark.parametrize(
    "source",
    [
        "b = 1\n", "def b(): ...\n", "class b: ...\n", "from other import b\n", "import b\n", "for b in (): pass\n",
        "with x as b: pass\n", "import x.b as b\n", "a, (b, c) = x\n", "if x:\n    b = 1\n", "(b := 1)\n",
    ],
)  # fmt: skip
def test_a_name_that_means_something_else_is_refused(source: str) -> None:
    with pytest.raises(EditError, match="`b` means something else"):
        edited(source, AddImport(PATH, "m", "b"))


def test_an_alias_avoids_a_taken_name() -> None:
    assert edited("from m import b\n", AddImport(PATH, "m", "b", "m_b")) == "from m import b, b as m_b\n"
    assert edited("b = 1\n", AddImport(PATH, "m", "b", "m_b")) == "from m import b as m_b\n\nb = 1\n"


def test_modules_are_imported_whole() -> None:
    assert edited("import os\n", AddImport(PATH, "os.path")) == "import os\nimport os.path\n"
    assert edited("import os.path\n", AddImport(PATH, "os.path")) == "import os.path\n"
    with pytest.raises(EditError):
        edited("os = 1\n", AddImport(PATH, "os.path"))


INSERTED_AFTER = [
    ("app = 1\nx = 2\n", "app = 1", "app = 1\nnew()\nx = 2\n"),
    ("app = 1", "app", "app = 1\nnew()"),
    ("app = 1  # why\n", "1", "app = 1  # why\nnew()\n"),
    ("app = 1;\n", "app", "app = 1;\nnew()\n"),
    ("a = 1; b = 2\nc\n", "b = 2", "a = 1; b = 2\nnew()\nc\n"),
    ("app = f(\n    a,\n)\nx\n", "a,", "app = f(\n    a,\n)\nnew()\nx\n"),
    ("def f():\n\tapp = 1\n\treturn app\n", "app = 1", "def f():\n\tapp = 1\n\tnew()\n\treturn app\n"),
    ("if x:\n    app = 1\nelse:\n    y\n", "app", "if x:\n    app = 1\n    new()\nelse:\n    y\n"),
    ("if x:\n    y\nelse:\n    app\n", "app", "if x:\n    y\nelse:\n    app\n    new()\n"),
    ("match x:\n    case 1:\n        app\n", "app", "match x:\n    case 1:\n        app\n        new()\n"),
    ("app = 1\r\nx\r\n", "app", "app = 1\r\nnew()\r\nx\r\n"),
    ("x = '''\napp\n'''\ny\n", "app", "x = '''\napp\n'''\nnew()\ny\n"),
    (
        "def f():\n    # register here\n    return 1\n",
        "# register here",
        "def f():\n    # register here\n    new()\n    return 1\n",
    ),
    ("if x:\n    # here\n    y\n", "# here", "if x:\n    # here\n    new()\n    y\n"),
    ("if x:\n    y\n    # here\nz\n", "# here", "if x:\n    y\n    # here\n    new()\nz\n"),
    ("x\n# here\n", "# here", "x\n# here\nnew()\n"),
    ("# here", "# here", "# here\nnew()"),
    ("# here\r\nx\r\n", "# here", "# here\r\nnew()\r\nx\r\n"),
    ("x = 1  # here\n", "# here", "x = 1  # here\nnew()\n"),
    ("@d(1)\nclass A:\n    pass\n", "d(1)", "@d(1)\nclass A:\n    pass\n\n\nnew()\n"),
    ("if x:\n    a\n    b\nc\n", "a\n    b", "if x:\n    a\n    b\n    new()\nc\n"),
    ("app\nnew()\n", "app", "app\nnew()\n"),
]


@pytest.mark.parametrize(("before", "place", "after"), INSERTED_AFTER)
def test_a_statement_goes_after_another(before: str, place: str, after: str) -> None:
    assert edited(before, InsertStatement(PATH, at(before, place), "new()")) == after


INSERTED_BEFORE = [
    ("def f():\n    app = 1\n", "app", "def f():\n    new()\n    app = 1\n"),
    ("x\n@d\nclass A: ...\n", "class", "x\nnew()\n@d\nclass A: ...\n"),
    ("app\n", "app", "new()\napp\n"),
    ("a; b\n", "a", "new()\na; b\n"),
    ("\ufeffapp\n", "app", "\ufeffnew()\napp\n"),
]


@pytest.mark.parametrize(("before", "place", "after"), INSERTED_BEFORE)
def test_a_statement_goes_before_another(before: str, place: str, after: str) -> None:
    assert edited(before, InsertStatement(PATH, at(before, place), "new()", "before")) == after


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("if x: app\n", "app"), ("if x: a; app\n", "app"), ("a; b\n", "a"), ("x = [\n    # here\n]\n", "# here"),
        ("if x:\n    y\n  # here\nz\n", "# here"), ("if x:\n    y\n# here\nelse:\n    z\n", "# here"), ("\n\n", "\n"),
        ("f(\n", "f"), ("def f(\n    a,\n    # here\n): ...\n", "# here"),
    ],
)  # fmt: skip
def test_a_place_that_takes_no_statement_is_refused(source: str, place: str) -> None:
    with pytest.raises(EditError):
        edited(source, InsertStatement(PATH, at(source, place), "new()"))


def test_several_statements_keep_their_order() -> None:
    source = "app.a(x)\nrun()\n"
    edits = [InsertStatement(PATH, at(source, "app.a(x)"), f"app.a({name})") for name in "yz"]
    once = edited(source, *edits)
    assert once == "app.a(x)\napp.a(y)\napp.a(z)\nrun()\n"
    assert edited(once, *edits) == once


def test_nothing_goes_before_a_future_import() -> None:
    with pytest.raises(EditError):
        edited("from __future__ import annotations\n", InsertStatement(PATH, Span(0, 4), "x = 1", "before"))


KEYWORDS = [
    ("f()\n", "f(k=1)\n"),
    ("f(a)\n", "f(a, k=1)\n"),
    ("f(a,)\n", "f(a, k=1,)\n"),
    ("f(k=2)\n", "f(k=1)\n"),
    ("f(k = g(2), b=3)\n", "f(k = 1, b=3)\n"),
    ("f(a, **kw)\n", "f(a, k=1, **kw)\n"),
    ("f(**kw)\n", "f(k=1, **kw)\n"),
    ("f(*a)\n", "f(*a, k=1)\n"),
    ("f(\n    a,\n    b,\n)\n", "f(\n    a,\n    b,\n    k=1,\n)\n"),
    ("f(\n    a,\n    b  # last\n)\n", "f(\n    a,\n    b,  # last\n    k=1\n)\n"),
    ("f(\n    a,  # one\n    **kw,\n)\n", "f(\n    a,  # one\n    k=1,\n    **kw,\n)\n"),
    ("f(a,\n  b)\n", "f(a,\n  b, k=1)\n"),
    ("f(\n    a, b\n)\n", "f(\n    a, b, k=1\n)\n"),
    ("f(  # nothing\n)\n", "f(k=1  # nothing\n)\n"),
    ("f(\r\n    a,\r\n)\r\n", "f(\r\n    a,\r\n    k=1,\r\n)\r\n"),
    ("f(g(k=3))\n", "f(g(k=3), k=1)\n"),
    ("f('é', b)\n", "f('é', b, k=1)\n"),
    ("@f(a)\ndef g(): ...\n", "@f(a, k=1)\ndef g(): ...\n"),
]


@pytest.mark.parametrize(("before", "after"), KEYWORDS)
def test_a_keyword_is_set_in_a_call(before: str, after: str) -> None:
    assert edited(before, SetKeyword(PATH, at(before, "f"), "k", "1")) == after
    assert edited(after, SetKeyword(PATH, at(after, "f"), "k", "1")) == after


def test_the_whole_call_may_be_named_by_its_span() -> None:
    source = "x = f(g(1))\n"
    assert edited(source, SetKeyword(PATH, at(source, "f(g(1))"), "k", "1")) == "x = f(g(1), k=1)\n"
    assert edited(source, SetKeyword(PATH, at(source, "g(1)"), "k", "1")) == "x = f(g(1, k=1))\n"


@pytest.mark.parametrize("source", ["f\n", "f(x for x in y)\n"])
def test_what_takes_no_keyword_is_refused(source: str) -> None:
    with pytest.raises(EditError):
        edited(source, SetKeyword(PATH, Span(0, 1), "k", "1"))


REMOVED = [
    ("a\nb\nc\n", "b", "a\nc\n"),
    ("a\nb  # why\nc\n", "b", "a\nc\n"),
    ("a\nb", "b", "a\n"),
    ("def f():\n    b\n", "b", "def f():\n    pass\n"),
    ("def f():\n    '''Doc.'''\n    b\n", "b", "def f():\n    '''Doc.'''\n"),
    ("def f():\n    b\n\n\n    c\n", "b", "def f():\n    c\n"),
    ("def f():\n    a\n    b\n\n    c\n", "b", "def f():\n    a\n\n    c\n"),
    ("def f():\n    # about b\n    b\n\n    c\n", "b\n\n", "def f():\n    # about b\n\n    c\n"),
    ("def f():\n    b\n\n    # about c\n    c\n", "b", "def f():\n    # about c\n    c\n"),
    ("a; b; c\n", "a", "b; c\n"),
    ("a; b; c\n", "b", "a; c\n"),
    ("a; b; c\n", "c", "a; b\n"),
    ("if x: b\n", "b", "if x: pass\n"),
    ("if x: a; b\n", "b", "if x: a\n"),
    ("@d\ndef b():\n    x\n\ny\n", "b()", "\ny\n"),
    ("a = (\n    b,\n)\nc\n", "b", "c\n"),
    ("a\r\nb\r\n", "b", "a\r\n"),
]


@pytest.mark.parametrize(("before", "place", "after"), REMOVED)
def test_a_statement_is_removed_with_its_line(before: str, place: str, after: str) -> None:
    assert edited(before, RemoveStatement(PATH, at(before, place))) == after


def test_a_body_that_loses_all_its_statements_keeps_one_pass() -> None:
    source = "def f():\n    a\n    b\nx\n"
    edits = [RemoveStatement(PATH, at(source, "a\n")), RemoveStatement(PATH, at(source, "b\n"))]
    assert edited(source, *edits) == "def f():\n    pass\nx\n"


def test_edits_of_several_kinds_go_together() -> None:
    source = "from m import a\n\napp = f(a)\nold()\n"
    edits = [
        AddImport(PATH, "m", "b"), SetKeyword(PATH, at(source, "f(a)"), "k", "b"),
        InsertStatement(PATH, at(source, "app"), "app.use(b)"), RemoveStatement(PATH, at(source, "old()")),
        Replace(PATH, at(source, "app"), "application"),
    ]  # fmt: skip
    assert edited(source, *edits) == "from m import a, b\n\napplication = f(a, k=b)\napp.use(b)\n"


@pytest.mark.parametrize(
    "edit",
    [
        Replace(PATH, Span(5, 99), ""), Replace(PATH, Span(3, 2), ""), Replace(PATH, Span(-1, 2), ""),
        Replace(PATH, Span(1, 2), ""), Replace(PATH, Span(0, 0), "\ud800"), Replace(PATH, Span(0, 0), "\0"),
        Replace("other.py", Span(0, 0), "x"), InsertStatement(PATH, Span(50, 60), "x"), AddImport(PATH, "a b", "c"),
        AddImport("x.sql", "m", "b"), SetKeyword(PATH, Span(0, 0), "not valid", "1"), InsertStatement(PATH, Span(0, 0), " x"),
    ],
)  # fmt: skip
def test_an_impossible_edit_is_refused(edit: Edit) -> None:
    files = {PATH: "é = 1\n".encode(), "x.sql": b"SELECT 1;"}
    with pytest.raises(EditError):
        resolve([edit], files.__getitem__)


def test_edits_that_want_the_same_bytes_are_refused() -> None:
    with pytest.raises(EditError):
        edited("abc\n", Replace(PATH, Span(0, 2), "x"), Replace(PATH, Span(1, 3), "y"))


LOCKED = "with lock():"
WRAPPED = [
    ("def f():\n    a()\n", "a()", "def f():\n    with lock():\n        a()\n"),
    ("def f():\n\ta(\n\t\tb,\n\t)\n", "b", "def f():\n\twith lock():\n\t\ta(\n\t\t\tb,\n\t\t)\n"),
    (
        'def f():\n    a("""x\n    y\n""",\n      b)  # why\n\n    c()\n',
        "b)",
        'def f():\n    with lock():\n        a("""x\n    y\n""",\n          b)  # why\n\n    c()\n',
    ),
    ("a()\r\nb()\r\n", "b()", "a()\r\nwith lock():\r\n    b()\r\n"),
    ("with lock():\n    a()\n", "a()", "with lock():\n    a()\n"),
]


@pytest.mark.parametrize(("before", "place", "after"), WRAPPED)
def test_a_statement_is_put_into_a_block(before: str, place: str, after: str) -> None:
    assert edited(before, WrapStatement(PATH, at(before, place), LOCKED)) == after
    assert edited(after, WrapStatement(PATH, at(after, place), LOCKED)) == after


def test_neighbours_share_a_block() -> None:
    source = "def f():\n    a()\n    b()\n    c()\n\n    d()\n"
    edits = [WrapStatement(PATH, at(source, place), LOCKED) for place in ("d()", "a()", "b()")]
    assert edited(source, *edits) == (
        "def f():\n    with lock():\n        a()\n        b()\n    c()\n\n    with lock():\n        d()\n"
    )


@pytest.mark.parametrize(
    ("source", "header"), [("a(); b()\n", LOCKED), ("if x: a()\n", LOCKED), ("a()\n", "with lock()")]
)
def test_what_cannot_stand_in_a_block_is_refused(source: str, header: str) -> None:
    with pytest.raises(EditError):
        edited(source, WrapStatement(PATH, at(source, "a()"), header))


ELEMENTS = [
    ("x = [\n    a(),\n    b(1),\n]\n", "b(1)", "x = [\n    a(),\n    n(),\n    b(1),\n]\n"),
    ("x = [a(), b]\n", "a()", "x = [n(), a(), b]\n"),
    ("x = (\n\ta,\r\n\tb,\r\n)\n", "b", "x = (\n\ta,\r\n\tn(),\r\n\tb,\r\n)\n"),
]


@pytest.mark.parametrize(("before", "place", "after"), ELEMENTS)
def test_an_element_joins_a_list(before: str, place: str, after: str) -> None:
    assert edited(before, InsertItem(PATH, at(before, place), "n()")) == after
    assert edited(after, InsertItem(PATH, at(after, place), "n()")) == after


def test_an_element_needs_a_list() -> None:
    with pytest.raises(EditError):
        edited("a()\n", InsertItem(PATH, at("a()\n", "a"), "n()"))
