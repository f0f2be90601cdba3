"""Which names are the module's, which are a function's own, and what is noted of a module besides."""

import pytest

from bylaw.facts.file import FileFacts
from bylaw.readers import read_file


def read(source: str, path: str = "pkg/mod.py") -> FileFacts:
    facts = read_file(path, source.encode())
    assert facts.syntax_problem is None
    return facts


def used(source: str, path: str = "pkg/mod.py") -> set[str]:
    """Names in arguments of calls to `see`: what is left out is a local."""
    return {reference.name for reference in read(source, path).references if reference.call == "see"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b\nsee(a.b.c)\n", {"a.b.c"}),
        ("import a.b as c\nsee(c.d)\n", {"a.b.d"}),
        ("from a import b as c\nsee(c.d)\n", {"a.b.d"}),
        ("from . import x\nfrom .y import z\nfrom .. import w\nsee(x, z, w)\n", {"pkg.x", "pkg.y.z", "w"}),
        ("X = 1\nsee(X)\n", {"pkg.mod.X"}),
        ("def f(p, *q, r=1, **s):\n    see(p, q, r, s)\n", set()),
        ("def f():\n    x = 1\n    for y, (z, *w) in v: pass\n    with a as b: pass\n    see(x, y, z, w, b)\n", set()),
        ("def f():\n    try: pass\n    except E as e: see(e)\n", set()),
        ("def f():\n    if (n := g()): see(n)\n", set()),
        ("def f():\n    [m := 1 for k in j]\n    see(m)\n", set()),
        ("[m := 1 for k in j]\nsee(m)\n", {"pkg.mod.m"}),
        ("k = 1\n[see(k) for k in see(k)]\n", {"pkg.mod.k"}),
        ("k = 1\n[see(k) for k in j]\nsee(k.after)\n", {"pkg.mod.k.after"}),
        ("{see(a): see(b) for a, b in c.items()}\n", set()),
        ("f = lambda a, *b: see(a, b, c)\n", {"pkg.mod.c"}),
        ("x = 1\ndef f():\n    global x\n    x = 2\n    see(x)\n", {"pkg.mod.x"}),
        ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n        see(x)\n", set()),
        ("def f():\n    def g():\n        see(late)\n    late = 1\n", set()),
        ("def f():\n    see(late)\nlate = 1\n", {"pkg.mod.late"}),
        ("def f():\n    def inner(): pass\n    class Own: pass\n    see(inner, Own)\n", set()),
        ("def f():\n    import os.path as p\n    from a import b\n    see(p, b)\n", {"a.b"}),
        ("def f():\n    try:\n        import q\n    except ImportError:\n        q = None\n    see(q)\n", {"q"}),
        ("try:\n    import fast as j\nexcept ImportError:\n    import slow as j\nsee(j)\n", {"fast"}),
        ("try:\n    from fast import j\nexcept ImportError:\n    j = None\nsee(j)\n", {"fast.j"}),
        ("from fast import j\nj = wrap(j)\nsee(j)\n", {"pkg.mod.j"}),
        ("if TYPE_CHECKING:\n    from a import j\nelse:\n    from b import j\nsee(j)\n", {"b.j"}),
        ("x = 1\nclass A:\n    x = 2\n    see(x)\n    def m(self): see(x.m)\n", {"pkg.mod.A.x", "pkg.mod.x.m"}),
        ("class A:\n    x = 1\n    class B:\n        see(x)\n", {"pkg.mod.x"}),
        ("def f():\n    y = 1\n    class A:\n        x = y\n        see(x, y)\n", {"pkg.mod.f.A.x"}),
        ("match p:\n    case P(a=q, r=[s, *t]) | {'k': u, **v} as w: see(q, s, t, u, v, w, P, a)\n",
         {f"pkg.mod.{name}" for name in "qstuvwPa"}),
        ("def f(p):\n    match p:\n        case P(a=q) | [s, *t] | {'k': u, **v} as w: see(q, s, t, u, v, w)\n", set()),
        ("def f(p):\n    match p:\n        case Color.RED: see(Color)\n", {"pkg.mod.Color"}),
        ("def f[T](x: T):\n    see(T)\n", set()),
        ("class A[T](see(T)): pass\n", set()),
        ("def f():\n    del x\n    x += 1\n    see(x)\n", set()),
        ("async def f():\n    async for a in b: see(a)\n    async with c as d: see(d)\n", set()),
        ("def f(a=see(b)):\n    b = 1\n", {"pkg.mod.b"}),
        ("@see(route)\ndef f(): pass\n", set()),
        ("import os\nsee(os.path, len)\n", set()),
    ],
)  # fmt: skip
def test_what_a_name_means(source: str, expected: set[str]) -> None:
    assert used(source) == expected


def test_relative_imports_of_a_package() -> None:
    assert used("from . import x\nfrom .. import y\nsee(x, y)\n", "a/b/__init__.py") == {"a.b.x", "a.y"}


def test_imports_say_how_they_are_written() -> None:
    facts = read(
        "import a.b\nimport c.d as e\nfrom f import *\nfrom ..g import h\n"
        "if TYPE_CHECKING:\n    from i import j\nif not TYPE_CHECKING:\n    import k\nelse:\n    import l\n"
        "def run():\n    from m import n\n"
    )
    assert [(i.local, i.target, i.is_module, i.typing_only, i.function, i.level) for i in facts.imports] == [
        ("a", "a.b", True, False, "", 0),
        ("e", "c.d", True, False, "", 0),
        ("*", "f", False, False, "", 0),
        ("h", "g.h", False, False, "", 2),
        ("j", "i.j", False, True, "", 0),
        ("k", "k", True, False, "", 0),
        ("l", "l", True, True, "", 0),
        ("n", "m.n", False, False, "pkg.mod.run", 0),
    ]


@pytest.mark.parametrize(
    ("source", "anchor"),
    [
        ('"""Doc."""\nimport a\nfrom b import (\n    c,\n)\nx = 1\n', "from b import (\n    c,\n)"),
        ('"""Doc."""\nx = 1\n', '"""Doc."""'),
        ("import a\ndef f(): ...\nimport b\n", "import a"),
        ("import a\nif x:\n    import b\n", "import a"),
        ("from __future__ import annotations\nx = 1\n", "from __future__ import annotations"),
        ("x = 1\n", ""),
    ],
)
def test_where_a_new_import_belongs(source: str, anchor: str) -> None:
    assert read(source).import_anchor == source.index(anchor) + len(anchor)


def test_classes_functions_and_variables() -> None:
    facts = read(
        "@decorate(1)\n"
        "class A(Base, Generic[T], table=True):\n"
        "    field: int = 1\n"
        "    if x:\n        maybe = 2\n"
        "    @property\n"
        "    def method(self, a: str, *, b=2, **c) -> None:\n"
        "        def inner(): return 1\n"
        "        return inner\n"
        "async def run(): ...\n"
        "if x:\n    def run(): ...\n"
        "one = two = call()\n"
        "three, four = 1, 2\n"
        "routes = []\n"
        "routes += [1]\n"
        "__all__ = ['A'] + ['run']\n"
    )
    (found,) = facts.classes
    assert (found.qualified, len(found.bases), found.keywords[0][0], found.methods) == (
        "pkg.mod.A",
        2,
        "table",
        ("method",),
    )
    assert [(v.name, v.conditional) for v in found.variables] == [("field", False), ("maybe", True)]
    assert [(f.qualified, f.owner, f.conditional) for f in facts.functions] == [
        ("pkg.mod.A.method", "pkg.mod.A", False),
        ("pkg.mod.A.method.inner", "pkg.mod.A.method", False),
        ("pkg.mod.run", "", False),
        ("pkg.mod.run", "", True),
    ]
    assert [(p.name, p.kind) for p in facts.functions[0].parameters] == [
        ("self", "positional"), ("a", "positional"), ("b", "keyword"), ("c", "**"),
    ]  # fmt: skip
    assert [len(f.returns) for f in facts.functions] == [1, 1, 0, 0]
    names = [(v.name, v.value is not None, v.augmented) for v in facts.variables]
    assert names == [
        ("one", True, False), ("two", True, False), ("three", True, False), ("four", True, False),
        ("routes", True, False), ("routes", True, True), ("__all__", True, False),
    ]  # fmt: skip
    assert facts.exports == ("A", "run")


def test_meaningful_calls_keep_what_surrounds_them() -> None:
    facts = read(
        "api = APIRouter()\n"
        "both = one = APIRouter()\n"
        "parts = [APIRouter()]\n"
        "maybe = APIRouter() if x else None\n"
        "class A:\n    router = APIRouter()\n"
        "def build():\n"
        "    app = FastAPI()\n"
        "    for module in modules:\n"
        "        if x:\n"
        "            app.include_router(module.router)\n"
        "    [app.mount(m) for m in more]\n"
    )
    found = [
        (c.call.method, c.assigned_to, c.conditional, tuple(loop.targets for loop in c.loops), c.function)
        for c in facts.calls
    ]
    assert found == [
        ("APIRouter", "pkg.mod.api", False, (), ""),
        ("APIRouter", "pkg.mod.one", False, (), ""),
        ("APIRouter", "", False, (), ""),
        ("APIRouter", "pkg.mod.maybe", False, (), ""),
        ("APIRouter", "pkg.mod.A.router", False, (), ""),
        ("FastAPI", "app", False, (), "pkg.mod.build"),
        ("include_router", "", True, (("module",),), "pkg.mod.build"),
        ("mount", "", False, (("m",),), "pkg.mod.build"),
    ]  # fmt: skip


def test_words_name_columns_and_docstrings_do_not() -> None:
    words = read(
        '"""Nothing about old_prose."""\nuser.first_name\nmake(last_name=1)\nsql("SELECT zip_code FROM t")\n'
        'row["city"]\n'
        "match p:\n    case P(street=s): ...\ndef f():\n    '''more old_prose'''\n"
    ).words
    assert {"first_name", "last_name", "zip_code", "city", "street"} <= words
    assert "old_prose" not in words
