"""SQL files in folders that no runner is known for: migrations where the settings or a plan say so, or worth a word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.file import FileFacts
from bylaw.project.migrations.order.runners import MOST_CHARACTERS, Read, sqitch_plan
from bylaw.project.migrations.step import MigrationTree
from bylaw.project.paths import inside, is_named_migration, is_test, matcher
from bylaw.settings import Settings

_CHANGES = (ops.AddColumn, ops.DropColumn, ops.RenameColumn, ops.RenameTable, ops.AlterColumn)
"""What a script that only builds a schema has no need of."""


def empties(trees: Iterable[MigrationTree], files: Iterable[FileFacts]) -> Iterator[tuple[FileFacts, str]]:
    """Python files beside migrations, with the tool of these, that define nothing: no tool takes them for a helper."""
    homes = {step.path.rpartition("/")[0]: tree.tool for tree in trees if tree.tool != "sql" for step in tree.steps}
    for facts in files if homes else ():
        folder, _, name = facts.path.rpartition("/")
        if folder in homes and name.endswith(".py") and not name.startswith(("_", "~")):
            said = facts.variables or facts.classes or facts.functions or facts.imports or facts.migrations
            if not (said or facts.calls or facts.references or facts.unread or facts.syntax_problem):
                yield facts, homes[folder]


class Placing:
    """Makes migrations of files whose own name and place do not say that they are some."""

    def __init__(self, settings: Settings, read: Read) -> None:
        self._settings = settings
        self._read = read
        self._plans: dict[str, frozenset[str]] = {}

    def placed(self, facts: FileFacts) -> FileFacts:
        """The facts with the migration that the settings, or Sqitch's plan, make of the file."""
        if not facts.unplaced:
            return facts
        if is_named_migration(facts.path, self._settings):
            return msgspec.structs.replace(facts, migrations=facts.unplaced)
        if self._is_planned(facts.path):
            migrations = tuple(msgspec.structs.replace(one, layout="sqitch") for one in facts.unplaced)
            return msgspec.structs.replace(facts, migrations=migrations)
        return facts

    def suspects(self, files: Iterable[FileFacts]) -> Iterator[tuple[str, list[str]]]:
        """Folders whose numbered SQL files change tables that are there, with these files in order."""
        folders: defaultdict[str, list[FileFacts]] = defaultdict(list)
        for facts in files:
            if facts.suspected and not is_test(facts.path, self._settings) and not self.placed(facts).migrations:
                folders[facts.path.rpartition("/")[0]].append(facts)
        for folder, members in sorted(folders.items()):
            operations = (operation for facts in members for operation in facts.unplaced[0].operations)
            if len(members) > 1 and any(isinstance(operation, _CHANGES) for operation in operations):
                yield folder, sorted(facts.path for facts in members)

    def idle_globs(self, files: Iterable[FileFacts]) -> Iterator[tuple[str, str]]:
        """Globs of the settings that name SQL files, none of which is read as a migration, each with the first file."""
        facts = sorted((one for one in files if one.language == "sql"), key=lambda one: one.path)
        for glob in self._settings.layout.migrations:
            named = [one for one in facts if matcher((glob,))(one.path)]
            if named and not any(self.placed(one).migrations for one in named):
                yield glob, named[0].path

    def _is_planned(self, path: str) -> bool:
        """Whether the plan beside the `deploy` folder of a file names it."""
        above, deploy, inner = f"/{path}".rpartition("/deploy/")
        if not deploy:
            return False
        if above not in self._plans:
            plan = self._read(inside(above.removeprefix("/"), "sqitch.plan")) or ""
            self._plans[above] = frozenset(sqitch_plan(plan[:MOST_CHARACTERS]))
        return inner.removesuffix(".sql") in self._plans[above]
