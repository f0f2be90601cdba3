"""From the edits of one or more fixes to plain replacements per file."""

from __future__ import annotations

from collections.abc import Iterable

from bylaw.diagnostics import Delete, Edit, Replace
from bylaw.edits.text import EditError, check, deletion, merge
from bylaw.source import Load


def resolve(edits: Iterable[Edit], load: Load) -> tuple[Replace, ...]:
    """The edits as replacements that do not overlap, sorted by path and place; none for what is there already.

    Raises EditError, and then nothing of the edits may be applied.
    """
    return Resolver(load).resolve(edits)


class Resolver:
    """Resolves edits against one state of the files, each of which is loaded and parsed once."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._contents: dict[str, bytes] = {}
        self._parsed: dict[str, object] = {}

    def content(self, path: str) -> bytes:
        """The file as the edits see it. Raises EditError when there is no such file."""
        if path not in self._contents:
            try:
                self._contents[path] = self._load(path)
            except (OSError, LookupError) as error:
                raise EditError(f"{path} cannot be read") from error
        return self._contents[path]

    def resolve(self, edits: Iterable[Edit]) -> tuple[Replace, ...]:
        """As the function `resolve`."""
        by_path: dict[str, list[Edit]] = {}
        for edit in edits:
            by_path.setdefault(edit.path, []).append(edit)
        found: list[Replace] = []
        for path in sorted(by_path):
            content = self.content(path)
            found += [check(replace, content) for replace in self._in_file(path, content, by_path[path])]
        return merge(found)

    def _in_file(self, path: str, content: bytes, edits: list[Edit]) -> list[Replace]:
        plain = [edit for edit in edits if isinstance(edit, Replace)]
        for edit in edits:
            if isinstance(edit, Delete):
                check(Replace(path, edit.span, ""), content)
                plain.append(deletion(path, edit.span, content))
        symbolic = [edit for edit in edits if not isinstance(edit, Replace | Delete)]
        if not symbolic:
            return plain
        if not path.endswith((".py", ".pyi")):
            raise EditError(f"{path} is no Python file")
        from bylaw.edits.python import PythonFile, replacements  # noqa: PLC0415 - the parser, only for files being fixed

        parsed = self._parsed.get(path)
        if not isinstance(parsed, PythonFile):
            parsed = self._parsed[path] = PythonFile(path, content)
        return [*plain, *replacements(parsed, symbolic)]
