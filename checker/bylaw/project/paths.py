"""What a path (posix, from the root) says: whether it holds tests or examples, matches globs, lies in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from bylaw.facts.roles import is_called_test
from bylaw.settings import Settings

_EXAMPLE_FOLDERS = frozenset({
    "docs", "doc", "docs_src", "documentation", "examples", "example", "samples", "sample", "demo", "demos",
    "tutorial", "tutorials", "templates", "template", "project_template", "cookiecutter", "scripts", "benchmarks",
    "snippets", "playground",
})  # fmt: skip


def is_test(path: str, settings: Settings) -> bool:
    """Whether a file (posix path from the root) is test code: by `layout.tests`, else by its folders and its name."""
    return matcher(settings.layout.tests)(path) if settings.layout.tests else is_called_test(path)


def is_named_migration(path: str, settings: Settings) -> bool:
    """Whether `layout.migrations` names a file (posix path from the root)."""
    return bool(settings.layout.migrations) and matcher(settings.layout.migrations)(path)


def is_example(path: str) -> bool:
    """Whether a file only shows how to do something (docs, examples, project templates, scripts)."""
    *folders, _ = path.split("/")
    return "{{" in path or any(folder in _EXAMPLE_FOLDERS for folder in folders)


def is_set_aside(path: str) -> bool:
    """Whether a file lies in a hidden folder, or in a template that a project is made from."""
    return "{{" in path or any(folder.startswith(".") for folder in path.split("/")[:-1])


@lru_cache(maxsize=64)
def _spec(globs: tuple[str, ...]) -> Callable[[str], bool]:
    from bylaw.globs import spec_of  # noqa: PLC0415 - only where globs are configured

    spec = spec_of(globs)
    return lambda path: bool(spec.match_file(path))


def matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """Says whether a path matches one of the globs (from the root, as in a `.gitignore`)."""
    return _spec(tuple(globs))


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether `path` is one of `folders` or lies in one of them; '' is the root."""
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)


def inside(folder: str, name: str) -> str:
    """The path of a file by its folder ('' is the root) and its name, or its path from there."""
    return f"{folder}/{name}" if folder else name


def upwards(folder: str) -> Iterator[str]:
    """The folder and those around it, the innermost first; the last one is '', the root."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""
