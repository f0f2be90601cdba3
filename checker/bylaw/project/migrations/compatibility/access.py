"""Privileges, rows and logins that a deployment takes from the running release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import msgspec

from bylaw.facts import migrations as ops
from bylaw.project.migrations.changes import Change
from bylaw.project.migrations.compatibility.drops import is_scratch
from bylaw.project.migrations.objects.index import Objects, comes_again, known_before, same_name
from bylaw.project.migrations.robustness.dependents import parts_needing

Kind = Literal["revoke", "membership", "row-security", "policy", "role", "login", "owned"]
_ROLES: Final = frozenset({"role", "user", "group"})
_SHUT: Final = frozenset({"canlogin=false", "connectionlimit=0", "connection_limit=0", "allow_connections=false"})
_OF_EVERYBODY: Final = frozenset({"function", "procedure", "routine", "type", "domain", "language", "database"})
"""What everybody may use from the start."""


class Withdrawal(msgspec.Struct, frozen=True, eq=False):
    """Something that a role may do before, and not afterwards.

    `what` is the kind of thing and `name` the thing; `privileges` are empty for all of them. `strict`: whether anybody
    notices depends on what cannot be seen, such as the condition of a policy.
    """

    change: Change
    kind: Kind
    what: str
    name: str
    roles: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ()
    strict: bool = False
    through: str = ""
    """The column or table whose drop takes a policy along."""


def withdrawals(changes: Iterable[Change], objects: Objects) -> Iterator[Withdrawal]:
    """All of them, in order. Tables, functions and roles of the same deployment, and what it grants again, are left
    out.
    """
    for change in changes:
        match change.operation:
            case ops.OtherStatement() as statement:
                yield from _statement(change, statement, objects)
            case ops.DropObject(kind="policy", table=table, name=name):
                yield from _policy_dropped(change, table, name, objects)
            case ops.DropColumn(table=table, column=column) if change.takes_along:
                yield from _policies_taken_along(change, table, column, objects)
            case ops.DropTable(table=table) if change.takes_along:
                yield from _policies_taken_along(change, table, "", objects)
            case ops.CreateObject(kind="policy", restrictive=True, table=table, name=name):
                if _is_old(change, table) and not _had_policy(change, table, name, objects):
                    yield Withdrawal(change, "policy", "table", table, privileges=(name,), strict=True)
            case ops.DropObject(kind=kind, name=name) if kind in _ROLES:
                if not _makes_role(change, name):
                    yield Withdrawal(change, "role", "role", name)
            case ops.RenameObject(kind=kind, name=name) if kind in _ROLES:
                if not _makes_role(change, name):
                    yield Withdrawal(change, "role", "role", name)
            case _:
                pass


def _statement(change: Change, statement: ops.OtherStatement, objects: Objects) -> Iterator[Withdrawal]:
    match statement.kind:
        case "revoke":
            yield from _revoked(change, statement, objects)
        case "revoke-role":
            roles = tuple(role for role in statement.roles if not _makes_role(change, role))
            if roles and not _makes_role(change, statement.name):
                yield Withdrawal(change, "membership", "role", statement.name, roles)
        case "enable-row-security" | "force-row-security" if _is_old(change, statement.table):
            yield from _secured(change, statement, objects)
        case "alter-policy" if _is_old(change, statement.table):
            yield Withdrawal(change, "policy", "table", statement.table, privileges=(statement.name,), strict=True)
        case "alter-role" | "alter-database" if _SHUT.intersection(statement.details):
            if not _makes_role(change, statement.name):
                what = statement.kind.removeprefix("alter-")
                yield Withdrawal(change, "login", what, statement.name)
        case "drop-owned":
            roles = tuple(role for role in statement.roles if not _makes_role(change, role))
            if roles:
                yield Withdrawal(change, "owned", "role", roles[0], roles)
        case _:
            pass


def _is_old(change: Change, table: str) -> bool:
    return bool(table) and not is_scratch(table) and not change.is_new_table(table) and _stays(change, table)


def _stays(change: Change, table: str) -> bool:
    state = change.table(table)
    return state is None or change.deployment.final(state) is not None


def _makes_role(change: Change, role: str) -> bool:
    """Whether the deployment creates the role, before or after: then nobody runs as it yet, or still can."""
    return any(
        isinstance(other.operation, ops.CreateObject)
        and other.operation.kind in _ROLES
        and other.operation.name in {role, ""}
        for other in change.deployment.changes
    )


def _revoked(change: Change, statement: ops.OtherStatement, objects: Objects) -> Iterator[Withdrawal]:
    name = statement.table or statement.name
    if statement.table and not _is_old(change, statement.table):
        view_is_old = change.table(statement.table) is None and known_before(change, "view", statement.table)
        if not view_is_old or objects.definition(change, "view", statement.table) is None:
            return
    if not statement.table and name and not known_before(change, statement.on, name):
        return
    if not statement.table and comes_again(change, statement.on, name):
        return
    granted = [one for one in _grants(change) if _is_about(one, statement)]
    again = [other.operation for other in change.deployment.changes if isinstance(other.operation, ops.OtherStatement)]
    given = [one for one in again if one.kind == "grant" and _is_about(one, statement)]
    roles = tuple(role for role in statement.roles if _loses(change, role, statement, granted, given))
    if roles:
        yield Withdrawal(change, "revoke", statement.on or "table", name, roles, statement.details)


def _loses(
    change: Change,
    role: str,
    statement: ops.OtherStatement,
    granted: list[ops.OtherStatement],
    given: list[ops.OtherStatement],
) -> bool:
    if _makes_role(change, role):
        return False
    if role == "public":
        had = statement.on in _OF_EVERYBODY or any("public" in one.roles for one in granted)
        return had and not given
    kept = [one for one in given if role in one.roles]
    if any(not one.details for one in kept):
        return False
    wanted = set(statement.details)
    if not wanted:
        held = [one for one in granted if role in one.roles]
        if kept and not held:
            return False  # it is set anew, and nobody knows what it was
        wanted = {name for one in held for name in one.details or ("all",)}
    return not kept or not wanted <= {name for one in kept for name in one.details}


def _grants(change: Change) -> Iterator[ops.OtherStatement]:
    """Everything that earlier deployments granted."""
    for step in change.tree.steps:
        if step in change.deployment:
            continue
        for operation in step.migration.operations:
            if isinstance(operation, ops.OtherStatement) and operation.kind == "grant":
                yield operation


def _is_about(grant: ops.OtherStatement, revoke: ops.OtherStatement) -> bool:
    """Whether a grant is about what a revoke takes: the same thing, or the whole of its schema."""
    one, other = grant.table or grant.name, revoke.table or revoke.name
    if grant.on == revoke.on and same_name(one, other):
        return True
    schema = other.rpartition(".")[0] or "public"
    return grant.on == f"all {revoke.on}s" and one == schema


def _policies(change: Change, table: str, objects: Objects) -> list[ops.CreateObject]:
    return [made for made in objects.parts_of(change, "policy", table) if not made.restrictive]


def _had_policy(change: Change, table: str, name: str, objects: Objects) -> bool:
    return any(made.name == name for made in objects.parts_of(change, "policy", table, before=True))


def _secured(change: Change, statement: ops.OtherStatement, objects: Objects) -> Iterator[Withdrawal]:
    """Without a policy nobody but the owner sees a row; with one it depends on its condition."""
    table = statement.table
    if any(
        isinstance(other.operation, ops.OtherStatement)
        and other.operation.kind.removeprefix("no-") in {"disable-row-security", "force-row-security"}
        and other.operation.kind != "force-row-security"
        and same_name(other.operation.table, table)
        for other in change.deployment.changes
    ):
        return
    open_ones = _policies(change, table, objects)
    roles = ("the owner",) if statement.kind == "force-row-security" else ()
    yield Withdrawal(change, "row-security", "table", table, roles, strict=bool(open_ones))


def _policies_taken_along(change: Change, table: str, column: str, objects: Objects) -> Iterator[Withdrawal]:
    """The policies that read what is dropped with CASCADE."""
    for made in parts_needing(change, table, column, objects):
        policy = made.operation
        if policy.kind == "policy" and made.step not in change.deployment:
            for found in _policy_dropped(change, policy.table, policy.name, objects):
                yield msgspec.structs.replace(found, through=f"{table}.{column}" if column else table)


def _policy_dropped(change: Change, table: str, name: str, objects: Objects) -> Iterator[Withdrawal]:
    """A policy that no other one of the deployment replaces; one that only took rows away is missed by nobody."""
    if not _is_old(change, table):
        return
    before = [made for made in objects.parts_of(change, "policy", table, before=True) if made.name == name]
    if before and before[0].restrictive:
        return
    whole = not change.tree.truncated and any(step.exempt for step in change.tree.steps)
    operation = change.operation
    if not before and whole and isinstance(operation, ops.DropObject) and operation.if_exists:
        return
    for other in change.deployment.changes:
        match other.operation:
            case ops.CreateObject(kind="policy", table=on) if same_name(on, table):
                return
            case ops.OtherStatement(kind="disable-row-security", table=on) if same_name(on, table):
                return
            case _:
                pass
    yield Withdrawal(change, "policy", "table", table, privileges=(name,))
