"""Indexes of partitioned tables that find those of the partitions ready."""

from __future__ import annotations

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change


def is_assembled(change: Change, operation: ops.CreateIndex) -> bool:
    """Whether the same migration has built the index CONCURRENTLY on the partitions before: it is only put together
    then. Partitions that nothing known made are known by their names, which begin with that of the table.
    """
    built = set()
    for other in change.earlier:
        match other.operation:
            case ops.CreateIndex(concurrently=True) as made if other.step is change.step and _is_alike(made, operation):
                built.add(made.table)
            case _:
                pass
    known = {name for name, state in change.before.tables.items() if state.partition_of == operation.table}
    if known:
        return known <= built
    return any(name.startswith(f"{operation.table}_") for name in built)


def _is_alike(one: ops.CreateIndex, other: ops.CreateIndex) -> bool:
    return (one.columns, one.unique, one.where, one.method) == (other.columns, other.unique, other.where, other.method)
