"""no-withdrawn-access"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bylaw import Finding, Project, RuleOptions, Withdrawal, project_rule
from bylaw.facts.naming import matches_any


class Options(RuleOptions):
    allow: tuple[str, ...] = ()
    """Kinds (`revoke`, `membership`, `row-security`, `policy`, `role`, `login`, `owned`), or patterns of tables,
    functions (`audit_*`) and roles (`analyst_*`), that are not reported."""
    strict: bool = False
    """Report also what may or may not hide rows from the running release: a changed policy, a restrictive one, row
    security on a table that has policies."""


@project_rule(
    summary="No privilege, row or login is taken from the release that is still running",
    severity="warning",
    since="0.1.0",
    sources=("S2-43", "S2-47"),
    concern="compatibility",
)
def no_withdrawn_access(project: Project, options: Options) -> Iterator[Finding]:
    """A REVOKE takes effect at once: the next statement of the running release that needs the privilege is refused. Row
    level security without a policy shows no row to anybody but the owner, a policy that goes takes its rows with it,
    and a role that is dropped, renamed or may not log in any more connects no more.

    First release code that does without, or that connects as another role, and withdraw the access in a later release.
    What the same deployment makes, what it grants again, and what PUBLIC never had are let be.

    In SQL the sequence is two files of two releases: `GRANT … TO new_role` now, `REVOKE … FROM old_role` later; Alembic
    says the same in `op.execute`, Django in `RunSQL`.

    Bad:

    ```sql db/migrations/0002_restrict.sql
    REVOKE INSERT, UPDATE ON orders FROM app;
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    ```

    Bad:

    ```python migrations/versions/b2_restrict.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("REVOKE ALL ON orders FROM app")
    ```

    Bad:

    ```python shop/migrations/0002_restrict.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [migrations.RunSQL("DROP ROLE reporting")]
    ```

    Good:

    ```sql db/migrations/0002_restrict.sql
    REVOKE ALL ON orders FROM app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO app;
    ```

    Good:

    ```python migrations/versions/b2_restrict.py
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.execute("GRANT SELECT ON orders TO reporting")
    ```

    Good:

    ```python shop/migrations/0002_notes.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunSQL("CREATE TABLE notes (id bigint)"),
            migrations.RunSQL("ALTER TABLE notes ENABLE ROW LEVEL SECURITY"),
        ]
    ```
    """
    for found in project.migrations.withdrawals():
        names = (found.kind, found.name, *found.roles)
        if found.strict and not options.strict:
            continue
        if not matches_any(options.allow, *names):
            steps = _steps(found, project.migrations.repairs.quoted)
            yield Finding(found.change.location, f"{_change(found)}: {_consequence(found)}", steps)


def _who(found: Withdrawal) -> str:
    return ", ".join("everybody" if role == "public" else f"`{role}`" for role in found.roles)


def _change(found: Withdrawal) -> str:
    policy = f"the policy `{found.privileges[0]}` on `{found.name}`" if found.privileges else ""
    match found.kind:
        case "revoke":
            rights = ", ".join(name.upper() for name in found.privileges) or "all privileges"
            where = f"{found.what} of the schema `{found.name}`" if found.what.startswith("all ") else f"`{found.name}`"
            return f"takes {rights} on {where} from {_who(found)}"
        case "membership":
            return f"takes the role `{found.name}` from {_who(found)}"
        case "row-security" if found.roles:
            return f"holds the owner of `{found.name}` to row level security as well"
        case "row-security":
            return f"turns row level security on for `{found.name}`"
        case "policy" if found.through:
            return f"drops `{found.through}` with CASCADE, and {policy} with it"
        case "policy" if not found.strict:
            return f"drops {policy}"
        case "policy":
            return f"changes which rows {policy} shows"
        case "role":
            return f"takes away the name of the role `{found.name}`"
        case "login":
            return f"shuts the {found.what} `{found.name}`"
        case _:
            return f"drops everything that {_who(found)} owns, and its privileges"


def _consequence(found: Withdrawal) -> str:
    match found.kind:
        case "revoke" | "membership":
            return "statements of the running release that need it are refused from then on"
        case "row-security" if not found.strict:
            who = "its owner and everybody else" if found.roles else "everybody but its owner"
            return f"there is no policy, so {who} sees no row of it and can write none"
        case "row-security" | "policy":
            return "the running release no longer sees, or may no longer write, rows that it did before"
        case "role" | "login":
            return "the running release cannot connect again where it logs in there"
        case _:
            return "whatever of it the running release uses is gone"


def _steps(found: Withdrawal, quoted: Callable[[str], str]) -> str:
    match found.kind:
        case "row-security":
            return (
                f"Create the policies first (CREATE POLICY … ON {quoted(found.name)} …), for every role that the "
                "running release uses, and turn it on in the same transaction or later."
            )
        case "policy":
            return (
                f"Create the policy that takes its place on `{found.name}` in the same transaction; drop this one when "
                "no running code needs its rows."
            )
        case "role" | "login":
            return (
                f"Create the new {found.what}, release code that connects to it, and take `{found.name}` away in a "
                "later release."
            )
        case "owned":
            return "Hand it over with REASSIGN OWNED BY … TO …, and drop what is left in a later release."
        case _:
            return (
                f"First release code that does without it, or that connects as another role than {_who(found)}; "
                "withdraw it in a later release."
            )
