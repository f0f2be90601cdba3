"""What the path of a file alone, and the names of what it imports, say that it is for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_TEST_FOLDERS = frozenset({"tests", "test", "testing", "__tests__", "e2e"})
_TEST_FRAMEWORKS = frozenset({"pytest", "unittest", "hypothesis", "nose", "testcontainers", "locust"})
"""What tests import, and no application."""
_MIGRATION_FOLDERS = ("versions", "migrations")
"""Ends of the names of folders where `0004_for_tests.py` says what is migrated."""


@lru_cache(maxsize=100_000)
def is_called_test(path: str) -> bool:
    """Whether a file (posix path from the root) is test code by the names of its folders or its own."""
    *folders, name = path.split("/")
    is_numbered = name[:4].isdecimal() or (folders and folders[-1].endswith(_MIGRATION_FOLDERS))
    ends_like_one = name.endswith(("_test.py", "_tests.py")) and not is_numbered
    if name.startswith("test_") or ends_like_one or name in {"conftest.py", "tests.py", "test.py"}:
        return True
    return any(_is_test_folder(folder) for folder in folders)


def is_in_test_folder(path: str) -> bool:
    """Whether a file (posix path from the root) is test code by the names of its folders."""
    return any(_is_test_folder(folder) for folder in path.split("/")[:-1])


def imports_test_framework(targets: Iterable[str]) -> bool:
    """Whether the qualified names of what a file imports are among those of a framework for tests."""
    return any(target.partition(".")[0] in _TEST_FRAMEWORKS for target in targets)


def _is_test_folder(folder: str) -> bool:
    return folder in _TEST_FOLDERS or folder.startswith("tests_") or folder.endswith(("_tests", "-tests"))
