"""Who runs SQL files, in which order and in which transaction, as the files beside them say."""

from __future__ import annotations

import environments
import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.project import Project
from bylaw.project.history import History
from bylaw.readers import read_file
from bylaw.settings import MigrationSettings, RuleSetting, Settings

RULES = load_builtin()
CREATE = "CREATE TABLE t (id bigint PRIMARY KEY, a text, b text);\n"
INDEX = "CREATE INDEX CONCURRENTLY i ON t (a);\n"
OTHER = "CREATE INDEX CONCURRENTLY j ON t (b);\n"
DIESEL = "migrations/2024-01-0{}-000000_x/"


def project(files: dict[str, str], **settings: object) -> Project:
    facts = {path: read_file(path, text.encode()) for path, text in files.items() if path.endswith(".sql")}
    chosen = Settings(migrations=MigrationSettings(judge_all=True, **settings))  # type: ignore[arg-type]
    return Project(facts, chosen, lambda path: files[path].encode())


def kinds(files: dict[str, str], **settings: object) -> list[tuple[str, str]]:
    """The places of the operations of the last migration."""
    *_, (_, placed) = project(files, **settings).migrations.placed()
    return [(place.kind, place.opened if place.kind == "inside" else "") for _, place in placed]


def layouts(files: dict[str, str], **settings: object) -> list[str]:
    return [tree.layout for tree in project(files, **settings).migrations.trees]


WRAPPED = ("inside", "runner")
ONE_QUERY = ("inside", "query")
OUTSIDE = ("outside", "")
UNKNOWN = ("unknown", "")

SQLX = {"Cargo.toml": '[dependencies]\nsqlx = { version = "0.8" }\n', "migrations/1_t.sql": CREATE}
NODE = {"package.json": '{\n  "dependencies": {\n    "node-pg-migrate": "^7.0.0"\n  }\n}', "migrations/1_t.sql": CREATE}
YOYO = {"pyproject.toml": '[project]\ndependencies = ["yoyo-migrations"]\n', "migrations/1_t.sql": CREATE}
PLAIN = {"package.json": '{\n"postgres-migrations": "^5.3.0"\n}', "migrations/1_t.sql": CREATE}
POP = "module x\n\nrequire (\n\tgithub.com/gobuffalo/pop/v6 v6.1.1\n)\n"
ATLAS = {"migrations/atlas.sum": "h1:x=\n", "migrations/1_t.sql": CREATE}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**SQLX, "migrations/2_i.sql": INDEX}, [WRAPPED]),
        ({**SQLX, "migrations/2_i.sql": "-- no-transaction\n" + INDEX}, [OUTSIDE]),
        ({**SQLX, "migrations/2_i.sql": "-- no-transaction\n" + INDEX + OTHER}, [ONE_QUERY, ONE_QUERY]),
        ({"sqlx/1_t.up.sql": CREATE, "sqlx/2_i.up.sql": INDEX, "Cargo.toml": "[dependencies.sqlx]\n"}, [WRAPPED]),
        ({DIESEL.format(1) + "up.sql": CREATE, DIESEL.format(2) + "up.sql": INDEX}, [WRAPPED]),
        (
            {
                DIESEL.format(1) + "up.sql": CREATE,
                DIESEL.format(2) + "up.sql": INDEX,
                DIESEL.format(2) + "metadata.toml": "# why\nrun_in_transaction = false\n",
            },
            [OUTSIDE],
        ),
        (
            {
                DIESEL.format(1) + "up.sql": CREATE,
                DIESEL.format(2) + "up.sql": INDEX + OTHER,
                DIESEL.format(2) + "metadata.toml": "run_in_transaction = false\n",
            },
            [ONE_QUERY, ONE_QUERY],
        ),
        ({**NODE, "migrations/2_i.sql": INDEX}, [WRAPPED]),
        ({"m/1_t.sql": CREATE, "m/migrations/2_i.sql": f"-- Up Migration\n{INDEX}-- Down Migration\n"}, [WRAPPED]),
        ({**YOYO, "migrations/2_i.sql": INDEX}, [WRAPPED]),
        ({**YOYO, "migrations/2_i.sql": "-- transactional: false\n" + INDEX + OTHER}, [OUTSIDE, OUTSIDE]),
        ({**ATLAS, "migrations/2_i.sql": INDEX}, [WRAPPED]),
        ({**ATLAS, "migrations/2_i.sql": "-- atlas:txmode none\n\n" + INDEX}, [OUTSIDE]),
        ({**PLAIN, "migrations/2_i.sql": INDEX}, [WRAPPED]),
        ({**PLAIN, "migrations/2_i.sql": "-- postgres-migrations disable-transaction\n" + INDEX}, [OUTSIDE]),
        ({"migrations/1_t.up.sql": CREATE, "migrations/2_i.up.sql": INDEX, "go.mod": POP}, [WRAPPED]),
        ({"db/migrations/1_i.sql": "-- migrate:up transaction:false\n" + INDEX}, [OUTSIDE]),
        ({"db/migrations/1_i.sql": "-- migrate:up transaction:false\n" + INDEX + OTHER}, [ONE_QUERY, ONE_QUERY]),
        ({"db/migrations/1_i.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n" + INDEX + OTHER}, [OUTSIDE, OUTSIDE]),
        ({"migrations/1_t.sql": CREATE, "migrations/2_i.sql": INDEX}, [UNKNOWN]),
    ],
)
def test_the_transaction_of_each_runner(files: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert kinds(files) == expected


def test_refinery_names_its_files_as_flyway_does_and_wraps_each() -> None:
    files = {"db/migrations/V1__t.sql": CREATE, "db/migrations/V2__i.sql": INDEX}
    assert layouts(files) == ["flyway"]
    assert layouts({**files, "Cargo.toml": '[dependencies]\nrefinery = { version = "0.8" }\n'}) == ["refinery"]
    *_, (_, placed) = project({**files, "db/Cargo.toml": 'refinery = "0.8"\n'}).migrations.placed()
    assert [place.kind for _, place in placed] == ["inside"]


def test_liquibase_gives_each_changeset_a_transaction() -> None:
    changes = (
        f"--changeset ann:2\nALTER TABLE t ADD COLUMN c text;\nUPDATE t SET c = a;\n--rollback ALTER TABLE t DROP c;\n"
        f"--changeset ann:3 runInTransaction:false\n{INDEX}{OTHER}\n-- changeset bob:4 labels:x\nDROP TABLE t;\n"
    )
    files = {
        "db/changelog/001.sql": f"--liquibase formatted sql\n--changeset ann:1\n{CREATE}",
        "db/changelog/002.sql": f"--liquibase formatted sql\n\n{changes}",
    }
    *_, (_, placed) = project(files).migrations.placed()
    assert [(place.kind, place.number) for _, place in placed] == [
        ("inside", 1), ("inside", 1), ("outside", 0), ("outside", 0), ("inside", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({"Cargo.toml": '[dependencies]\nsqlx = "0.8"\nrefinery = "0.8"\n'}, ""),
        ({"Cargo.toml": '[dependencies]\nsqlx-core = "0.8"\n# sqlx = "0.8"\n'}, ""),
        ({"Cargo.toml": '[dependencies]\nx = { features = ["sqlx"] }\n'}, ""),
        ({"db/Cargo.toml": 'serde = "1"\n', "Cargo.toml": "[workspace.dependencies]\nsqlx = '1'\n"}, "sqlx"),
        ({"db/Cargo.toml": "sqlx.workspace = true\n", "package.json": '"node-pg-migrate": "7"'}, "sqlx"),
        ({"other/Cargo.toml": 'sqlx = "1"\n'}, ""),
        ({"Cargo.toml": "[workspace]\n\n[profile.dev.package.sqlx-macros]\nopt-level = 3\n"}, "sqlx"),
        ({"requirements.txt": "flask\nyoyo-migrations==8.2\n"}, "yoyo"),
        ({"yoyo.ini": "[DEFAULT]\n"}, "yoyo"),
        ({"go.mod": "module x\n\nrequire (\n\tgithub.com/mattermost/morph v1.1.0\n)\n"}, "morph"),
        ({"package.json": '{"dependencies": {\n"postgres-migrations": "5"\n}}'}, "postgres-migrations"),
        ({"package.json": "{" * 100_000}, ""),
    ],
)  # fmt: skip
def test_the_runner_is_found_in_the_list_of_libraries(beside: dict[str, str], expected: str) -> None:
    assert layouts({"db/migrations/1_t.sql": CREATE, **beside}) == [expected]
    assert layouts({"db/migrations/1_t.sql": CREATE, **beside}, runner="psql") == ["psql"]


HEAD = "-- Deploy shop:x to pg\n"
PLAN = """\
%syntax-version=1.0.0
%project=shop

tables/users 2024-01-01T10:00:00Z A <a@x> # first
email [tables/users] 2024-01-02T10:00:00Z A <a@x>
@v1.0 2024-01-03T10:00:00Z A <a@x> # release

email [email@v1.0] 2024-01-04T10:00:00Z A <a@x> # again
@v1.1 2024-01-04T11:00:00Z A <a@x> # a release without the change
@v1.2 2024-01-04T12:00:00Z A <a@x> # and another one

email [email@v1.2] 2024-01-04T13:00:00Z A <a@x> # and again
appends 2024-01-05T10:00:00Z A <a@x>
"""


def test_sqitch_runs_its_plan_and_not_the_alphabet() -> None:
    files = {
        "deploy/appends.sql": f"{HEAD}ALTER TABLE users DROP COLUMN email;",
        "deploy/email@v1.0.sql": f"{HEAD}ALTER TABLE users ADD COLUMN email text;",
        "deploy/email@v1.2.sql": f"{HEAD}ALTER TABLE users ALTER COLUMN email SET DEFAULT '';",
        "deploy/email.sql": f"{HEAD}ALTER TABLE users ALTER COLUMN email DROP DEFAULT;",
        "deploy/tables/users.sql": "-- Deploy shop:tables/users to pg\nCREATE TABLE users (id bigint);",
        "revert/email@v1.2.sql": f"{HEAD}ALTER TABLE users ADD COLUMN email text;",
        "revert/tables/users.sql": "-- Revert shop:tables/users from pg\nDROP TABLE users;",
        "verify/tables/users.sql": "-- Verify shop:tables/users on pg\nSELECT id FROM users WHERE false;",
        "sqitch.plan": PLAN,
    }
    migrations = project(files).migrations
    (tree,) = migrations.trees
    assert [step.path for step in tree.steps] == [
        "deploy/tables/users.sql",
        "deploy/email@v1.0.sql",
        "deploy/email@v1.2.sql",
        "deploy/email.sql",
        "deploy/appends.sql",
    ]
    assert set(migrations.schema_after(tree.steps[-1]).tables["users"].columns) == {"id"}
    assert layouts({"db/deploy/01_a.sql": CREATE, "db/sqitch.plan": PLAN}) == ["sqitch"]


def test_diesel_compares_versions_letter_by_letter() -> None:
    names = ("2024-03-06-170000_users", "2024-03-13_170000_keys", "2024-06-05-131359_duo", "20240605140000_more")
    files = {f"migrations/{name}/up.sql": CREATE for name in names} | {"Cargo.toml": '[dependencies]\ndiesel = "2"\n'}
    (tree,) = project(files).migrations.trees
    assert [step.name for step in tree.steps] == list(names)


def test_drizzle_runs_its_journal() -> None:
    files = {
        "drizzle/0000_t.sql": CREATE,
        "drizzle/0001_z.sql": "ALTER TABLE t ADD COLUMN c text;",
        "drizzle/0001_a.sql": "ALTER TABLE t RENAME COLUMN c TO d;",
        "drizzle/meta/_journal.json": '{"version": "7", "entries": [{"idx": 0, "tag": "0000_t", "when": 1}, '
        '{"idx": 2, "tag": "0001_a"}, {"idx": 1, "tag": "0001_z"}]}',
    }
    (tree,) = project(files).migrations.trees
    assert [step.name for step in tree.steps] == ["0000_t", "0001_z", "0001_a"]
    for text in ("", "[]", "{", '{"entries": [1]}', "[" * 100_000):
        files["drizzle/meta/_journal.json"] = text
        (tree,) = project(files).migrations.trees
        assert [step.name for step in tree.steps] == ["0000_t", "0001_a", "0001_z"]


def test_the_journal_says_the_dialect() -> None:
    files = {"drizzle/0000_t.sql": "CREATE TABLE `t` (`id` text);", "drizzle/0001_u.sql": "DROP TABLE `t`;"}
    (tree,) = project(files).migrations.trees
    assert {step.migration.dialect for step in tree.steps} == {"mysql"}
    (tree,) = project({**files, "drizzle/meta/_journal.json": '{"dialect": "turso", "entries": []}'}).migrations.trees
    assert {step.migration.dialect for step in tree.steps} == {"sqlite"}


def test_flyway_looks_into_folders_of_folders_and_other_locations() -> None:
    root = "src/main/resources/db/migration"
    files = {
        f"{root}/V1__t.sql": CREATE,
        f"{root}/2024/V3__c.sql": "ALTER TABLE t ADD COLUMN c text;",
        f"{root}/V2__d.sql": "ALTER TABLE t ADD COLUMN d text;",
        "extra/V4__e.sql": "ALTER TABLE t ADD COLUMN e text;",
        "flyway.conf": f"flyway.url=jdbc:x\nflyway.locations=filesystem:{root},filesystem:./extra\n",
    }
    (tree,) = project(files).migrations.trees
    assert [step.name for step in tree.steps] == ["V1__t", "V2__d", "V3__c", "V4__e"]
    del files["flyway.conf"]
    assert [len(tree.steps) for tree in project(files).migrations.trees] == [1, 3]
    parts = {f"db/migration/{part}.sql": CREATE for part in ("1.0/ddl/V1.0__a", "1.0/dml/V1.0_1__b", "1.1/ddl/V1.1__c")}
    (tree,) = project({**parts, "db/migration/mysql/ddl/V1.2__d.sql": CREATE}).migrations.trees[:-1]
    assert [step.name for step in tree.steps] == ["V1.0__a", "V1.0_1__b", "V1.1__c"]
    each = {f"db/migration/{server}/V1__t.sql": CREATE for server in ("mysql", "postgresql")}
    assert [len(tree.steps) for tree in project(each).migrations.trees] == [1, 1]
    common = {**each, "db/migration/V0__a.sql": "CREATE TABLE a (id int);"}
    assert [len(tree.steps) for tree in project(common).migrations.trees] == [1, 1, 1]


def said(files: dict[str, str]) -> list[tuple[str, str, bool]]:
    sources = MemorySources({path: text.encode() for path, text in files.items() if path.endswith(".sql")})
    settings = Settings(
        rules={"no-concurrently-in-transaction": RuleSetting("error")},
        migrations=MigrationSettings(judge_all=True, runner="sqlx"),
    )
    found = run(sources, settings, RULES).diagnostics
    return [(one.message, one.help or "", one.fix is not None) for one in found]


def test_what_is_told_where_one_query_is_a_transaction() -> None:
    first = {"migrations/1_t.sql": CREATE}
    ((message, steps, fixed),) = said({**first, "migrations/2_i.sql": INDEX})
    assert message == "CREATE INDEX CONCURRENTLY (`i` of `t`) fails inside the transaction that sqlx opens"
    assert "`-- no-transaction` as its first line and no other statement" in steps
    assert fixed
    both = said({**first, "migrations/2_i.sql": "-- no-transaction\n" + INDEX + OTHER})
    assert [message for message, _, _ in both] == [
        "CREATE INDEX CONCURRENTLY (`i` of `t`) fails: sqlx sends the statements of this file as one query, which is a "
        "transaction",
        "CREATE INDEX CONCURRENTLY (`j` of `t`) fails: sqlx sends the statements of this file as one query, which is a "
        "transaction",
    ]


def test_no_fix_leaves_two_statements_that_are_sent_as_one_query() -> None:
    unique = "ALTER TABLE t ADD CONSTRAINT once UNIQUE (a);\n"
    settings = Settings(
        rules={"no-blocking-constraint": RuleSetting("error")},
        migrations=MigrationSettings(judge_all=True, dialect="postgres"),
    )
    for head, fixed in (("-- +goose Up\n", True), ("-- migrate:up\n", False)):
        files = {"sql/migrations/1_t.sql": head + CREATE, "sql/migrations/2_u.sql": head + unique}
        sources = MemorySources({path: text.encode() for path, text in files.items()})
        (found,) = run(sources, settings, RULES).diagnostics
        assert (found.fix is not None) is fixed


ALEMBIC_INDEX = """\
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    op.create_index("ix", "orders", ["note"])
"""


@pytest.mark.parametrize(("opened", "fixed"), [("connect", True), ("begin", False)])
def test_no_fix_leaves_a_transaction_that_alembic_did_not_begin(opened: str, fixed: bool) -> None:
    files = {"m/env.py": environments.ALEMBIC.replace("connect()", f"{opened}()"), "m/versions/b2.py": ALEMBIC_INDEX}
    chosen = Settings(
        rules={"no-blocking-index": RuleSetting("error")},
        migrations=MigrationSettings(judge_all=True, dialect="postgres"),
    )
    [found] = run(MemorySources({path: text.encode() for path, text in files.items()}), chosen, RULES).diagnostics
    assert (found.fix is not None) is fixed


TWO = {
    "{}1": CREATE,
    "{}2": "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> '') NOT VALID;\nALTER TABLE t ADD COLUMN d text;\n",
    "{}3": "ALTER TABLE t VALIDATE CONSTRAINT c;\nALTER TABLE t ADD COLUMN e text;\n",
}
"""Three migrations, of which the first one is merged."""
DRIZZLE = "drizzle/000{}_x.sql"
NODE_PG = "migrations/1700000000000{}_x.sql"
FLYWAY = "db/migration/V{}__x.sql"
SCRIPT = """{{
  "devDependencies": {{
    "node-pg-migrate": "^8.0.0"
  }},
  "scripts": {{"migrate": "node-pg-migrate up{}"}}
}}"""
PAUSE = "--> statement-breakpoint\n"


def keeps_a_lock(pattern: str, beside: dict[str, str]) -> bool:
    """Whether the lock that the second migration took is held when the third one works, deployed along with it."""
    files = {pattern.format(name[-1]): text for name, text in TWO.items()}
    if pattern == DRIZZLE:
        files = {path: text.replace("\n", PAUSE, 1) for path, text in files.items()}
    facts = {path: read_file(path, text.encode()) for path, text in files.items()}
    files |= beside
    history = History(frozenset({pattern.format(1)}))
    found = Project(facts, Settings(), lambda path: files[path].encode(), history).migrations.held()
    return any(held.is_apart for held in found)


@pytest.mark.parametrize(
    ("pattern", "beside", "expected"),
    [
        (DRIZZLE, {"package.json": '{"dependencies": {"drizzle-orm": "^0.44.2"}}'}, True),
        (DRIZZLE, {"package.json": '{"dependencies": {"drizzle-orm": "1.0.0-beta.2"}}'}, False),
        (DRIZZLE, {"package.json": '{"dependencies": {"drizzle-orm": "catalog:"}}'}, False),
        (DRIZZLE, {}, False),
        (NODE_PG, {"package.json": SCRIPT.format("")}, True),
        (NODE_PG, {"package.json": SCRIPT.format(" --no-single-transaction")}, False),
        (NODE_PG, {"package.json": NODE["package.json"]}, False),
        (FLYWAY, {"flyway.conf": "flyway.url=jdbc:x\nflyway.group=true\n"}, True),
        (FLYWAY, {"db/flyway.toml": "[flyway]\ngroup = true\n"}, True),
        (FLYWAY, {"flyway.toml": "[other]\ngroup = true\n"}, False),
        (FLYWAY, {"flyway.conf": "# flyway.group=true\n"}, False),
        (FLYWAY, {"flyway.toml": "[flyway]\n", "flyway.conf": "flyway.group=true\n"}, False),
        (FLYWAY, {"application.properties": "other.group=true\n"}, False),
        (FLYWAY, {}, False),
        ("supabase/migrations/2024010{}000000_x.sql", {}, False),
    ],
)
def test_runners_that_run_all_new_migrations_in_one_transaction(
    pattern: str, beside: dict[str, str], expected: bool
) -> None:
    assert keeps_a_lock(pattern, beside) == expected


def test_files_for_several_servers_side_by_side_are_several_histories() -> None:
    texts = {
        "1_t.up.sql": CREATE,
        "2_u.postgres.up.sql": "CREATE TABLE u (id uuid PRIMARY KEY, a text);",
        "2_u.mysql.up.sql": "CREATE TABLE u (id char(36) PRIMARY KEY, a text);",
        "2_u.sqlite3.up.sql": "CREATE TABLE u (id text PRIMARY KEY, a text);",
        "3_v.up.sql": "ALTER TABLE t ADD COLUMN c text;",
        "3_v.sqlite3.up.sql": "ALTER TABLE t ADD COLUMN c2 text;",
        "4_w.postgres.up.sql": "CREATE INDEX i ON u (a);",
    }
    trees = project({f"db/migrations/{name}": text for name, text in texts.items()}).migrations.trees
    assert [[step.path.rpartition("/")[2] for step in tree.steps] for tree in trees] == [
        ["1_t.up.sql", "2_u.postgres.up.sql", "3_v.up.sql", "4_w.postgres.up.sql"],
        ["1_t.up.sql", "2_u.mysql.up.sql", "3_v.up.sql"],
        ["1_t.up.sql", "2_u.sqlite3.up.sql", "3_v.sqlite3.up.sql"],
    ]
    assert not any(tree.problems for tree in trees)
    assert [[step.exempt for step in tree.steps] for tree in trees[1:]] == [
        ["shared", "", "shared"],
        ["shared", "", ""],
    ]


def test_one_server_with_a_file_of_its_own_has_a_history_of_its_own() -> None:
    files = {f"m/{name}.up.sql": f"CREATE TABLE {name[2]} (id int);" for name in ("1_t", "2_u", "2_u.mysql", "3_v")}
    trees = project(files).migrations.trees
    assert [[step.path for step in tree.steps] for tree in trees] == [
        ["m/1_t.up.sql", "m/2_u.up.sql", "m/3_v.up.sql"],
        ["m/1_t.up.sql", "m/2_u.mysql.up.sql", "m/3_v.up.sql"],
    ]
    del files["m/2_u.up.sql"]
    (tree,) = project(files).migrations.trees
    assert len(tree.steps) == 3


def test_a_server_behind_the_last_dash_tells_where_two_files_differ_in_nothing_else() -> None:
    names = ("1-t", "2-u-postgres", "2-u-sqlite", "3-v-sqlite", "4-away-from-mysql")
    files = {f"db/migrate/{name}.sql": f"CREATE TABLE {name[2:3]} (id int);" for name in names}
    trees = project(files).migrations.trees
    assert [[step.path.rpartition("/")[2] for step in tree.steps] for tree in trees] == [
        ["1-t.sql", "2-u-postgres.sql", "4-away-from-mysql.sql"],
        ["1-t.sql", "2-u-sqlite.sql", "3-v-sqlite.sql", "4-away-from-mysql.sql"],
    ]
    del files["db/migrate/2-u-sqlite.sql"]
    (tree,) = project(files).migrations.trees
    assert len(tree.steps) == 4


def test_what_flyway_does_not_run_is_none_of_its_history() -> None:
    home = "src/main/resources/db/migration/{}.sql"
    names = ("V1__t", "V1.1", "NTV2__i", "afterMigrate__views")
    trees = project({home.format(name): CREATE.replace("TABLE t", f"TABLE t{at}") for at, name in enumerate(names)})
    assert [(tree.layout, len(tree.steps)) for tree in trees.migrations.trees] == [("", 1), ("flyway", 3)]


def test_scripts_of_one_release_are_no_history() -> None:
    scripts = {f"scripts/v7_{name}.sql": f"DROP TABLE {name};" for name in ("users", "nodes")}
    assert not project(scripts).migrations.trees
    assert not project(scripts | {"scripts/v8_users.sql": CREATE}).migrations.trees
    (tree,) = project({"scripts/v7_users.sql": CREATE, "scripts/v8_users.sql": CREATE}).migrations.trees
    assert len(tree.steps) == 2
    moved = {path.replace("scripts", "migrations"): text for path, text in scripts.items()}
    (tree,) = project(moved | {"migrations/v8_users.sql": CREATE}).migrations.trees
    assert len(tree.steps) == 3


def test_quotes_of_mysql_in_a_history_of_sqlite() -> None:
    files = {
        "migrations/1_t.up.sql": "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, a text);",
        "migrations/2_u.up.sql": "PRAGMA foreign_keys=OFF;\nDROP TABLE u;",
        "migrations/3_t.up.sql": "ALTER TABLE `t` ADD COLUMN `b` text NULL;",
    }
    migrations = project(files).migrations
    (tree,) = migrations.trees
    assert migrations.servers.dialect(tree) == "sqlite"


def test_pop_says_in_a_name_that_a_file_wants_no_transaction() -> None:
    build = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);"
    files = {
        "go.mod": "module m\nrequire (\n\tgithub.com/ory/pop/v6 v6.2.0\n)\n",
        "m/1_t.up.sql": CREATE,
        "m/2_i.up.sql": "CREATE INDEX i ON t (a);",
        "m/2_i.postgres.autocommit.up.sql": build,
        "m/2_i.mysql.up.sql": "CREATE INDEX i ON t (a);",
        "m/3_j.autocommit.up.sql": build.replace(" i ", " j "),
    }
    tree, _ = project(files).migrations.trees
    assert [step.path for step in tree.steps] == [
        "m/1_t.up.sql", "m/2_i.postgres.autocommit.up.sql", "m/3_j.autocommit.up.sql",
    ]  # fmt: skip
    assert [step.migration.transactional for step in tree.steps] == [None, False, False]
    assert not tree.problems


def test_what_several_histories_share_is_told_once_and_known_to_all() -> None:
    drop, remake = "ALTER TABLE t DROP COLUMN b;", "ALTER TABLE t RENAME TO u;\nDROP TABLE u;"
    files = {"1_t.up.sql": CREATE, "2_u.up.sql": drop, "3_v.postgres.up.sql": "SELECT 1;", "3_v.mysql.up.sql": remake}
    rules = {"no-immediate-drop": RuleSetting("error"), "unread": RuleSetting("info")}
    sources = MemorySources({f"db/migrations/{name}": text.encode() for name, text in files.items()})
    found = run(sources, Settings(rules=rules, migrations=MigrationSettings(judge_all=True)), RULES).diagnostics
    assert [one.location.path.rpartition("/")[2] for one in found] == ["2_u.up.sql", "3_v.mysql.up.sql"]


def test_many_files_of_one_number_are_run_by_their_names() -> None:
    names = ("1_a", "1_b", "2_c", "2_d", "3_e", "3_f")
    shared = {f"db/migrations/{name}.up.sql": f"CREATE TABLE {name[2:]} (id int);" for name in names}
    (tree,) = project(shared).migrations.trees
    assert not tree.problems
    (tree,) = project(dict(list(shared.items())[:4])).migrations.trees
    assert [problem.kind for problem in tree.problems] == ["duplicate-number"] * 2
