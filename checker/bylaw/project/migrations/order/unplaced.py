"""SQL files in folders that no runner is known for: migrations where the settings say so, worth a word where not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.file import FileFacts
from bylaw.project.paths import is_test, matcher
from bylaw.settings import Settings

_CHANGES = (ops.AddColumn, ops.DropColumn, ops.RenameColumn, ops.RenameTable, ops.AlterColumn)
"""What a script that only builds a schema has no need of."""


def in_place(facts: FileFacts, settings: Settings) -> FileFacts:
    """The facts with the migration that the settings make of the file."""
    if not facts.unplaced or not settings.layout.migrations or not matcher(settings.layout.migrations)(facts.path):
        return facts
    return msgspec.structs.replace(facts, migrations=facts.unplaced)


def unplaced(files: Iterable[FileFacts], settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Folders whose numbered SQL files change tables that are there, with these files in order."""
    folders: defaultdict[str, list[FileFacts]] = defaultdict(list)
    for facts in files:
        if facts.unplaced and not is_test(facts.path, settings) and not in_place(facts, settings).migrations:
            folders[facts.path.rpartition("/")[0]].append(facts)
    for folder, members in sorted(folders.items()):
        operations = (operation for facts in members for operation in facts.unplaced[0].operations)
        if len(members) > 1 and any(isinstance(operation, _CHANGES) for operation in operations):
            yield folder, sorted(facts.path for facts in members)
