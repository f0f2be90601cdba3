"""single-migration-head"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import Finding, MigrationProblem, MigrationTree, Project, Related, RuleOptions, project_rule


class Options(RuleOptions):
    reconcile_command: str = ""
    """The project's own command that merges heads, for the help text: `make migration-reconcile`."""


@project_rule(
    summary="The migrations form one line of history",
    severity="error",
    since="0.1.0",
    sources=("S3-40", "S3-79", "S4-69"),
    concern="robustness",
)
def single_migration_head(project: Project, options: Options) -> Iterator[Finding]:
    """Two branches that each add a migration on top of the same one leave two heads behind when both are merged. Then
    the tool refuses to upgrade, or the order depends on who deploys first. Missing parents, two files with one
    revision or number, cycles, and a `depends_on` or `run_before` that names nothing break the line as well.

    Branches that are kept apart on purpose are left alone: Alembic branch labels, `depends_on`, separate version
    folders with roots of their own. A history whose beginning was removed is one, too.

    Bad:

    ```python migrations/versions/a1_users.py
    revision = "a1"
    down_revision = None


    def upgrade() -> None: ...
    ```

    ```python migrations/versions/b2_teams.py
    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None: ...
    ```

    ```python migrations/versions/b3_plans.py
    revision = "b3"
    down_revision = "a1"


    def upgrade() -> None: ...
    ```

    Good:

    ```python migrations/versions/a1_users.py
    revision = "a1"
    down_revision = None


    def upgrade() -> None: ...
    ```

    ```python migrations/versions/b2_teams.py
    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None: ...
    ```

    ```python migrations/versions/b3_plans.py
    revision = "b3"
    down_revision = "b2"


    def upgrade() -> None: ...
    ```

    In Django and in files of SQL:

    Good:

    ```python users/migrations/0001_initial.py
    from django.db import migrations


    class Migration(migrations.Migration):
        initial = True
        dependencies = []
    ```

    ```python users/migrations/0002_teams.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("users", "0001_initial")]
    ```

    ```python users/migrations/0003_plans.py
    from django.db import migrations


    class Migration(migrations.Migration):
        dependencies = [("users", "0002_teams")]
    ```

    Good:

    ```sql db/migrations/0001_users.sql
    CREATE TABLE users (user_id bigint PRIMARY KEY);
    ```

    ```sql db/migrations/0002_teams.sql
    CREATE TABLE teams (team_id bigint PRIMARY KEY);
    ```

    ```sql db/migrations/0003_plans.sql
    CREATE TABLE plans (plan_id bigint PRIMARY KEY);
    ```
    """
    for tree in project.migrations.trees:
        for problem in tree.problems:
            related = tuple(Related(other.location, _beside(problem)) for other in problem.others)
            yield Finding(problem.step.location, _message(problem, tree), _help(problem, tree, options), related)


def _message(problem: MigrationProblem, tree: MigrationTree) -> str:
    name = problem.step.name
    others = ", ".join(f"`{other.name}`" for other in problem.others)
    match problem.kind:
        case "several-heads":
            where = f"the app `{tree.name}`" if tree.tool == "django" else f"`{tree.folder or '.'}`"
            return f"`{name}` is one of {len(problem.others) + 1} heads in {where}, beside {others}"
        case "missing-parent":
            return f"`{name}` builds on `{problem.detail}`, which does not exist"
        case "missing-dependency":
            return f"`{name}` depends on `{problem.detail}`, which does not exist"
        case "missing-follower":
            return f"`{name}` wants to run before `{problem.detail}`, which does not exist"
        case "duplicate-revision":
            return f"the revision `{problem.detail}` is defined {len(problem.others) + 1} times"
        case "duplicate-number":
            files = ", ".join(f"`{other.path.rpartition('/')[2]}`" for other in problem.others)
            taken = f"the number {problem.detail} is taken already, by {files}"
            if not tree.layout:
                return f"{taken}: nothing but the rest of their names says which of them runs first"
            return f"{taken}: which of them runs first is left to chance"
        case _:
            return f"`{name}` builds on itself, by way of {others}" if others else f"`{name}` builds on itself"


def _beside(problem: MigrationProblem) -> str:
    match problem.kind:
        case "several-heads":
            return "another head"
        case "cycle":
            return "part of the cycle"
        case _:
            return "the same one"


def _help(problem: MigrationProblem, tree: MigrationTree, options: Options) -> str:
    name = problem.step.name
    match problem.kind:
        case "several-heads":
            return _merge(problem, tree, options)
        case "missing-parent":
            return f"Bring the file of `{problem.detail}` back, or let `{name}` build on the head without it."
        case "missing-dependency":
            return f"Bring the file of `{problem.detail}` back, or take it out of `depends_on`."
        case "missing-follower":
            return f"Bring the file of `{problem.detail}` back, or take it out of `run_before`."
        case "duplicate-revision":
            return "Give the newer one a revision of its own, and let it build on the other."
        case "duplicate-number":
            return f"Give `{problem.step.path.rpartition('/')[2]}` the next free number."
        case _:
            return "Let the oldest of them build on the migration that really came before it."


def _merge(problem: MigrationProblem, tree: MigrationTree, options: Options) -> str:
    if options.reconcile_command:
        return f"Merge the heads: `{options.reconcile_command}`."
    if tree.tool == "django":
        return f"Merge them: `python manage.py makemigrations --merge {tree.name}`."
    other = problem.others[0].name
    return (
        f'Let `{problem.step.name}` build on `{other}` (`down_revision = "{other}"`) while it is not deployed yet, '
        "or merge them: `alembic merge heads`."
    )
