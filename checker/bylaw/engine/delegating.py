"""What ruff finds for the rules that are delegated to it: one run for all of them, as long as their options agree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from bylaw.diagnostics import Finding
from bylaw.engine.effective import Effective
from bylaw.project import Project
from bylaw.rule import RuffFinding, Rule
from bylaw.source import Load

if TYPE_CHECKING:
    from bylaw.engine.ruff import RuffTask

Ruff = Callable[["RuffTask", Load], tuple[RuffFinding, ...]]
"""Carries out a task on files whose texts the second argument gives; raises RuffError."""

Settings = tuple[tuple[str, object], ...]


def on_disk(root: Path, unsaved: Collection[str] = ()) -> Ruff:
    """Lets ruff read the files below `root` itself, but for the `unsaved` ones."""

    def carry_out(task: RuffTask, load: Load) -> tuple[RuffFinding, ...]:
        saved = replace(task, paths=tuple(path for path in task.paths if path not in unsaved))
        rest = replace(task, paths=tuple(path for path in task.paths if path in unsaved))
        return (*_run(saved, load, root), *_run(rest, load))

    return carry_out


def _run(task: RuffTask, load: Load, root: Path | None = None) -> tuple[RuffFinding, ...]:
    from bylaw.engine.ruff import run_ruff  # noqa: PLC0415 - starts processes; most runs delegate nothing

    return run_ruff(task, load, root)


class RememberingRuff:
    """Asks ruff only about texts that it has not seen, for runs that follow each other with few changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...], str], dict[str, tuple[bytes, list[RuffFinding]]]] = {}

    def __call__(self, task: RuffTask, load: Load) -> tuple[RuffFinding, ...]:
        known = self._known.setdefault((task.codes, repr(task.settings)), {})
        changed = []
        for path in task.paths:
            content = load(path)
            if path not in known or known[path][0] != content:
                known[path] = content, []
                changed.append(path)
        for found in _run(replace(task, paths=tuple(changed)), load):
            known[found.path][1].append(found)
        return tuple(found for path in task.paths for found in known[path][1])


class _Group(msgspec.Struct):
    """Files for which the delegated rules want the same of ruff."""

    codes: set[str] = msgspec.field(default_factory=set)
    paths: list[str] = msgspec.field(default_factory=list)


class Delegation:
    """The findings of ruff for all active delegated rules of a run; ruff starts when the first of them is asked for."""

    def __init__(
        self, project: Project, rules: Mapping[str, Rule], effective: Effective, ruff: Ruff | None = None
    ) -> None:
        self.project = project
        self.effective = effective
        self.rules = [rule for rule in rules.values() if rule.scope == "ruff" and effective.is_active(rule.name)]
        self.ruff = ruff if ruff is not None else _run

    def findings(self, rule: Rule, options: object, applies: Callable[[str], bool]) -> Iterator[Finding]:
        """What one rule says with these options. Raises RuffError."""
        for found in self._found:
            if found.code in rule.ruff_codes and applies(found.path):
                yield from rule.check(found, self.project.files[found.path], options)
        if rule.besides is not None:
            for file in self.project.files.values():
                if file.facts.language == "python" and applies(file.path):
                    yield from rule.besides(file, options)

    @cached_property
    def _found(self) -> tuple[RuffFinding, ...]:
        files = self.project.files
        return tuple(
            found for task in self._tasks() for found in self.ruff(task, lambda path: files[path].source.content)
        )

    def _tasks(self) -> Iterator[RuffTask]:
        from bylaw.engine.ruff import RuffTask  # noqa: PLC0415 - starts processes; most runs delegate nothing

        wishes = [
            (rule, applies, rule.ruff_settings(options) if rule.ruff_settings is not None else {})
            for rule in self.rules
            for options, applies in self.effective.groups(rule)
        ]
        groups: dict[str, tuple[Settings, _Group]] = {}
        for path, file in self.project.files.items():
            if file.facts.language != "python":
                continue
            settings: dict[str, object] = {}
            codes: set[str] = set()
            for rule, applies, wanted in wishes:
                if applies(path):
                    codes.update(rule.ruff_codes)
                    settings.update(wanted)
            if codes:
                pairs = tuple(sorted(settings.items()))
                _, group = groups.setdefault(repr((sorted(codes), pairs)), (pairs, _Group(codes)))
                group.paths.append(path)
        for pairs, group in groups.values():
            yield RuffTask(tuple(sorted(group.codes)), pairs, tuple(group.paths))
