"""A history that is written down instead of asked for: specs and tests say what the default branch holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bylaw.project.history import History, Version
from bylaw.readers import as_read, read_file


class StatedHistory(History, frozen=True):
    """`texts`: the files of the base that are other than in the project, by path."""

    texts: Mapping[str, bytes] = msgspec.field(default_factory=dict)

    def text_in_base(self, path: str) -> str | None:
        return self.texts[path].decode() if path in self.texts else None

    def versions_in_base(self, paths: Iterable[str]) -> Mapping[str, Version]:
        return {
            path: Version(as_read(path, self.texts[path]), read_file(path, self.texts[path]))
            for path in paths
            if path in self.texts
        }
