"""Which SQL files are migrations, who runs them, and which half of them goes up."""

from __future__ import annotations

import pytest

from bylaw.facts.migrations import (
    AddColumn,
    AlterColumn,
    CreateTable,
    DropIndex,
    DropTable,
    Migration,
    UnreadOperation,
)
from bylaw.readers.sql import read

_UP = "ALTER TABLE a ADD b int;\n"
_DOWN = "DROP TABLE a;\n"


def migration(path: str, text: str = _UP) -> Migration | None:
    facts = read(path, text.encode())
    assert len(facts.migrations) <= 1
    return facts.migrations[0] if facts.migrations else None


@pytest.mark.parametrize(
    ("path", "layout", "revision"),
    [
        ("prisma/migrations/20240101120000_add_b/migration.sql", "prisma", "20240101120000_add_b"),
        ("packages/db/prisma/migrations/0_init/migration.sql", "prisma", "0_init"),
        ("supabase/migrations/20240101120000_add_b.sql", "supabase", "20240101120000_add_b"),
        ("drizzle/0001_shy_hulk.sql", "drizzle", "0001_shy_hulk"),
        ("src/main/resources/db/migration/V1_2__add_b.sql", "flyway", "V1_2__add_b"),
        ("sql/R__views.sql", "flyway", "R__views"),
        ("sql/B3__baseline.sql", "flyway", "B3__baseline"),
        ("db/migrations/000001_add_b.up.sql", "golang-migrate", "000001_add_b"),
        ("migrations/20240101_add.mysql.up.sql", "golang-migrate", "20240101_add.mysql"),
        ("migrations/2024-01-01-000000_add_b/up.sql", "diesel", "2024-01-01-000000_add_b"),
        ("hasura/migrations/default/1700000000000_add/up.sql", "hasura", "1700000000000_add"),
        ("migrations/sqls/20240101-add-up.sql", "db-migrate", "20240101-add"),
        ("migrations/001.do.add.sql", "postgrator", "001.do.add"),
        ("sqitch/deploy/add_b.sql", "sqitch", "add_b"),
        ("src/main/resources/db/migration/all/20240101120000__add_b.sql", "flyway", "20240101120000__add_b"),
        ("src/main/resources/db/migration/1.2__add_b.sql", "flyway", "1.2__add_b"),
        ("migrations/1.2__add_b.sql", "", "1.2__add_b"),
        ("migrations/0001_add_b.sql", "", "0001_add_b"),
        ("app/db/migrate/20240101_add.sql", "", "20240101_add"),
        ("alembic/versions/003_fix.sql", "", "003_fix"),
        ("sql/001_init.sql", "", "001_init"),
        ("sql/postgres/v2/12.sql", "", "12"),
        ("migrations/committed/000001.sql", "", "000001"),
        ("store/migration/sqlite/0.21/00__add.sql", "", "00__add"),
        ("migrations/add_b.sql", "", "add_b"),
        ("store/user-migrations-sqlite/add_b.sql", "", "add_b"),
        ("store/migration_scripts/add_b.sql", "", "add_b"),
        ("store/migrations-v2/add_b.sql", "", "add_b"),
    ],
)
def test_layout_by_path(path: str, layout: str, revision: str) -> None:
    found = migration(path)
    assert found is not None
    assert (found.layout, found.revision) == (layout, revision)
    assert [type(one) for one in found.operations] == [AddColumn]


@pytest.mark.parametrize(
    "path",
    [
        "db/migrations/000001_add_b.down.sql",
        "migrations/2024-01-01-000000_add_b/down.sql",
        "migrations/sqls/20240101-add-down.sql",
        "migrations/001.undo.add.sql",
        "migrations/0001_add_b_rollback.sql",
        "migrations/down/0001_add_b.sql",
        "db/migration/postgresql/rollback/1.0.1__drop_b.sql",
        "src/main/resources/db/migration/undo/1.0.1__drop_b.sql",
        "queue/stub/migrations/1_add_b.postgres.up.sql",
        "tools/test_migrations/20240101_add_b.sql",
        "crates/sync-test/migrations/20240101_add_b.sql",
        "sql/U1_2__add_b.sql",
        "sqitch/revert/add_b.sql",
        "sqitch/verify/add_b.sql",
        "supabase/seed.sql",
        "supabase/tests/database/01-schema.sql",
        "schema.sql",
        "db/structure.sql",
        "app/db/queries/users.sql",
        "sqlc/query.sql",
        "backend/sql/mysql/init.sql",
        "tests/fixtures/migrations/0001_x.sql",
        "migrations/seed.sql",
        "migrations/schema.sql",
        "docker/init.sql",
        "models/2024_report.sql",
        "scripts/2024_report.sql",
        "sql/reports/01_sales.sql",
        "scripts/old-shop-migration-backfill/drop_functions.sql",
    ],
)
def test_no_migration(path: str) -> None:
    assert migration(path) is None


REPORT = "-- insert into results\nSELECT a, count(*), replace(b, 'x', '') INTO #r FROM t;\nDROP TABLE #r;\n"


@pytest.mark.parametrize("path", ["reports/sql/700_visits.sql", "scripts/migrations/verify_b.sql"])
def test_queries_are_no_migrations(path: str) -> None:
    assert migration(path, "SELECT count(*), lower(a) FROM t;") is None
    assert migration(path, REPORT) is None
    for text in ("", "-- nothing to do\n", "SELECT setval('a_id_seq', 9);", "INSERT INTO a VALUES (1);", _UP):
        assert migration(path, text) is not None


def test_what_a_half_of_a_migration_says_of_itself_is_no_mark() -> None:
    text = "-- UP MIGRATION: a table for proofs\nALTER TABLE a ADD b int;\n"
    found = migration("migrations/000029_proofs.up.sql", text)
    assert found is not None
    assert found.layout == "golang-migrate"
    assert migration("migrations/000029_proofs.down.sql", text.replace("UP", "DOWN")) is None
    found = migration("migrations/2025-06-18-120000_proofs/up.sql", text)
    assert found is not None
    assert found.layout == "diesel"


def test_what_is_split_into_migrations_is_none() -> None:
    text = "ALTER TABLE a ADD b int;\n--split\nALTER TABLE a ADD c int;\n"
    assert migration("sql/src/2_nid/2_nid.mysql.up.sql", text) is None
    assert migration("sql/src/2_nid/2_nid.mysql.up.sql", text.replace("--split", "-- split")) is not None
    assert migration("sql/migrations/2_nid.mysql.up.sql", text) is not None


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("goose", "-- +goose Up\n{up}-- +goose Down\n{down}"),
        ("goose", "-- +goose Up\n-- +goose StatementBegin\n{up}-- +goose StatementEnd\n\n-- +goose Down\n{down}"),
        ("dbmate", "-- migrate:up\n{up}\n-- migrate:down\n{down}"),
        ("sql-migrate", "-- +migrate Up\n{up}-- +migrate Down\n{down}"),
        ("node-pg-migrate", "-- Up Migration\n{up}\n-- Down Migration\n{down}"),
        ("tern", "{up}\n---- create above / drop below ----\n{down}"),
        ("aerich", "-- upgrade --\n{up}-- downgrade --\n{down}"),
        ("play", "# --- !Ups\n{up}\n# --- !Downs\n{down}"),
        ("mybatis", "-- // add b\n{up}\n-- //@UNDO\n{down}"),
        ("rambler", "-- rambler up\n{up}\n-- rambler down\n{down}"),
        ("shmig", "-- ==== UP ====\n{up}\n-- ==== DOWN ====\n{down}"),
    ],
)
def test_halves_of_one_file(layout: str, text: str) -> None:
    content = text.format(up=_UP, down=_DOWN)
    found = migration("db/20240101120000_x.sql", content)
    assert found is not None
    assert found.layout == layout
    (added,) = found.operations
    assert content[added.span.start : added.span.end] == "ALTER TABLE a ADD b int"


def test_the_way_down_alone_is_nothing() -> None:
    assert migration("migrations/1_x.sql", f"-- +goose Down\n{_DOWN}") is None


def test_markers_in_strings_of_the_text_do_not_hide_the_rest() -> None:
    found = migration("migrations/1_x.sql", f"-- +goose Up\n{_UP}SELECT '+goose Down';\n{_UP}")
    assert found is not None
    assert len(found.operations) == 3


@pytest.mark.parametrize(
    ("text", "transactional"),
    [
        ("-- +goose NO TRANSACTION\n-- +goose Up\n" + _UP, False),
        ("-- migrate:up transaction:false\n" + _UP, False),
        ("-- migrate:up\n" + _UP, None),
        ("-- +migrate Up notransaction\n" + _UP, False),
        ("-- no-transaction\n" + _UP, False),
        ("-- this needs no transaction at all\n" + _UP, None),
    ],
)
def test_transaction_markers(text: str, transactional: bool | None) -> None:
    found = migration("migrations/1_x.sql", text)
    assert found is not None
    assert found.transactional is transactional


def test_drizzle_breakpoints_are_no_statements() -> None:
    text = 'CREATE TABLE "a" ("id" serial);\n--> statement-breakpoint\nALTER TABLE "a" ADD COLUMN "b" text;'
    found = migration("lib/db/migrations/0000_x.sql", text)
    assert found is not None
    assert (found.layout, found.generated) == ("drizzle", True)
    assert [type(one) for one in found.operations] == [CreateTable, AddColumn]


def test_drizzle_for_sqlite_is_read_in_full() -> None:
    text = (
        "CREATE TABLE `a` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`b` text(20)\n);\n--> statement-breakpoint\n"
        'DROP INDEX IF EXISTS "b_unique";--> statement-breakpoint\n'
        'ALTER TABLE `a` ALTER COLUMN "b" TO "b" text NOT NULL;--> statement-breakpoint\n'
        "ALTER TABLE `a` ADD `c` integer DEFAULT (strftime('%s', 'now'));"
    )
    found = migration("drizzle/0000_x.sql", text)
    assert found is not None
    assert found.dialect == "sqlite"
    assert [type(one) for one in found.operations] == [CreateTable, DropIndex, AlterColumn, AddColumn]
    plain = migration("drizzle/0001_y.sql", "ALTER TABLE `a` ADD `d` text;\n--> statement-breakpoint\nDROP TABLE `e`;")
    assert plain is not None
    assert [type(one) for one in plain.operations] == [AddColumn, DropTable]


def test_prisma_says_what_it_generated() -> None:
    path = "prisma/migrations/1_x/migration.sql"
    assert migration(path, "-- AlterTable\n" + _UP).generated is True  # type: ignore[union-attr]
    assert migration(path, "-- my own\n" + _UP).generated is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "text", "dialect"),
    [
        ("migrations/1.sql", _UP, ""),
        ("migrations/1.sql", "CREATE INDEX CONCURRENTLY i ON a (b);", "postgres"),
        ("migrations/1.sql", "ALTER TABLE `a` ADD `b` int;", "mysql"),
        ("migrations/1.sql", "CREATE TABLE a (b tinyint(1));", "mysql"),
        ("migrations/1.sql", "CREATE TABLE a (b integer PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("migrations/1.sql", "ALTER TABLE a RENAME b;", "mysql"),
        ("migrations/1.sql", "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;", "sqlite"),
        ("migrations/1.sql", "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW BEGIN SET @b = 1; END;", "mysql"),
        ("migrations/hiqlite/1.sql", _UP, "sqlite"),
        ("sqitch/deploy/b.sql", "\\set c `cat b.txt`\nUPDATE a SET b = :'c', d = now();\n", "postgres"),
        ("migrations/1.sql", "UPDATE a x INNER JOIN b y ON y.id = x.id SET c = y.c;\n# more\n", "mysql"),
        ("migrations/1.sql", "ALTER TABLE a ADD b int; -- like `this`", ""),
        ("migrations/1.sql", "INSERT INTO a (b) VALUES ('it\\'s; DROP TABLE c;');", "mysql"),
        ("migrations/1.sql", "# DROP TABLE b;\nALTER TABLE a ADD COLUMN b int NULL;", "mysql"),
        ("migrations/1.sql", "ALTER TABLE a RENAME TO other.a;", "mysql"),
        ("migrations/1.sql", "DELETE t FROM a AS t WHERE 1;", "mysql"),
        ("sql/1_x.sql", "REINDEX (VERBOSE) TABLE a;", ""),
        ("migrations/1.sql", "CREATE TABLE a (b serial unique, c bigint /*! unsigned */ not null);", "mysql"),
        ("migrations/1.sql", 'CREATE TABLE a (b int COMMENT "how many");', "mysql"),
        ("migrations/1.sql", "ALTER TABLE a ADD COLUMN b Bool DEFAULT false CODEC(ZSTD(3));", "clickhouse"),
        ("migrations/sqlite/1.sql", _UP, "sqlite"),
        ("migrations-mysql/1.sql", _UP, "mysql"),
        ("storesqlite/migration/main/1.sql", "CREATE TABLE a (b blob DEFAULT (jsonb(1)));", "sqlite"),
        ("migrations/1_x.sqlite3.up.sql", _UP, "sqlite"),
        ("supabase/migrations/1.sql", _UP, "postgres"),
        ("prisma/mysql-migrations/20240821_add_postgres_migrations/migration.sql", _UP, "mysql"),
        ("prisma/migrations/20240821_leave_mysql/migration.sql", _UP, ""),
    ],
)
def test_dialect(path: str, text: str, dialect: str) -> None:
    found = migration(path, text)
    assert found is not None
    assert found.dialect == dialect
    assert not any(isinstance(one, UnreadOperation) for one in found.operations)


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}DROP TABLE a;{% endif %}",
        "{{ if .Down }}DROP TABLE a;{{ end }}",
        "<% tables.each do |t| %>DROP TABLE a;<% end %>",
    ],
)
def test_templates_that_decide(text: str) -> None:
    found = migration("migrations/1_x.sql", text)
    assert found is not None
    assert found.template
    assert [type(one) for one in found.operations] == [UnreadOperation]


@pytest.mark.parametrize("placeholder", ["${schema}", "{{ schema }}", "{{.Schema}}", "<%= schema %>", "#{schema}"])
def test_a_placeholder_hides_its_own_statement(placeholder: str) -> None:
    found = migration("migrations/1_x.sql", f"{_UP}DROP TABLE {placeholder}_a;\nDROP TABLE b;")
    assert found is not None
    first, second, third = found.operations
    assert isinstance(first, AddColumn)
    assert isinstance(second, UnreadOperation)
    assert placeholder in second.reason
    assert isinstance(third, DropTable)


@pytest.mark.parametrize("filled", ["${schema}", "{{ schema }}", '"{{ index .Options "Namespace" }}"', "<%= schema %>"])
def test_a_placeholder_for_the_schema_hides_nothing(filled: str) -> None:
    drop = f"DROP TABLE {filled}.a;"
    found = migration("migrations/1_x.sql", f'{drop}\nDO $$ BEGIN DROP TABLE {filled}."b"; END $$;')
    assert found is not None
    first, second = found.operations
    assert isinstance(first, DropTable)
    assert isinstance(second, DropTable)
    assert [first.table, second.table] == ["a", "b"]
    assert (first.span.start, first.span.end) == (0, len(drop) - 1)


def test_two_placeholders_for_schemas_may_be_two_schemas() -> None:
    found = migration("migrations/1_x.sql", "DROP TABLE ${one}.a;\nDROP TABLE ${other}.a;")
    assert found is not None
    assert [type(one) for one in found.operations] == [UnreadOperation, UnreadOperation]


def test_a_changeset_ends_where_the_next_one_begins() -> None:
    text = "--liquibase formatted sql\n--changeset a:1\nDROP TABLE a\n--rollback x;\n\n--changeset a:2\nDROP TABLE b\n"
    found = migration("db/changelog/1_x.sql", text)
    assert found is not None
    assert [type(one) for one in found.operations] == [DropTable, DropTable]


@pytest.mark.parametrize("text", ["SELECT '{{1,2},{3,4}}'::int[];", "SELECT '${x}';", "SELECT a #>> '{b}' FROM c;"])
def test_no_template_in_strings(text: str) -> None:
    found = migration("migrations/1_x.sql", text)
    assert found is not None
    assert found.template == ""
    assert not any(isinstance(one, UnreadOperation) for one in found.operations)


def test_comments() -> None:
    text = "-- manual: by hand\nSELECT '-- no'; /* block\n */ SELECT $$ -- no $$;"
    found = migration("migrations/1_x.sql", text)
    assert found is not None
    assert [said for _, said in found.comments] == ["manual: by hand", "block"]


def test_suppressions() -> None:
    text = """-- bylaw: ignore-file[no-schema-drift]: generated
-- bylaw: ignore[no-immediate-drop]: nobody reads it
ALTER TABLE a
    DROP COLUMN b,
    -- bylaw: ignore[no-in-place-rename, other-rule]: it is an alias
    DROP COLUMN c; -- bylaw: ignore[trailing]: here
SELECT '-- bylaw: ignore[in-a-string]: no';
-- bylaw: ignore[no-reason]
-- bylaw: ignore: no rule
-- see bylaw: the docs
SELECT 1;
"""
    facts = read("migrations/1_x.sql", text.encode())
    found = [(one.rules, one.line, one.last_line, one.whole_file, bool(one.problem)) for one in facts.suppressions]
    assert found == [
        (("no-schema-drift",), 3, 6, True, False),
        (("no-immediate-drop",), 3, 6, False, False),
        (("no-in-place-rename", "other-rule"), 6, 6, False, False),
        (("trailing",), 6, 0, False, False),
        (("no-reason",), 11, 11, False, True),
        ((), 11, 11, False, True),
    ]
    assert facts.suppressions[1].reason == "nobody reads it"
