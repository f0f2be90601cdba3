"""Which dialect a text is written in, by what only that dialect has."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bylaw.readers.sql.comments import uncommented
from bylaw.readers.sql.lexer import ANY, pieces
from bylaw.readers.sql.templates import code_of

_LARGEST: Final = 200_000
"""Characters that are looked at: a dump says what it is at its beginning."""


# Blanks at the start of a line are `[ \t]*`: with `\s*` a file of empty lines would take quadratic time.
_MARKS: Final = (
    ("postgres", (r"^\\(?:set|unset|if|endif|ir?|include|echo|c|connect|gset|copy)\b",)),  # psql's own commands
    ("sqlite", (
        r"\bautoincrement\b", r"^[ \t]*pragma\s", r"\bwithout\s+rowid\b", r"\binsert\s+or\s+(?:replace|ignore|abort)\b",
        r"\bsqlite_\w+", r"\bvirtual\s+table\b", r"\)\s{0,9}strict[ \t]*(?:;|$)", r"\bstrftime\s*\(",
        r"\balter\s+column\s+\S+\s+to\s",
        r"\bcreate\s+(?:temp\s+|temporary\s+)?trigger\b(?:(?!\beach\s+row\b)[^;]){1,400}\bbegin\b",
        r"\bcreate\s+(?:temp\s+|temporary\s+)?trigger\b(?:(?!\bwhen\b|\bbegin\b)[^;]){1,600}\bwhen\b[^;]{1,900}\bbegin\b",
        r"^[ \t]*reindex\s+(?!(?:index|table|schema|database|system|concurrently)\b)[\w\"]",
        r"\braise\s*\(\s*(?:abort|fail|ignore|rollback)\b",
        r"(?<!\bas\s)\bunsigned\s+(?:(?:long|big)\s+)?int(?:eger)?\b",
        r"`\s+integer\s+primary\s+key(?:\s+not\s+null)?[ \t]*[,\r\n)]",
    )),
    ("clickhouse", (
        r"\bengine\s*=?\s*(?:replicated|shared)?(?:replacing|summing|aggregating|collapsing)?mergetree\b",
        r"\bon\s+cluster\s+'?\{", r"\blowcardinality\s*\(", r"\balter\s+table\s+\S+\s+update\b",
        r"\bcodec\s*\(\s*(?:zstd|lz4|delta|doubledelta|gorilla|t64)\b", r"\bmodify\s+ttl\b",
        r"\bmaterialized\s+view\s+(?:if\s+not\s+exists\s+)?\S+\s+to\s+\S",
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
        r"\badd\s+(?:fulltext\s+|unique\s+)?(?:index|key)\b",
        r"\bupdate\s+\w+\s+(?:(?:as\s+)?\w+\s+)?(?:inner\s+|left\s+|cross\s+)?join\b",
        r"^[ \t]*#", r"\balter\s+table\s+\S+\s+rename\s+(?:to\s+|as\s+)?\w+\.\w", r"\bdelete\s+(?!from\b)\w+\s+from\b",
        r"\block\s+tables\b", r"^[ \t]*use\s+\w+\s*;", r"\bdrop\s+primary\s+key\b", r"\bdrop\s+index\s+\w+\s+on\b",
        r"\bdrop\s+temporary\s+table\b", r"\binsert\s+ignore\b", r"\bon\s+update\s+current_timestamp\b",
        r"\badd\s+(?:column\s+)?\(\s*\w+\s+(?:(?:small|big)?int|varchar|text|date|datetime|decimal)\b",
        r"\badd\s+(?:column\s+)?\w+\s[^,;\n]{1,200}\s(?:after\s+\w+|first)[ \t]*(?:[,;]|$)",
        r"\bcomment\s+\"", r"\bcomment {3,}(?:[,;)]|after\b|$)", r"\)\s*comment\s*=", r"\badd\s+(?:fulltext|spatial)\b",
        r"\b(?:fulltext|spatial)\s+(?:index|key)\b",
        r"\block\s*=\s*(?:none|shared|exclusive|default)\b", r"\bunique\s+(?:key|index)\s*\(", r"\bunique\s+key\s+\w",
        r"\badd\s+unique\s+\w+\s*\(", r"\b(?:drop|rename)\s+key\b", r"\brename\s+index\b", r"\brename\s+as\b",
        r"\balter\s+table\s+\S+\s+rename\s+[\w.]+[ \t]*;",
        r"\balter\s+table\s+\S+\s+(?:drop\s+index|comment|order\s+by)\b", r"\bdrop\s+(?:check|partition)\b",
        r"\bpartitions\s+\d",
        r"\bcharacter\s+set\s+\w", r"\)\s+using\s+(?:btree|hash)[ \t]*[;,]", r"\b(?:optimize|alter\s+ignore)\s+table\b",
        r"\binsert\s+into\s+\w+\s+set\s", r"\bset\s+new\.", r"\balter\s+index\s+\w+\s+(?:in)?visible\b",
        r"\b(?:update|delete)\s[^;()]{1,300}\slimit\s+\d+[ \t]*;",
        r"\b(?:small|medium|big)?int(?:eger)?\s?\(\s?\d+\s?\)", r"\badd\s+foreign\s+key\s+\w+\s?\(",
    )),
    ("oracle", (r"\bvarchar2\s*\(", r"\bnumber\s*\(\s*\d+", r"^[ \t]*/[ \t]*$")),
    ("postgres", (
        r"::\s*[a-z]", r"\b(?:big)?serial\b", r"\bjsonb\b", r"\btimestamptz\b", r"\bbytea\b", r"\bilike\b",
        r"\bconcurrently\b", r"\bplpgsql\b", r"\blanguage\s+sql\b",
    )),
)  # fmt: skip
_STRING_FOR_A_NAME: Final = re.compile(
    r"\balter\s{1,9}table\s{1,9}\S{1,99}\s{1,9}add\s{1,9}(?:column\s{1,9})?'\w{1,99}'\s{1,9}\w",
    re.IGNORECASE | re.ASCII,
)
_ESCAPED: Final = "\\'"
"""A quote that a backslash takes its meaning from."""
_POSTGRES_WORDS: Final = (
    "::", "jsonb", "timestamptz", "gen_random_uuid", "plpgsql", "concurrently", "with time zone",
    "row level security", "create extension", "create type", "alter type", "using btree", "using gin", "using gist",
    "security definer", "bytea", "not valid", "pg_catalog", "uuid_generate", "lock_timeout", "set not null",
    "drop not null", "set data type", 'add constraint "', 'drop constraint "', "timestamp(3)", "text[]", '"public".',
    "citext", "nextval(", "generated always as identity", "generated by default as identity",
)  # fmt: skip
_SERIAL: Final = re.compile(
    r"[\w\"]\s{1,9}(?:big|small)?serial[248]?\b"
    r"(?=\s{0,9}(?:[,);]|\Z|(?:primary|not|null|unique|default|references|constraint|check)\b))",
    re.ASCII,
)
"""The type, behind the name of its column: no column `serial` or `serial_number`."""
_FOREIGN_WORDS: Final = (
    ("tinyint", "mysql"), ("longtext", "mysql"), ("mediumtext", "mysql"), ("datetime(3", "mysql"),
    ("datetime(6", "mysql"), ("foreign_key_checks", "mysql"), ("nvarchar(", "tsql"), ("datetime2", "tsql"),
    ("varchar2(", "oracle"),
    ("sqlite_", "sqlite"), ("integer primary key", "sqlite"),
    ("collate nocase", "sqlite"), ("datetime('", "sqlite"), ("strftime(", "sqlite"), ("strftime (", "sqlite"),
)  # fmt: skip


def marked(text: str) -> str:
    """The dialect of a text that PostgreSQL understands: it may still be another's, or nobody's in particular ('')."""
    lowered = text[:_LARGEST].lower()
    if "/*!" in lowered and not any(word in lowered for word in ("$$", "::")):
        return "mysql"  # a comment that MySQL runs: its `serial` is none of PostgreSQL's
    if _says_postgres(text[:_LARGEST], lowered):
        return "postgres"
    found = [(word, name) for word, name in _FOREIGN_WORDS if word in lowered]
    code = uncommented(text[:_LARGEST]).lower() if found else ""
    return next((name for word, name in found if word in code), "")


def _says_postgres(text: str, lowered: str) -> bool:
    """Whether its code does: what a comment or a value says is about something else (`serialized`, `Action::Pay`)."""
    if "$$" in lowered and any(token.kind == "dollar" for token in pieces(text, ANY)):
        return True
    said = [word for word in _POSTGRES_WORDS if word in lowered]
    if not said and "serial" not in lowered:
        return False
    code = code_of(text).lower()
    return any(word in code for word in said) or _SERIAL.search(code) is not None


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.MULTILINE | re.ASCII)


def guess(text: str) -> str:
    """postgres, mysql, sqlite, tsql, oracle, clickhouse, or '' where nothing tells.

    Meant for text that PostgreSQL does not understand: its own marks count last.
    """
    sample = code_of(text[:_LARGEST]).lower()
    found = next((name for name, patterns in _MARKS if _pattern(patterns).search(sample)), "")
    if not found and _STRING_FOR_A_NAME.search(text[:_LARGEST]):
        return "sqlite"
    return found or ("mysql" if _ESCAPED in text[:_LARGEST] else "")
