"""Django's app labels: by default the folder's name, but an app may call itself otherwise, as its migrations show.

A reader sees one file and takes the folder. An `AppConfig` may state another label. Where none does: every migration
but the first depends on another one of its own app, so the label that most of them give to files of their own folder is
the real one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from bylaw.facts import migrations as ops
from bylaw.facts.file import FileFacts
from bylaw.facts.migrations import Migration, Operation
from bylaw.facts.values import text_of


def stated_label(facts: FileFacts) -> str:
    """The label that the one `AppConfig` of a file states, or ''."""
    configs = [c for c in facts.classes if any(getattr(base, "name", "").endswith("AppConfig") for base in c.bases)]
    if len(configs) != 1:
        return ""
    return next((text_of(v.value) or "" for v in configs[0].variables if v.name == "label"), "")


def label_of(migrations: Iterable[Migration]) -> str:
    """The label of the app whose folder holds these migrations, as they tell it."""
    members = list(migrations)
    folder = members[0].revision.rpartition(".")[0]
    names = {migration.revision.rpartition(".")[2] for migration in members}
    votes: Counter[str] = Counter()
    for migration in members:
        others = names - {migration.revision.rpartition(".")[2]}  # nobody follows himself: it is another app's
        parents = (parent.rpartition(".") for parent in migration.parents)
        replaced = (parent.rpartition(".") for parent in migration.replaces)
        votes.update({app for app, _, name in parents if name in others} | {a for a, _, n in replaced if n in names})
    if not votes or votes[folder] * 2 >= len(members) - 1:
        return folder
    best, count = votes.most_common(1)[0]
    return best if count * 2 >= len(members) - 1 else folder


def relabelled(migration: Migration, label: str) -> Migration:
    """The migration as if its reader had known the label."""
    old, _, name = migration.revision.rpartition(".")
    if old == label:
        return migration
    return msgspec.structs.replace(
        migration,
        revision=f"{label}.{name}",
        operations=tuple(_relabelled(operation, old, label) for operation in migration.operations),
        state_only=tuple(_relabelled(operation, old, label) for operation in migration.state_only),
    )


def _relabelled(operation: Operation, old: str, new: str) -> Operation:
    prefix, wanted = f"{old}_".lower(), f"{new}_".lower()
    table = getattr(operation, "table", "")
    moved = f"{wanted}{table.removeprefix(prefix)}" if table.startswith(prefix) else table
    match operation:
        case ops.CreateTable(model=model) if model.startswith(f"{old}."):
            is_default = table == model.replace(".", "_").lower()
            renamed = f"{new}{model.removeprefix(old)}"
            return msgspec.structs.replace(operation, table=moved if is_default else table, model=renamed)
        case ops.RenameTable(model=model, new_name=new_name) if model.startswith(f"{old}."):
            is_key = new_name == model.replace(".", "_").lower()
            target = f"{wanted}{new_name.removeprefix(prefix)}" if is_key else new_name
            model = f"{new}{model.removeprefix(old)}"
            return msgspec.structs.replace(operation, table=moved, new_name=target, model=model)
        case _ if moved != table:
            return msgspec.structs.replace(operation, table=moved)
        case _:
            return operation
