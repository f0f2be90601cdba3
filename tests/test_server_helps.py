"""The statements that a help tells to run do run, in their order, with the names of the statement that is judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from bylaw.engine.run import run
from bylaw.engine.sources import MemorySources
from bylaw.packs import load_builtin
from bylaw.settings import MigrationSettings, RuleSetting, Settings

if TYPE_CHECKING:
    from postgres_server import Connection

RULES: Final = {name: rule for name, rule in load_builtin().items() if rule.concern in {"locking", "compatibility"}}
SETTINGS: Final = Settings(
    rules={name: RuleSetting("error") for name in RULES if name not in {"foreign-key-indexed", "few-tables-locked"}},
    migrations=MigrationSettings(judge_all=True, dialect="postgres", runner="psql"),
)
BEFORE: Final = """\
CREATE SCHEMA sales;
CREATE TABLE "User" (id bigint, "firstName" text, "select" integer NOT NULL, "Mail" text NOT NULL DEFAULT '');
CREATE TABLE sales."OrderLines" (id bigint PRIMARY KEY, "userId" bigint, amount numeric(8, 2), "left" text);
CREATE TABLE plain (id int PRIMARY KEY, a int, b text, c varchar(20));
CREATE INDEX "Idx" ON sales."OrderLines" ("left");
"""
STATEMENT: Final = re.compile(r"`((?:ALTER|CREATE|UPDATE|DROP|REINDEX)\s[^`]+)`|(COMMENT ON [^']*'[^']*')")
CASES: Final = {
    'ALTER TABLE "User" ALTER COLUMN "firstName" SET NOT NULL': "",
    'ALTER TABLE "User" ADD CONSTRAINT "User id" UNIQUE (id)': "",
    'ALTER TABLE "User" ADD CONSTRAINT "the Key" PRIMARY KEY ("select")': "",
    'ALTER TABLE sales."OrderLines" ADD CONSTRAINT "fk U" FOREIGN KEY ("userId") REFERENCES sales."OrderLines"(id)': "",
    'ALTER TABLE sales."OrderLines" ADD FOREIGN KEY ("userId") REFERENCES sales."OrderLines"': "",
    'ALTER TABLE sales."OrderLines" ADD UNIQUE ("left")': "",
    'ALTER TABLE sales."OrderLines" ADD CHECK (amount > 0)': "",
    "ALTER TABLE plain ADD CONSTRAINT positive CHECK (a > 0)": "",
    'CREATE INDEX ON sales."OrderLines" ("userId")': "",
    'CREATE UNIQUE INDEX "U2" ON "User" (lower("Mail"))': "",
    'REINDEX TABLE sales."OrderLines"': "",
    'ALTER TABLE sales."OrderLines" ALTER COLUMN amount TYPE numeric(10, 3)': "",
    'ALTER TABLE "User" ALTER COLUMN "select" TYPE bigint': "",
    "ALTER TABLE plain ALTER COLUMN b TYPE integer USING b::integer": "",
    "ALTER TABLE plain ALTER COLUMN c TYPE varchar(10)": "",
    'ALTER TABLE "User" DROP COLUMN "firstName"': "",
    'DROP TABLE sales."OrderLines"': "",
    'ALTER TABLE "User" ADD COLUMN uid uuid DEFAULT gen_random_uuid()': 'ALTER TABLE "User" ADD COLUMN uid uuid',
    'ALTER TABLE "User" ADD COLUMN seq serial': 'CREATE SEQUENCE "User_seq_seq"; ALTER TABLE "User" ADD COLUMN seq int',
    'ALTER TABLE "User" ADD COLUMN "x" int CHECK ("x" > 0)': 'ALTER TABLE "User" ADD COLUMN x int',
    'ALTER TABLE "User" ADD COLUMN "Y" text UNIQUE': 'ALTER TABLE "User" ADD COLUMN "Y" text',
    'ALTER TABLE "User" ADD COLUMN "orderId" bigint DEFAULT 1 REFERENCES sales."OrderLines"': (
        'ALTER TABLE "User" ADD COLUMN "orderId" bigint'
    ),
}  # fmt: skip
"""Statements that are reported, and what a help leaves to the reader."""


@pytest.mark.parametrize("statement", CASES)
def test_what_is_told_to_be_run_runs(statement: str, database: Connection) -> None:
    texts = {"db/0001_before.sql": BEFORE, "db/0002_change.sql": f"{statement};\n"}
    report = run(MemorySources({path: text.encode() for path, text in texts.items()}), SETTINGS, RULES)
    helps = [one.help or "" for one in report.diagnostics if one.location.path == "db/0002_change.sql"]
    told = [[first or second for first, second in STATEMENT.findall(text)] for text in helps]
    assert any(told)
    for steps in told:
        database.execute('DROP SCHEMA IF EXISTS sales CASCADE; DROP TABLE IF EXISTS "User", plain')
        database.execute('DROP SEQUENCE IF EXISTS "User_seq_seq"')
        database.execute(BEFORE)
        if CASES[statement] and steps:
            database.execute(CASES[statement])
        for step in steps:
            database.execute(step)
