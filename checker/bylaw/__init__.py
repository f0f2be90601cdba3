"""bylaw: checks that a backend keeps its own documented conventions.

The names below are what rules and rule packs may use; they are imported when first used, so that starting bylaw
stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bylaw.diagnostics import AddImport as AddImport
    from bylaw.diagnostics import Delete as Delete
    from bylaw.diagnostics import Finding as Finding
    from bylaw.diagnostics import Fix as Fix
    from bylaw.diagnostics import HoistImport as HoistImport
    from bylaw.diagnostics import InsertItem as InsertItem
    from bylaw.diagnostics import InsertStatement as InsertStatement
    from bylaw.diagnostics import Related as Related
    from bylaw.diagnostics import RemoveStatement as RemoveStatement
    from bylaw.diagnostics import Replace as Replace
    from bylaw.diagnostics import SetKeyword as SetKeyword
    from bylaw.diagnostics import Severity as Severity
    from bylaw.diagnostics import WrapStatement as WrapStatement
    from bylaw.project import File as File
    from bylaw.project import Project as Project
    from bylaw.project.migrations import Backfill as Backfill
    from bylaw.project.migrations import Careless as Careless
    from bylaw.project.migrations import Copy as Copy
    from bylaw.project.migrations import Crowd as Crowd
    from bylaw.project.migrations import DeletedMigration as DeletedMigration
    from bylaw.project.migrations import Drop as Drop
    from bylaw.project.migrations import DroppedObject as DroppedObject
    from bylaw.project.migrations import EditedMigration as EditedMigration
    from bylaw.project.migrations import Gap as Gap
    from bylaw.project.migrations import Held as Held
    from bylaw.project.migrations import IgnoredReference as IgnoredReference
    from bylaw.project.migrations import LongName as LongName
    from bylaw.project.migrations import Loss as Loss
    from bylaw.project.migrations import MigrationProblem as MigrationProblem
    from bylaw.project.migrations import MigrationTree as MigrationTree
    from bylaw.project.migrations import Mixture as Mixture
    from bylaw.project.migrations import Place as Place
    from bylaw.project.migrations import Refusal as Refusal
    from bylaw.project.migrations import Refused as Refused
    from bylaw.project.migrations import Rename as Rename
    from bylaw.project.migrations import RenamedObject as RenamedObject
    from bylaw.project.migrations import RequiredColumn as RequiredColumn
    from bylaw.project.migrations import Restriction as Restriction
    from bylaw.project.migrations import ServerVersion as ServerVersion
    from bylaw.project.migrations import SideEffect as SideEffect
    from bylaw.project.migrations import Unguarded as Unguarded
    from bylaw.project.migrations import Unpaired as Unpaired
    from bylaw.project.migrations import Untimed as Untimed
    from bylaw.project.migrations import Withdrawal as Withdrawal
    from bylaw.project.migrations import Work as Work
    from bylaw.rule import SLIPS as SLIPS
    from bylaw.rule import Adoption as Adoption
    from bylaw.rule import NoOptions as NoOptions
    from bylaw.rule import RuffFinding as RuffFinding
    from bylaw.rule import RuleOptions as RuleOptions
    from bylaw.rule import file_rule as file_rule
    from bylaw.rule import marker_adoption as marker_adoption
    from bylaw.rule import project_rule as project_rule
    from bylaw.rule import ruff_rule as ruff_rule
    from bylaw.source import Location as Location
    from bylaw.source import Span as Span

_NAMES = {
    "diagnostics": (
        "AddImport", "Delete", "Finding", "Fix", "HoistImport", "InsertItem", "InsertStatement", "Related",
        "RemoveStatement", "Replace", "SetKeyword", "Severity", "WrapStatement",
    ),
    "project": ("File", "Project"),
    "rule": (
        "SLIPS", "Adoption", "NoOptions", "RuffFinding", "RuleOptions", "file_rule", "marker_adoption", "project_rule",
        "ruff_rule",
    ),
    "source": ("Location", "Span"),
    "project.migrations": (
        "Careless", "SideEffect", "Withdrawal",
        "Backfill", "Copy", "Crowd", "Gap", "IgnoredReference", "LongName", "Mixture", "Refusal",
        "DeletedMigration", "Drop", "DroppedObject", "EditedMigration", "Held", "Loss", "MigrationProblem",
        "MigrationTree", "Place",
        "Refused", "Rename", "RenamedObject", "RequiredColumn", "Restriction", "ServerVersion", "Unguarded", "Unpaired",
        "Untimed", "Work",
    ),
}  # fmt: skip
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - the keys are strings


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'bylaw' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    value = getattr(import_module(f"bylaw.{home}"), name)
    globals()[name] = value
    return value
