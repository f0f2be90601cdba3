"""What the file of a migration is called: the words that say what it does, without revision, number and date."""

from __future__ import annotations

import re

from bylaw.facts import migrations as ops
from bylaw.facts.file_names import FileName
from bylaw.patterns import regex
from bylaw.project.migrations.step import MigrationTree, Step

_OWN_FOLDER = frozenset({"migration", "up", "down"})
_FLYWAY = regex(r"^(?:[VvUuBb]\d+(?:[._]\d+)*|[Rr])__")
_HALF = regex(r"\.(?:up|do|tx)$")
_LEADING = regex(r"^(?:(?:rev|version|v)[-_]?)?\d[\d.:T]*(?:[-_.:]+|$)", re.IGNORECASE)
_REVISION = regex(r"^[0-9a-f]{8,}(?:[-_.]+|$)")
_SEPARATOR = regex(r"[-_]")


def file_name(step: Step) -> FileName:
    """What a migration's file is called."""
    *folders, last = step.path.split("/")
    stem = _HALF.sub("", last.rpartition(".")[0])
    if stem in _OWN_FOLDER and folders:
        stem = folders[-1]
    return FileName(stem, _without_version(stem, step), suggested_name(step))


def _without_version(stem: str, step: Step) -> str:
    """The name without its revision, number and date, wherever these stand. A revision made of words (`f003_groups`)
    stays where nothing else says what the migration does.
    """
    words = _FLYWAY.sub("", stem)
    migration = step.migration
    if migration.tool != "alembic":
        return _without_numbers(words)
    before, found, after = words.partition(migration.revision) if migration.revision else (words, "", "")
    rest = (after.strip("-_. ") and after) or before.strip("-_. ")
    without = _without_numbers(rest, revisions=True) if found else ""
    if not without and (not rest or not found or _SEPARATOR.search(migration.revision)):
        without = _without_numbers(words, revisions=True)
    return without


def _without_numbers(words: str, *, revisions: bool = False) -> str:
    previous = ""
    while words != previous:
        previous = words
        words = _LEADING.sub("", words.lstrip("-_. "))
        words = _REVISION.sub("", words) if revisions else words
    return words.strip("-_. ")


def suggested_name(step: Step) -> str:
    """A name made of the first thing that the migration does to the schema; '' where there is none that can be named.

    Operations of Django name a table by its key, so only columns and models are spoken of there.
    """
    for operation in step.migration.operations:
        match operation:
            case ops.AddColumn(table=table, column=column):
                return _slug(f"add_{column.field or column.name}_to_{table}")
            case ops.CreateTable(table=table, model=model):
                return _slug(f"add_{model.rpartition('.')[2] or table}")
            case ops.DropColumn(table=table, column=name):
                return _slug(f"drop_{name}_from_{table}")
            case ops.DropTable(table=table):
                return _slug(f"drop_{table}")
            case ops.RenameColumn(table=table, column=name, new_name=new_name):
                return _slug(f"rename_{table}_{name}_to_{new_name}")
            case ops.RenameTable(table=table, new_name=new_name):
                return _slug(f"rename_{table}_to_{new_name}")
            case ops.AlterColumn(table=table, column=name):
                return _slug(f"alter_{table}_{name}")
            case ops.CreateIndex(table=table) if table:
                return _slug(f"add_index_to_{table}")
            case _:
                pass
    return ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def is_named_by_hand(step: Step, tree: MigrationTree) -> bool:
    """Whether somebody chose the name: not for merges, squashes, first migrations and names that a runner fixes."""
    merge = len(step.migration.parents) > 1 and (tree.tool == "alembic" or len(step.parents) > 1)
    fixed = tree.layout == "drizzle"  # made of random words
    return not (merge or fixed or step.exempt in {"squash", "replaced", "shared"})
