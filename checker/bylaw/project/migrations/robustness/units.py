"""Which functions of a migration written in Python run when it is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.facts.migrations import CreateTable
from bylaw.project.migrations.step import Step

if TYPE_CHECKING:
    from bylaw.project import File


class Units:
    """The functions and classes at the top of a migration's file, each with all that lies in it.

    A function in the body of `class Migration` is one of its own: it runs where the operations name it.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._own = f"{file.facts.module}."
        self._bodies = {
            f"Migration.{one.name}"
            for one in file.facts.functions
            if one.owner == f"{self._own}Migration"
            and not (one.parameters and one.parameters[0].name in {"self", "cls"})
        }

    def of(self, name: str) -> str:
        """The unit that a qualified name of this file lies in: `Migration.fill`, `Loader`."""
        name = name.removeprefix(self._own)
        inner = ".".join(name.split(".")[:2])
        return inner if inner in self._bodies else name.partition(".")[0]

    def only_for_downgrade(self) -> frozenset[str]:
        """Those of a revision that `downgrade` needs, itself among them, and `upgrade` does not."""
        calls = self._calls()
        return frozenset(_reached({"downgrade"}, calls) - _reached({"upgrade"}, calls))

    def never_run(self, step: Step) -> frozenset[str]:
        """Functions beside Django's operations that none of them runs, and that nothing which does calls: no operation
        is handed them, or only `CreateModel`, which asks no default for its value.
        """
        created = [one.span for one in step.migration.operations if isinstance(one, CreateTable)]
        handed = {
            self.of(use.name)
            for use in self._file.facts.references
            if not use.function
            and use.role == "argument"
            and use.name.startswith(self._own)
            and not any(span.contains(use.span) for span in created)
        }
        functions = {one.name for one in self._file.facts.functions if not one.owner} | self._bodies
        return frozenset(functions - _reached(handed, self._calls()))

    def _calls(self) -> dict[str, set[str]]:
        """What each unit uses of the others."""
        calls: dict[str, set[str]] = {}
        for use in self._file.facts.references:
            if use.function and use.name.startswith(self._own):
                calls.setdefault(self.of(use.function), set()).add(self.of(use.name))
        return calls


def _reached(starts: set[str], calls: dict[str, set[str]]) -> set[str]:
    reached, waiting = set(starts), list(starts)
    while waiting:
        for name in calls.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached
