"""A small project for each runner: its files are found, stand in their order, and nobody judges the way down."""

from __future__ import annotations

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.project import Project
from bylaw.readers import read_file
from bylaw.settings import Layout, MigrationSettings, RuleSetting, Settings

RULES = load_builtin()

CREATE = "CREATE TABLE t (id bigint PRIMARY KEY, a text, b text);\n"
ADD = "ALTER TABLE t ADD COLUMN c text;\n"
DROP = "ALTER TABLE t DROP COLUMN b;\n"
UNDO = "DROP TABLE t;\n"

NAMED_AFTER_A_FOLDER = {
    "prisma": ("prisma/migrations/{}/migration.sql", "0_init", "20240109_c", "20240110_b"),
    "diesel": ("migrations/{}/up.sql", "2024-01-01-000000_t", "2024-01-09-000000_c", "2024-01-10-000000_b"),
    "hasura": ("hasura/migrations/default/{}/up.sql", "1700000000000_t", "1700000000009_c", "1700000000010_b"),
}
BY_FILE = {
    "supabase": ("supabase/migrations/{}.sql", "20240101000000_t", "20240109000000_c", "20240110000000_b"),
    "drizzle": ("drizzle/{}.sql", "0000_t", "0009_c", "0010_b"),
    "flyway": ("src/main/resources/db/migration/{}.sql", "V1__t", "V1.9__c", "V1.10__b"),
    "golang-migrate": ("db/migrations/{}.up.sql", "1_t", "9_c", "10_b"),
    "sqitch": ("sqitch/deploy/{}.sql", "a_t", "b_c", "c_b"),
    "postgrator": ("migrations/{}.sql", "001.do.t", "009.do.c", "010.do.b"),
    "db-migrate": ("migrations/sqls/{}-up.sql", "20240101000000-t", "20240109000000-c", "20240110000000-b"),
    "": ("sql/{}.sql", "1_t", "9_c", "10_b"),
}
SECTIONS = {
    "goose": "-- +goose Up\n{up}\n-- +goose Down\n{down}",
    "dbmate": "-- migrate:up\n{up}\n-- migrate:down\n{down}",
    "sql-migrate": "-- +migrate Up\n{up}\n-- +migrate Down\n{down}",
    "node-pg-migrate": "-- Up Migration\n{up}\n-- Down Migration\n{down}",
}
DOWN = {
    "prisma": "prisma/migrations/{}/down.sql",
    "diesel": "migrations/{}/down.sql",
    "hasura": "hasura/migrations/default/{}/down.sql",
    "golang-migrate": "db/migrations/{}.down.sql",
    "flyway": "src/main/resources/db/migration/{}.sql",
    "sqitch": "sqitch/revert/{}.sql",
    "db-migrate": "migrations/sqls/{}-down.sql",
}


def settings(**more: object) -> Settings:
    return Settings(
        rules={"no-immediate-drop": RuleSetting("error"), "unread": RuleSetting("info")},
        migrations=MigrationSettings(judge_all=True, **more),  # type: ignore[arg-type]
    )


def project(files: dict[str, str], chosen: Settings | None = None) -> Project:
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    return Project(facts, chosen or settings(), lambda path: files[path].encode())


def drops(files: dict[str, str], chosen: Settings | None = None) -> list[str]:
    """Where a drop is reported."""
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    report = run(sources, chosen or settings(), RULES)
    return [one.location.path for one in report.diagnostics if one.rule == "no-immediate-drop"]


def history(pattern: str, first: str, second: str, third: str) -> dict[str, str]:
    """In the order of the alphabet, which is seldom the one that counts."""
    texts = {pattern.format(first): CREATE, pattern.format(second): ADD, pattern.format(third): DROP}
    return dict(sorted(texts.items()))


@pytest.mark.parametrize("layout", [*NAMED_AFTER_A_FOLDER, *BY_FILE])
def test_a_folder_of_files(layout: str) -> None:
    pattern, *names = {**NAMED_AFTER_A_FOLDER, **BY_FILE}[layout]
    files = history(pattern, *names)
    expected = [pattern.format(name) for name in names]
    down = DOWN.get(layout)
    for name in names if down else ():
        files[down.format(name.replace("V", "U"))] = UNDO  # type: ignore[union-attr]
    (tree,) = project(files).migrations.trees
    assert (tree.tool, tree.layout) == ("sql", layout)
    assert [step.path for step in tree.steps] == expected
    assert not tree.problems
    assert drops(files) == [expected[-1]]


@pytest.mark.parametrize("layout", SECTIONS)
def test_two_halves_in_one_file(layout: str) -> None:
    names = ["db/migrations/1_t.sql", "db/migrations/9_c.sql", "db/migrations/10_b.sql"]
    texts = [SECTIONS[layout].format(up=up, down=UNDO) for up in (CREATE, ADD, DROP)]
    files = dict(sorted(zip(names, texts, strict=True)))
    (tree,) = project(files).migrations.trees
    assert tree.layout == layout
    assert [step.path for step in tree.steps] == names
    assert drops(files) == names[-1:]


def test_sqlx_in_one_file_each_or_in_two() -> None:
    names = ["migrations/20240101000000_t.sql", "migrations/20240110000000_b.sql"]
    assert drops({names[0]: CREATE, names[1]: "-- no-transaction\n" + DROP}) == names[1:]
    both = {"migrations/1_t.up.sql": CREATE, "migrations/1_t.down.sql": UNDO, "migrations/2_b.up.sql": DROP}
    assert drops({**both, "migrations/2_b.down.sql": UNDO}) == ["migrations/2_b.up.sql"]


def test_drizzle_with_its_journal_and_breakpoints() -> None:
    first = f'{CREATE}--> statement-breakpoint\nCREATE INDEX "i" ON "t" ("a");'
    files = {"src/db/0000_t.sql": first, "src/db/0001_b.sql": f"{ADD}--> statement-breakpoint\n{DROP}"}
    sources = {**files, "src/db/meta/_journal.json": "{}"}
    facts = {path: text for path, text in sources.items() if path.endswith(".sql")}
    (tree,) = project(facts).migrations.trees
    assert [len(step.migration.operations) for step in tree.steps] == [2, 2]
    assert drops(facts) == ["src/db/0001_b.sql"]


def test_flyway_runs_repeatable_files_last_and_undoes_nothing() -> None:
    files = {
        "sql/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT a FROM t;",
        "sql/V2__b.sql": DROP,
        "sql/V1_9__c.sql": ADD,
        "sql/V1_10__d.sql": "ALTER TABLE t ADD COLUMN d text;",
        "sql/V1__t.sql": CREATE,
        "sql/U2__b.sql": UNDO,
    }
    (tree,) = project(files).migrations.trees
    assert [step.name for step in tree.steps] == ["V1__t", "V1_9__c", "V1_10__d", "V2__b", "R__view"]
    assert drops(files) == ["sql/V2__b.sql"]


REVISION = (
    "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {0!r}\ndown_revision = {1!r}\n\n\ndef upgrade():\n"
)


def revision(name: str, parent: str | None, body: str = "pass") -> str:
    return REVISION.format(name, parent) + f"    {body}\n\n\ndef downgrade():\n    op.drop_table('t')\n"


MAKE = 'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("b", sa.Text()))'


def test_alembic_trees_side_by_side_and_folders_by_year() -> None:
    files = {
        "app/versions/2023/a1.py": revision("a1", None, MAKE),
        "app/versions/2024/b2.py": revision("b2", "a1", 'op.add_column("t", sa.Column("c", sa.Text()))'),
        "app/versions/2024/c3.py": revision("c3", "b2", 'op.drop_column("t", "b")'),
        "billing/versions/x1.py": revision("x1", None, MAKE.replace('"t"', '"u"')),
        "billing/versions/x2.py": revision("x2", "x1", 'op.drop_column("u", "b")'),
    }
    trees = project(files).migrations.trees
    assert [(tree.folder, [step.name for step in tree.steps]) for tree in trees] == [
        ("app/versions", ["a1", "b2", "c3"]),
        ("billing/versions", ["x1", "x2"]),
    ]
    assert drops(files) == ["app/versions/2024/c3.py", "billing/versions/x2.py"]


DJANGO = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({}, [1]),
        ({"alembic.ini": "[alembic]\nscript_location = alembic\nrecursive_version_locations = true\n"}, [1, 1]),
        ({"app/cli.py": 'config.set_main_option("version_locations", "alembic/versions/archive")\n'}, [1, 1]),
    ],
)
def test_revisions_below_the_others_are_an_archive_unless_alembic_is_told_of_them(
    told: dict[str, str], read: list[int]
) -> None:
    files = {
        "alembic/env.py": "from alembic import context\n",
        "alembic/versions/b2_squashed.py": revision("b2", None),
        "alembic/versions/archive/a1_first.py": revision("a1", None),
        **told,
    }
    assert [len(tree.steps) for tree in project(files).migrations.trees] == read


def django(operations: str, *dependencies: tuple[str, str]) -> str:
    return f"{DJANGO}    dependencies = {list(dependencies)!r}\n    operations = [{operations}]\n"


def model(name: str) -> str:
    return (
        f'migrations.CreateModel("{name}", [("id", models.BigAutoField(primary_key=True)), ("b", models.TextField())])'
    )


def test_django_apps_one_tree_each() -> None:
    files = {
        "shop/migrations/0001_initial.py": django(model("Order")),
        "shop/migrations/0002_b.py": django('migrations.RemoveField("order", "b")', ("shop", "0001_initial")),
        "bill/migrations/0001_initial.py": django(model("Bill"), ("shop", "0001_initial")),
    }
    trees = project(files).migrations.trees
    assert [(tree.name, len(tree.steps)) for tree in trees] == [("bill", 1), ("shop", 2)]
    assert drops(files) == ["shop/migrations/0002_b.py"]


# Bad input


def problems(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.kind, one.step.name) for tree in project(files).migrations.trees for one in tree.problems]


def said(files: dict[str, str], chosen: Settings | None = None) -> list[tuple[str, str]]:
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    report = run(sources, chosen or settings(), RULES)
    return [(one.rule, one.location.path.rpartition("/")[2]) for one in report.diagnostics]


def test_a_revision_that_builds_on_itself() -> None:
    files = {"m/versions/a.py": revision("a", None, MAKE), "m/versions/b.py": revision("b", "b")}
    assert problems(files) == [("cycle", "b")]


def test_apps_that_wait_for_each_other() -> None:
    files = {
        "shop/migrations/0001_initial.py": django(model("Order")),
        "shop/migrations/0002_x.py": django("", ("shop", "0001_initial"), ("bill", "0002_x")),
        "bill/migrations/0001_initial.py": django(model("Bill"), ("shop", "0001_initial")),
        "bill/migrations/0002_x.py": django("", ("bill", "0001_initial"), ("shop", "0002_x")),
    }
    assert [kind for kind, _ in problems(files)] == ["cycle"]


def test_a_dependency_on_what_another_app_lacks() -> None:
    files = {
        "shop/migrations/0001_initial.py": django(model("Order")),
        "shop/migrations/0002_x.py": django("", ("shop", "0001_initial"), ("bill", "0007_gone")),
        "bill/migrations/0001_initial.py": django(model("Bill"), ("shop", "0001_initial")),
        "bill/migrations/0002_x.py": django("", ("bill", "0001_initial")),
    }
    assert problems(files) == [("missing-parent", "shop.0002_x")]


def test_an_app_that_is_not_here_or_only_has_the_folder_of_its_name_lacks_nothing() -> None:
    files = {
        "auth/migrations/0001_initial.py": django(model("Token")),
        "shop/migrations/0001_initial.py": django(
            model("Order"), ("auth", "0012_alter_user_first_name_max_length"), ("taggit", "0003_x")
        ),
    }
    assert problems(files) == []


BROKEN = "    op.create_index('i', 't', ['b'\n"


@pytest.mark.parametrize(
    "broken",
    [
        revision("b2", "a1") + BROKEN,
        "from alembic import (op\n" + revision("b2", "a1"),
        revision("b2", "a1").replace("revision =", "revision: str =").replace("= 'a1'", "= ('a1',\n)") + BROKEN,
        "<<<<<<< ours\n" + revision("b2", "a1") + "=======\n" + revision("b2", "a1") + ">>>>>>> theirs\n",
        revision("b2", "a1") + "x = '\0'\n",
    ],
)
def test_a_broken_revision_keeps_its_place(broken: str) -> None:
    files = {
        "m/versions/a1.py": revision("a1", None, MAKE),
        "m/versions/b2.py": broken,
        "m/versions/c3.py": revision("c3", "b2", 'op.drop_column("t", "b")'),
        "m/versions/d4.py": revision("d4", "gone"),
    }
    assert problems(files) == [("missing-parent", "d4")]
    del files["m/versions/d4.py"]
    assert problems(files) == []
    assert said(files) == [("syntax-error", "b2.py"), ("no-immediate-drop", "c3.py")]


def test_a_broken_django_migration_keeps_its_place() -> None:
    files = {
        "shop/migrations/0001_initial.py": django(model("Order")),
        "shop/migrations/0002_b.py": django("", ("shop", "0001_initial")) + "    x = ((\n",
        "shop/migrations/0003_c.py": django("", ("shop", "0002_b")),
    }
    assert problems(files) == []
    assert said(files) == [("syntax-error", "0002_b.py")]


def test_a_file_that_is_no_text_is_no_gap() -> None:
    files = {"migrations/001_t.sql": CREATE, "migrations/002_c.sql": "\0", "migrations/003_b.sql": DROP}
    assert said(files) == [("syntax-error", "002_c.sql"), ("no-immediate-drop", "003_b.sql")]


UNKNOWN = {"database/changes/2024-01-02-t.sql": CREATE, "database/changes/2024-02-03-b.sql": DROP}


def test_an_unknown_layout_is_named_and_can_be_placed() -> None:
    assert said(UNKNOWN) == [("unknown-layout", "2024-01-02-t.sql")]
    placed = Settings(
        rules={"no-immediate-drop": RuleSetting("error")},
        layout=Layout(migrations=("database/changes",)),
        migrations=MigrationSettings(judge_all=True, runner="flyway"),
    )
    assert said(UNKNOWN, placed) == [("no-immediate-drop", "2024-02-03-b.sql")]
    assert [tree.layout for tree in project(UNKNOWN, placed).migrations.trees] == ["flyway"]


def placed(glob: str) -> Settings:
    """Settings that name the folder of the migrations, all of which are judged."""
    return Settings(
        rules={rule: RuleSetting("error") for rule in ("no-immediate-drop", "no-blocking-index", "unread")},
        layout=Layout(migrations=(glob,)),
        migrations=MigrationSettings(judge_all=True, runner="psql", dialect="postgres"),
    )


def test_what_the_settings_name_needs_no_number_and_no_table() -> None:
    files = {"store/first.sql": CREATE, "store/then_an_index.sql": "CREATE INDEX i ON t (b);", "store/x_drop.sql": DROP}
    assert said(files) == []
    expected = [("no-blocking-index", "then_an_index.sql"), ("no-immediate-drop", "x_drop.sql")]
    assert said(files, placed("store/*.sql")) == expected


def test_settings_that_name_no_migration_are_told_so() -> None:
    files = {"queries/first.sql": CREATE, "queries/drop.sql": DROP}
    assert said(files, placed("queries/*.sql")) == [("unknown-layout", "drop.sql")]
    assert said(files, placed("elsewhere/*.sql")) == []


def test_a_plan_of_sqitch_tells_which_files_deploy() -> None:
    plan = "%project=shop\n\nt 2024-01-01T00:00:00Z A <a@b.c> # x\nb/less [t] 2024-02-01T00:00:00Z A <a@b.c>\n"
    files = {
        "sqitch.plan": plan, "deploy/t.sql": "-- Deploy t\n" + CREATE, "revert/t.sql": "DROP TABLE t;",
        "deploy/b/less.sql": DROP, "revert/b/less.sql": ADD, "deploy/notes.sql": "DROP TABLE t;",
    }  # fmt: skip
    assert said(files) == [("no-immediate-drop", "less.sql")]
    below = {f"store/{path}": text for path, text in files.items()}
    assert said(below) == [("no-immediate-drop", "less.sql")]
    assert said({path: text for path, text in files.items() if path != "sqitch.plan"}) == []


@pytest.mark.parametrize(
    "files",
    [
        {"docker/initdb/01_a.sql": CREATE, "docker/initdb/02_b.sql": ADD},
        {"reports/01_sales.sql": "SELECT 1;", "reports/02_sales.sql": "SELECT 2;"},
        {"schema-parts/01_a.sql": CREATE, "schema-parts/02_b.sql": CREATE.replace(" t ", " u ")},
        {"tests/cases/01_a.sql": CREATE, "tests/cases/02_b.sql": DROP},
        {"exercises/01.sql": CREATE + DROP},
        {"queries/01.sql": CREATE, "queries/02.sql": DROP},
    ],
)
def test_other_sql_is_left_alone(files: dict[str, str]) -> None:
    assert said(files) == []


def test_a_revision_whose_id_is_computed_is_said_to_be_unread() -> None:
    computed = revision("b2", "a1").replace("revision = 'b2'", "revision = make_id(__file__)")
    files = {"m/versions/a1.py": revision("a1", None, MAKE), "m/versions/b2.py": computed}
    assert said(files) == [("unread", "b2.py")]
    assert said({**files, "m/versions/b2.py": computed.replace("from alembic", "from ours")}) == []


PEEWEE = "import peewee as pw\nfrom peewee_migrate import Migrator\n\n\ndef migrate(migrator, database):\n    pass\n"
YOYO = "from yoyo import step\n\nsteps = [step('DROP TABLE t')]\n"
AERICH = "from tortoise import BaseDBAsyncClient\n\n\nasync def upgrade(db):\n    return 'DROP TABLE t'\n"


@pytest.mark.parametrize(
    ("path", "text", "writer"),
    [
        ("migrations/001_orders.py", PEEWEE, "peewee-migrate"),
        ("db/migrations/0001.orders.py", YOYO, "yoyo"),
        ("migrations/models/1_20240101_orders.py", AERICH, "Aerich"),
    ],
)
def test_migrations_of_other_tools_in_python(path: str, text: str, writer: str) -> None:
    other = path.replace("1", "2", 1)
    folder = "db/migrations/" if path.startswith("db/") else "migrations/"
    [(where, message)] = notes({path: text, other: text, f"{folder}__init__.py": "", "app/db.py": text})
    assert where == path
    assert message == f"the 2 migrations of {writer} in `{folder.rstrip('/')}` are not read: nothing there is judged"


KNEX = "exports.up = (knex) => knex.schema.table('orders', (table) => { table.text('note') })\n"
TYPEORM = "export class A implements MigrationInterface { async up(queryRunner: QueryRunner) {} }\n"
SEQUELIZE = "module.exports = { up: (queryInterface) => queryInterface.addColumn('orders', 'note') }\n"
MIKRO = "import { Migration } from '@mikro-orm/migrations'\nexport class M extends Migration {}\n"
KYSELY = "import { Kysely } from 'kysely'\nexport async function up(db: Kysely<any>) {}\n"
MONGO = "module.exports = { async up(db) { await db.collection('users').updateMany({}, {}) } }\n"


def notes(files: dict[str, str]) -> list[tuple[str, str]]:
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    found = run(sources, settings(), RULES).diagnostics
    return [(one.location.path, one.message) for one in found if one.rule == "unknown-layout"]


@pytest.mark.parametrize(
    ("path", "text", "writer", "language"),
    [
        ("db/migrations/20240101120000_note.js", KNEX, "Knex", "JavaScript"),
        ("src/database/migrations/20201028A-remove-keys.ts", KNEX, "Knex", "TypeScript"),
        ("src/migration/1700000000000-Note.ts", TYPEORM, "TypeORM", "TypeScript"),
        ("src/migrations/postgresdb/1700000000000-Note.ts", TYPEORM, "TypeORM", "TypeScript"),
        ("migrations/20240101120000-note.cjs", SEQUELIZE, "Sequelize", "JavaScript"),
        ("src/migrations/Migration20240101120000.ts", MIKRO, "MikroORM", "TypeScript"),
        ("src/migrations/2024_01_01_note.ts", KYSELY, "Kysely", "TypeScript"),
    ],
)
def test_migrations_in_a_language_that_is_not_read(path: str, text: str, writer: str, language: str) -> None:
    other = path.replace("1", "2", 1)
    [(where, message)] = notes({path: text, other: text, "app/main.py": "x = 1\n"})
    assert where == min(path, other)
    assert f"the 2 migrations of {writer}" in message
    assert f"written in {language}" in message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/migrations/20240101120000-users.js", MONGO),
        ("app/settings/migrations/page.tsx", KNEX),
        ("app/settings/migrations/page.ts", KNEX),
        ("src/migrations/index.ts", KNEX),
        ("src/queries/20240101120000_note.js", KNEX),
        ("tests/migrations/20240101120000_note.js", KNEX),
        ("{{name}}/migrations/20240101120000_note.js", KNEX),
        ("src/migrations/20240101120000.json", KNEX),
    ],
)
def test_other_scripts_get_no_word(path: str, text: str) -> None:
    assert notes({path: text, "app/main.py": "x = 1\n"}) == []
