"""Which dialect a text is written in, by what only that dialect has."""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = (
    ("sqlite", r"\bautoincrement\b|^\s*pragma\s|\bwithout\s+rowid\b|\binsert\s+or\s+(?:replace|ignore|abort)\b|\bsqlite_\w+|\bvirtual\s+table\b"),
    ("clickhouse", r"\bengine\s*=?\s*(?:replicated|shared|replacing|summing|aggregating)*mergetree\b|\bon\s+cluster\s+'?\{"),
    ("tsql", r"^\s*go\s*$|\[dbo\]\.|\bnvarchar\s*\(|\bidentity\s*\(\s*\d+\s*,|\bsp_rename\b|\bobject_id\s*\(|\bexec\s+sp_"),
    ("mysql", (
        r"`|\bengine\s*=|\bauto_increment\b|/\*!\d{5}|^\s*delimiter\s|\bunsigned\b|\bon\s+duplicate\s+key\b|\bmodify\s+(?:column\s+)?[\w`\"]+\s+\w"
        r"|\bchange\s+(?:column\s+)?[\w`\"]+\s+[\w`\"]+\s+\w|\btinyint\s*\(|\b(?:long|medium|tiny)text\b|\bcharacter\s+set\s+utf8|\bcharset\s*="
        r"|\balgorithm\s*=|\bset\s+foreign_key_checks|\bset\s+@|\bdrop\s+foreign\s+key\b|\brename\s+table\b|\badd\s+(?:fulltext\s+|unique\s+)?(?:index|key)\b"
        r"|\bupdate\s+\w+\s+(?:inner\s+|left\s+)?join\b|\block\s+tables\b|^\s*use\s+\w+\s*;"
    )),
    ("oracle", r"\bvarchar2\s*\(|\bnumber\s*\(\s*\d+|^\s*/\s*$"),
    ("postgres", r"::\s*[a-z]|\b(?:big)?serial\b|\bjsonb\b|\btimestamptz\b|\bbytea\b|\bilike\b|\bgen_random_uuid\b|\bconcurrently\b|\bplpgsql\b|\blanguage\s+sql\b"),
)  # fmt: skip
_NO_CODE: Final = re.compile(r"'[^']*'|--[^\n]*|/\*(?!!).*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_LARGEST: Final = 200_000
"""Characters that are looked at: a dump says what it is at its beginning."""


_POSTGRES_WORDS: Final = (
    "$$", "::", "jsonb", "serial", "timestamptz", "gen_random_uuid", "plpgsql", "concurrently", "with time zone", "row level security",
    "create extension", "create type", "alter type", "using btree", "using gin", "using gist", "security definer", "bytea", "not valid",
    "pg_catalog", "uuid_generate", "set lock_timeout", "local lock_timeout", "set not null", "drop not null", "set data type", 'add constraint "', 'drop constraint "', "timestamp(3)", "text[]",
    '"public".', "citext", "nextval(",
)  # fmt: skip
_FOREIGN_WORDS: Final = (
    ("tinyint", "mysql"), ("longtext", "mysql"), ("mediumtext", "mysql"), ("datetime(", "mysql"), ("foreign_key_checks", "mysql"),
    ("nvarchar(", "tsql"), ("datetime2", "tsql"), ("varchar2(", "oracle"), ("sqlite_", "sqlite"), ("integer primary key", "sqlite"),
)  # fmt: skip


def marked(text: str) -> str:
    """The dialect of a text that PostgreSQL understands: it may still be another's, or nobody's in particular ('')."""
    lowered = text[:_LARGEST].lower()
    for word in _POSTGRES_WORDS:
        if word in lowered:
            return "postgres"
    for word, name in _FOREIGN_WORDS:
        if word in lowered:
            return name
    return ""


def guess(text: str) -> str:
    """postgres, mysql, sqlite, tsql, oracle, clickhouse, or '' where nothing tells.

    Meant for text that PostgreSQL does not understand: its own marks count last.
    """
    sample = _NO_CODE.sub(" ", text[:_LARGEST]).lower()
    for name, pattern in _MARKS:
        if re.search(pattern, sample, re.MULTILINE | re.ASCII):
            return name
    return ""
