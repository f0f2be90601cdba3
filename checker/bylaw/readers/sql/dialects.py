"""Which dialect a text is written in, by what only that dialect has."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bylaw.readers.sql.templates import code_of

_LARGEST: Final = 200_000
"""Characters that are looked at: a dump says what it is at its beginning."""


# Blanks at the start of a line are `[ \t]*`: with `\s*` a file of empty lines would take quadratic time.
_MARKS: Final = (
    ("sqlite", (
        r"\bautoincrement\b", r"^[ \t]*pragma\s", r"\bwithout\s+rowid\b", r"\binsert\s+or\s+(?:replace|ignore|abort)\b",
        r"\bsqlite_\w+", r"\bvirtual\s+table\b", r"\)\s{0,9}strict[ \t]*(?:;|$)", r"\bstrftime\s*\(",
        r"\balter\s+column\s+\S+\s+to\s", r"`\s+integer\s+primary\s+key(?:\s+not\s+null)?[ \t]*[,\r\n)]",
    )),
    ("clickhouse", (
        r"\bengine\s*=?\s*(?:replicated|shared)?(?:replacing|summing|aggregating|collapsing)?mergetree\b",
        r"\bon\s+cluster\s+'?\{", r"\blowcardinality\s*\(", r"\balter\s+table\s+\S+\s+update\b",
    )),
    ("tsql", (
        r"^[ \t]*go[ \t]*$", r"\[dbo\]\.", r"\bnvarchar\s*\(", r"\bidentity\s*\(\s*\d+\s*,", r"\bsp_rename\b",
        r"\bobject_id\s*\(", r"\bexec\s+sp_",
    )),
    ("mysql", (
        r"`", r"\bengine\s*=", r"\bauto_increment\b", r"/\*!\d{5}", r"^[ \t]*delimiter\s", r"\bunsigned\b",
        r"\bon\s+duplicate\s+key\b", r"\bmodify\s+(?:column\s+)?[\w\"]+\s+\w",
        r"\bchange\s+(?:column\s+)?[\w\"]+\s+[\w\"]+\s+\w", r"\bset\s+foreign_key_checks", r"\bset\s+@",
        r"\btinyint\s*\(", r"\b(?:long|medium|tiny)text\b", r"\bcharacter\s+set\s+utf8", r"\bcharset\s*=",
        r"\balgorithm\s*=", r"\bdrop\s+foreign\s+key\b", r"\brename\s+table\b",
        r"\badd\s+(?:fulltext\s+|unique\s+)?(?:index|key)\b", r"\bupdate\s+\w+\s+(?:inner\s+|left\s+)?join\b",
        r"\block\s+tables\b", r"^[ \t]*use\s+\w+\s*;", r"\bdrop\s+primary\s+key\b", r"\bdrop\s+index\s+\w+\s+on\b",
        r"\bdrop\s+temporary\s+table\b", r"\binsert\s+ignore\b", r"\bon\s+update\s+current_timestamp\b",
        r"\badd\s+(?:column\s+)?\(\s*\w+\s+(?:(?:small|big)?int|varchar|text|date|datetime|decimal)\b",
        r"\badd\s+(?:column\s+)?\w+\s[^,;\n]{1,200}\s(?:after\s+\w+|first)[ \t]*(?:[,;]|$)",
    )),
    ("oracle", (r"\bvarchar2\s*\(", r"\bnumber\s*\(\s*\d+", r"^[ \t]*/[ \t]*$")),
    ("postgres", (
        r"::\s*[a-z]", r"\b(?:big)?serial\b", r"\bjsonb\b", r"\btimestamptz\b", r"\bbytea\b", r"\bilike\b",
        r"\bconcurrently\b", r"\bplpgsql\b", r"\blanguage\s+sql\b",
    )),
)  # fmt: skip
_POSTGRES_WORDS: Final = (
    "$$", "::", "jsonb", "serial", "timestamptz", "gen_random_uuid", "plpgsql", "concurrently", "with time zone",
    "row level security", "create extension", "create type", "alter type", "using btree", "using gin", "using gist",
    "security definer", "bytea", "not valid", "pg_catalog", "uuid_generate", "lock_timeout", "set not null",
    "drop not null", "set data type", 'add constraint "', 'drop constraint "', "timestamp(3)", "text[]", '"public".',
    "citext", "nextval(",
)  # fmt: skip
_FOREIGN_WORDS: Final = (
    ("tinyint", "mysql"), ("longtext", "mysql"), ("mediumtext", "mysql"), ("datetime(3", "mysql"),
    ("datetime(6", "mysql"), ("foreign_key_checks", "mysql"), ("nvarchar(", "tsql"), ("datetime2", "tsql"),
    ("varchar2(", "oracle"),
    ("sqlite_", "sqlite"), ("integer primary key", "sqlite"),
    ("collate nocase", "sqlite"), ("datetime('", "sqlite"),
)  # fmt: skip


def marked(text: str) -> str:
    """The dialect of a text that PostgreSQL understands: it may still be another's, or nobody's in particular ('')."""
    lowered = text[:_LARGEST].lower()
    if any(word in lowered for word in _POSTGRES_WORDS):
        return "postgres"
    return next((name for word, name in _FOREIGN_WORDS if word in lowered), "")


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.MULTILINE | re.ASCII)


def guess(text: str) -> str:
    """postgres, mysql, sqlite, tsql, oracle, clickhouse, or '' where nothing tells.

    Meant for text that PostgreSQL does not understand: its own marks count last.
    """
    sample = code_of(text[:_LARGEST]).lower()
    return next((name for name, patterns in _MARKS if _pattern(patterns).search(sample)), "")
