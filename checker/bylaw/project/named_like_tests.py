"""Modules of the application that only sound like tests: `test_cases.py` of a program that manages tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from bylaw.facts.file import FileFacts
from bylaw.facts.roles import imports_test_framework, is_called_test, is_in_test_folder

if TYPE_CHECKING:
    from bylaw.project.names import Names

_ALWAYS: Final = frozenset({"conftest", "tests", "test"})
"""What nobody calls a module of an application."""


def named_like_tests(names: Names) -> frozenset[str]:
    """Paths of the modules that are called like tests, hold none, and are imported by the application's own code."""
    waiting = {file.module: file for file in names.files if _may_be_code(file)}
    if not waiting:
        return frozenset()
    importers = [file for file in names.files if not is_called_test(file.path)]
    found: set[str] = set()
    while importers and waiting:
        importers = [waiting.pop(module) for module in {*_imported(importers, names)} & waiting.keys()]
        found.update(file.path for file in importers)
    return frozenset(found)


def _may_be_code(file: FileFacts) -> bool:
    if not is_called_test(file.path) or is_in_test_folder(file.path):
        return False
    return file.module.rpartition(".")[2] not in _ALWAYS and not _tests_something(file)


def _tests_something(file: FileFacts) -> bool:
    if imports_test_framework(item.target for item in file.imports):
        return True
    return any(function.name.startswith("test_") and not function.decorators for function in file.functions)


def _imported(files: Iterable[FileFacts], names: Names) -> Iterator[str]:
    """The modules that files import, or import something from."""
    for file in files:
        for target in {item.target for item in file.imports}:
            module = names.module(target, file.module) or names.module(target.rpartition(".")[0], file.module)
            if module is not None:
                yield module.module
