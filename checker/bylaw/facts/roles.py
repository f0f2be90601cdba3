"""What the path of a file alone says that it is for."""

from __future__ import annotations

_TEST_FOLDERS = frozenset({"tests", "test", "testing", "__tests__", "e2e"})
_MIGRATIONS = (["versions"], ["migrations"])
"""Where a name like `0004_for_tests.py` says what is migrated."""


def is_called_test(path: str) -> bool:
    """Whether a file (posix path from the root) is test code by the names of its folders or its own."""
    *folders, name = path.split("/")
    ends_like_one = name.endswith(("_test.py", "_tests.py")) and folders[-1:] not in _MIGRATIONS
    if name.startswith("test_") or ends_like_one or name in {"conftest.py", "tests.py", "test.py"}:
        return True
    return any(_is_test_folder(folder) for folder in folders)


def _is_test_folder(folder: str) -> bool:
    return folder in _TEST_FOLDERS or folder.startswith("tests_") or folder.endswith(("_tests", "-tests"))
