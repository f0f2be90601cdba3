"""Reads Python: source bytes to FileFacts, by tree-sitter, without running or importing anything."""

from __future__ import annotations

from bylaw.facts.code import SyntaxProblem, Unread
from bylaw.facts.file import FileFacts
from bylaw.facts.roles import imports_test_framework, is_called_test, is_in_test_folder
from bylaw.readers.encoding import NotText, to_utf8
from bylaw.readers.python import syntax
from bylaw.readers.python.broken import identity_of
from bylaw.readers.python.comments import suppressions
from bylaw.readers.python.escapes import escapes
from bylaw.readers.python.generated import is_generated
from bylaw.readers.python.migrations import migration_helpers, migrations
from bylaw.readers.python.module import Module
from bylaw.readers.python.queries import queries
from bylaw.readers.python.recursion import deep_recursion
from bylaw.readers.python.walk import walk
from bylaw.source import Span


def module_name(path: str) -> str:
    """The dotted name derived from a path: `src/app/models/__init__.py` → `src.app.models`."""
    stem = path.removesuffix(".py").removesuffix(".pyi")
    return "" if stem == "__init__" else stem.removesuffix("/__init__").replace("/", ".")


def read(path: str, content: bytes) -> FileFacts:
    """All facts of one Python file. `path` is relative to the root, posix. Never raises for any content."""
    module = module_name(path)
    is_package = path.rpartition("/")[2] == "__init__.py"
    try:
        source = to_utf8(content)
    except NotText as problem:
        broken = SyntaxProblem(Span(problem.offset, problem.offset), str(problem))
        known = identity_of(path, content, broken)
        return FileFacts(path, "python", module, is_package, migrations=known, syntax_problem=broken)
    with deep_recursion():
        return _facts(walk(path, source, module, is_package=is_package))


def _facts(walked: Module) -> FileFacts:
    broken = syntax.judge(walked)
    if broken is None:
        return _all_facts(walked)
    if syntax.is_template(walked, broken):
        return _uses(walked, unread=(Unread(broken.span, "a template for Python, which is no Python itself"),))
    return _uses(walked, syntax_problem=broken)


def _all_facts(module: Module) -> FileFacts:
    scope = module.scope
    unread = [*module.unread, *syntax.unread(module.root)] if module.root.has_error else module.unread
    return FileFacts(
        module.path, "python", scope.module, scope.is_package,
        imports=tuple(module.imports),
        exports=module.exports,
        variables=tuple(module.variables),
        classes=tuple(record.fact for record in module.classes),
        functions=tuple(record.fact for record in module.functions),
        references=tuple(module.references.values()),
        calls=tuple(module.calls),
        escapes=escapes(module),
        queries=() if _is_test(module) else queries(module),
        migrations=migrations(module),
        helpers=migration_helpers(module),
        suppressions=suppressions(module),
        words=frozenset(module.words),
        import_anchor=module.import_anchor,
        unread=tuple(unread),
        dotted=frozenset(module.dotted),
        generated=is_generated(module),
    )  # fmt: skip


def _is_test(module: Module) -> bool:
    """Whether nobody needs the queries of a module: it tests something, by its path and by what it imports."""
    if not is_called_test(module.path):
        return False
    return is_in_test_folder(module.path) or imports_test_framework(item.target for item in module.imports)


def _uses(module: Module, *, unread: tuple[Unread, ...] = (), syntax_problem: SyntaxProblem | None = None) -> FileFacts:
    """What a broken file still says about others, so that what it imports or registers is not taken for unused.

    What it defines is left out: half of a class would be judged as if it were the whole. Of a migration the name and
    the parents stay, because others build on it.
    """
    scope = module.scope
    return FileFacts(
        module.path, "python", scope.module, scope.is_package,
        imports=tuple(module.imports),
        references=tuple(module.references.values()),
        calls=tuple(module.calls),
        words=frozenset(module.words),
        dotted=frozenset(module.dotted),
        migrations=identity_of(module.path, module.content, syntax_problem) if syntax_problem is not None else (),
        unread=unread,
        syntax_problem=syntax_problem,
    )  # fmt: skip
