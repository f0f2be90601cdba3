"""Whether what is claimed of a statement is what happened, and nothing else did."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from claims import Claim, same
from claims_of_operations import TypeText, claims
from server_catalogue import Catalogue, Change, Entity

from bylaw.facts import migrations as ops

_FOLLOWING = frozenset({
    "file", "query", "columns", "table", "belongs to", "constraint", "attributes", "last", "not null", "members",
    "bound", "arguments", "returns", "operators",
})  # fmt: skip
"""Fields that tell of something else's change."""


def differences(done: Iterable[ops.Operation], changed: list[Change], before: Catalogue, after: Catalogue,
                type_text: TypeText) -> list[str]:  # fmt: skip
    """Where what is claimed and what happened are not the same."""
    done = list(done)
    made = [claim for operation in done for claim in claims(operation, before, type_text)]
    wrong = [_missing(claim, changed) for claim in made if not any(claim.meets(change) for change in changed)]
    cascades = any(getattr(one, "cascade", False) for one in done) or any(
        isinstance(one, ops.OtherStatement) and one.kind in {"drop-owned", "reassign-owned"} for one in done
    )
    rest = [change for change in changed if not any(_explains(claim, change) for claim in made)]
    follows = _Follows(changed, made, before, after, cascades=cascades)
    return wrong + [f"not claimed: {change}" for change in rest if not follows(change)]


def _missing(claim: Claim, changed: list[Change]) -> str:
    near = [change for change in changed if change.verb == claim.verb and same(claim.name, change.entity.name)]
    told = [f"{change} {claim.wrong(change)}" for change in near]
    return f"did not happen: {claim.verb} {claim.kinds} {claim.name} of {claim.table}: {told}"


def _explains(claim: Claim, change: Change) -> bool:
    """Whether all that changed is claimed."""
    known = {*claim.fields, *claim.one_of, *_FOLLOWING}
    known |= {"acl"} if "owner" in known else set()
    return claim.meets(change) and (change.verb != "alter" or change.changed.keys() <= known)


class _Follows:
    """Says of a change whether it comes with what is claimed."""

    def __init__(self, changed: list[Change], made: list[Claim], before: Catalogue, after: Catalogue, *,
                 cascades: bool) -> None:  # fmt: skip
        self.changed = changed
        self.made = made
        self.cascades = cascades
        self.parents: dict[str, set[str]] = {}
        for one in [*before.values(), *after.values()]:
            if one.kind == "table":
                self.parents.setdefault(one.name, set()).update(one.fields["parents"])

    def __call__(self, change: Change) -> bool:
        one = change.entity
        if any(self._as_its_parent(change, parent) for parent in self.parents.get(one.table or one.name, ())):
            return True
        if change.verb == "alter":
            return self._altered(change, one)
        if one.kind == "large object":
            return True  # functions make and drop them
        if one.kind == "sequence" and one.fields["belongs to"]:
            return True
        if one.kind == "index" and one.fields["constraint"]:
            return any(other.verb == change.verb and other.entity.kind == "constraint" for other in self.changed)
        return self._dropped(one) if change.verb == "drop" else self._made_with(one)

    def _as_its_parent(self, change: Change, parent: str) -> bool:
        one = change.before or change.after
        assert one is not None
        as_parent = msgspec.structs.replace(one, table=parent)
        twin = Change(as_parent if change.before else None, self._retold(change.after, parent))
        return any(claim.meets(twin) for claim in self.made)

    def _retold(self, one: Entity | None, parent: str) -> Entity | None:
        return msgspec.structs.replace(one, table=parent) if one is not None else None

    def _altered(self, change: Change, one: Entity) -> bool:
        changed = change.changed.keys() - _FOLLOWING
        if "table" in change.changed or one.fields.get("belongs to"):
            changed -= {"name"}  # it moves with its table
        claimed = [other.entity for other in self.changed if any(_explains(claim, other) for claim in self.made)]
        if not changed:
            rewritten = one.kind == "table" and "file" in change.changed
            return any(not rewritten or other.table in {one.name, *self.parents[one.name]} for other in claimed)
        twin = "index" if one.kind == "constraint" else "constraint"
        if any((other.kind, other.name, other.table) == (twin, one.name, one.table) for other in claimed):
            changed -= {"name"}  # a constraint and its index
        kin = {other.name for other in claimed}
        if one.table in kin and changed <= {"owner", "persistence", "valid", "acl"}:
            return True  # indexes have their table's owner and persistence
        if one.kind == "column" and changed <= {"nullable"}:
            return any(claim.fields.get("kind") == "p" and claim.table == one.table for claim in self.made)
        if self.cascades and changed <= {"owner", "acl"}:
            return True
        renamed = [other.name for other in claimed if other.kind == "schema"]
        return not changed or (changed <= {"name"} and any(one.name.startswith(name) for name in renamed))

    def _dropped(self, one: Entity) -> bool:
        dropped = [other.entity for other in self.changed if other.verb == "drop"]
        gone = {(other.table, other.name) for other in dropped if other.kind == "column"}
        if one.kind in {"constraint", "index"} and any((one.table, name) in gone for name in one.fields["columns"]):
            return True
        return self.cascades or (bool(one.table) and one.table in {other.name for other in dropped})

    def _made_with(self, one: Entity) -> bool:
        return any(claim.loose and claim.verb == "create" and same(claim.name, one.table) for claim in self.made)
