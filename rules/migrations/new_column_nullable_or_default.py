"""new-column-nullable-or-default"""

from __future__ import annotations

from collections.abc import Iterator

from bylaw import (
    Finding,
    Fix,
    Project,
    Related,
    RemoveStatement,
    Replace,
    RequiredColumn,
    RuleOptions,
    SetKeyword,
    Span,
    project_rule,
)


class Options(RuleOptions):
    accept_python_default: bool = False
    """Take a default that only the ORM applies (Django's `default=`, SQLAlchemy's `default=`) as good enough."""
    same_revision_table_exempt: bool = True
    """Spare columns added to a table that the same deployment creates."""


@project_rule(
    summary="A new column is nullable or has a server default",
    severity="error",
    since="0.1.0",
    fix="unsafe",
    sources=("S2-43", "S2-45", "S2-142"),
    concern="compatibility",
)
def new_column_nullable_or_default(project: Project, options: Options) -> Iterator[Finding]:
    """The release that is still running does not know a new column, so its INSERTs leave it out. When the column must
    have a value and the database has none to give, each of them fails.

    A default of the ORM does not help: the old code has no such model, and Django drops the default from the database
    again right after it has filled the existing rows. Nor does a server default that the same deployment takes back,
    or a nullable column that it turns into NOT NULL.

    Bad:

    ```python migrations/versions/b2_add_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=False))
    ```

    Good:

    ```python migrations/versions/b2_add_plan.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=False, server_default="free"))
        op.add_column("users", sa.Column("trial_ends_at", sa.DateTime(), nullable=True))
    ```

    A column that shall be required in the end takes two releases. In SQL, Alembic and Django:

    Good:

    ```sql db/migrations/0002_release_1.sql
    ALTER TABLE users ADD COLUMN plan text;
    ```

    ```sql db/migrations/0003_release_2_where_all_running_code_writes_it.sql
    UPDATE users SET plan = 'free' WHERE plan IS NULL;
    ALTER TABLE users ALTER COLUMN plan SET NOT NULL;
    ```

    Good:

    ```python migrations/versions/b2_release_1.py
    import sqlalchemy as sa
    from alembic import op

    revision = "b2"
    down_revision = "a1"


    def upgrade() -> None:
        op.add_column("users", sa.Column("plan", sa.Text(), nullable=True))
    ```

    ```python migrations/versions/c3_release_2.py
    from alembic import op

    revision = "c3"
    down_revision = "b2"


    def upgrade() -> None:
        op.execute("UPDATE users SET plan = 'free' WHERE plan IS NULL")
        op.alter_column("users", "plan", nullable=False)
    ```

    Good:

    ```python shop/migrations/0002_release_1.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("order", "plan", models.TextField(null=True)),
            migrations.AddField("order", "rank", models.IntegerField(db_default=0)),
        ]
    ```

    ```python shop/migrations/0003_release_2.py
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_release_1")]
        operations = [
            migrations.RunSQL("UPDATE shop_order SET plan = 'free' WHERE plan IS NULL", migrations.RunSQL.noop),
            migrations.AlterField("order", "plan", models.TextField()),
        ]
    ```
    """
    for required in project.migrations.required_columns():
        if required.on_new_table and options.same_revision_table_exempt:
            continue
        if required.client_default and options.accept_python_default:
            continue
        related = () if required.by is required.change else (Related(required.change.location, "added here"),)
        fix = _fix(project, required) if required.by is required.change else _leaving(project, required)
        yield Finding(required.by.location, _message(required), _steps(required), related, fix)


def _message(required: RequiredColumn) -> str:
    name = f"`{required.table}.{required.column.name}`"
    fails = f"every INSERT of the running release into `{required.table}` fails"
    match required.cause:
        case "default-dropped":
            return (
                f"takes the server default of the new NOT NULL column {name} away again in the same deployment: {fails}"
            )
        case "set-not-null" | "check":
            return f"makes the new column {name} required in the deployment that adds it: {fails}"
        case _ if required.client_default:
            return f"adds {name} as NOT NULL with a default that the database does not keep: {fails}"
        case _:
            return f"adds {name} as NOT NULL without a server default: {fails}"


def _steps(required: RequiredColumn) -> str:
    name = required.column.name
    later = f"Make it required in a later release, when all running code writes `{name}`."
    match required.cause:
        case "default-dropped":
            return (
                f"Keep the default of `{name}` for now and drop it in a later release, when all running code writes it."
            )
        case "set-not-null" | "check":
            return f"Leave `{name}` nullable in this deployment. {later}"
        case _:
            pass
    if required.change.tree.tool == "django":
        return f"Give the field a db_default=, or null=True. {later}"
    if required.change.tree.tool == "alembic":
        return f"Give it a server_default=, or nullable=True. {later}"
    return f"Give it a DEFAULT, or leave NOT NULL out. {later}"


def _fix(project: Project, required: RequiredColumn) -> Fix | None:
    """Nullable for now: the keyword in Python, the two words in SQL."""
    path = required.change.step.path
    span = required.column.span
    title = f"Make `{required.column.name}` nullable"
    if required.column.primary_key or required.cause == "check":
        return None
    text = project.files[path].text(span) if span is not None else ""
    if path.endswith(".sql") or _is_sql(text):
        words = _not_null(project.files[path].source.content, span or required.change.operation.span)
        return Fix(title, (Replace(path, words, ""),)) if words is not None else None
    if span is None or not text.endswith(")") or text.startswith(("'", '"')):
        return None
    keyword = "null" if required.change.tree.tool == "django" else "nullable"
    return Fix(title, (SetKeyword(path, span, keyword, "True"),))


def _is_sql(text: str) -> bool:
    """Whether a column in a Python file stands in a string, `rank int NOT NULL CHECK (rank > 0)`, and is no call."""
    name, blank, _ = text.partition(" ")
    return bool(blank) and not any(mark in name for mark in "('\"{")


def _leaving(project: Project, required: RequiredColumn) -> Fix | None:
    """Without the later statement that makes the column required, where it does nothing else."""
    change, name = required.by, required.column.name
    path, span = change.step.path, change.operation.span
    kept = "the default of " if required.cause == "default-dropped" else ""
    title = f"Leave {kept}`{name}` as it is for now" if kept else f"Leave `{name}` nullable for now"
    text = project.files[path].text(span)
    if change.tree.tool == "sql" and span in change.step.migration.statements and text[:5].upper() == "ALTER":
        content = project.files[path].source.content
        rest = content[span.end :]
        end = span.end + len(rest) - len(rest.lstrip(b"; \t").removeprefix(b"\r").removeprefix(b"\n"))
        return Fix(title, (Replace(path, Span(span.start, end), ""),)) if b"," not in text.encode() else None
    alone = text.startswith("op.alter_column(") and not any(word in text for word in ("type_=", "new_column_name="))
    if change.tree.tool == "alembic" and alone and text.endswith(")"):
        return Fix(title, (RemoveStatement(path, span),))
    return None


def _not_null(content: bytes, span: Span) -> Span | None:
    """Where ` NOT NULL` stands in a column definition, outside quotes and parentheses, with the space before it."""
    text = content[span.start : span.end]
    depth = 0
    quote = 0
    for at, byte in enumerate(text):
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"'\"`":
            quote = byte
        elif byte in b"()":
            depth += 1 if byte == ord("(") else -1
        elif depth == 0 and byte in b" \t\r\n":
            words = text[at : at + 200].split(None, 2)
            if [word.upper().rstrip(b",;") for word in words[:2]] == [b"NOT", b"NULL"]:
                end = text.upper().index(b"NULL", at) + len(b"NULL")
                return Span(span.start + at, span.start + end)
    return None
