"""Names of entities: from classes and tables to `snake_case` singulars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "criteria": "criterion", "phenomena": "phenomenon", "indices": "index",
    "vertices": "vertex", "matrices": "matrix", "appendices": "appendix", "analyses": "analysis", "bases": "basis",
    "crises": "crisis", "theses": "thesis", "hypotheses": "hypothesis", "diagnoses": "diagnosis", "axes": "axis",
    "quizzes": "quiz", "leaves": "leaf", "lives": "life", "wives": "wife", "knives": "knife", "shelves": "shelf",
    "halves": "half", "wolves": "wolf", "loaves": "loaf", "thieves": "thief", "selves": "self", "calves": "calf",
    "schemata": "schema", "stigmata": "stigma", "alumni": "alumnus", "stimuli": "stimulus", "radii": "radius",
    "fungi": "fungus", "cacti": "cactus", "syllabi": "syllabus", "oxen": "ox", "errata": "erratum",
    "addenda": "addendum", "memoranda": "memorandum", "curricula": "curriculum", "metadata": "metadata",
    "taxa": "taxon",
}  # fmt: skip
_VERSION = re.compile(r"_?v\d+$")
_FIRST_DATA = re.compile(
    r"(?:^|/)(?:init_?db|initial_?data|init_?data|(?:\w+_)?seed\w*|bootstrap\w*|fixtures?|first_?run|"
    r"(?:\w+_)?(?:sample|fake|demo|dummy)_?data)(?:/|\.py$)"
)
_LATIN = {"data": "datum", "media": "medium"}
"""Plurals that code mostly treats as singulars: both pass."""
_SAME = frozenset({
    "news", "series", "species", "equipment", "information", "sms", "dns", "https", "ios", "aws", "gps", "pos",
    "canvas", "alias", "bias", "atlas", "gas", "lens", "iris", "corps", "chassis", "analytics", "statistics",
    "kubernetes",
})  # fmt: skip


_OF_RUNNERS = frozenset({
    "alembic_version", "schema_migrations", "django_migrations", "goose_db_version", "flyway_schema_history",
    "_prisma_migrations", "__drizzle_migrations", "__diesel_schema_migrations", "_sqlx_migrations", "knex_migrations",
    "knex_migrations_lock", "pgmigrations", "gorp_migrations", "databasechangelog", "databasechangeloglock",
    "ar_internal_metadata",
})  # fmt: skip


def is_of_runner(table: str) -> bool:
    """Whether a table, by its physical name, is where a runner of migrations notes its own work."""
    return table.rpartition(".")[2].lower() in _OF_RUNNERS


def snake(name: str) -> str:
    """`JournalEntry` → `journal_entry`, `HTTPLog` → `http_log`; other separators become underscores."""
    return _CAMEL.sub("_", name).lower().replace("-", "_").replace(" ", "_").replace("__", "_").strip("_")


def written_like(name: str, neighbours: Iterable[str]) -> str:
    """A snake_case name as its neighbours are written: `userId` where one of them is in camelCase."""
    if not any(re.search("^[a-z]+[A-Z]", each) for each in neighbours):
        return name
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@cache
def singulars(name: str) -> frozenset[str]:
    """Every plausible singular of a snake_case name, itself included: `statuses` → status, statuse; `addresses` →
    address, addresse.

    Only the last word changes, and the first of a phrase like `points_of_sale`.
    """
    head, _, last = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    found = {name, *(prefix + word for word in _singular_words(last))}
    if "_of_" in name:
        first, _, rest = name.partition("_of_")
        found |= {f"{word}_of_{rest}" for word in singulars(first)}
    return frozenset(found)


def singular(name: str) -> str:
    """The most likely singular of a snake_case name, for messages."""
    head, _, last = name.rpartition("_")
    return (f"{head}_" if head else "") + _most_likely(last)


def _most_likely(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _SAME or not word.endswith("s") or word.endswith(("ss", "us", "is")) or len(word) <= 2:
        return word
    if word.endswith("ies") and len(word) > 4:
        return (
            word[:-3] + "y"
            if word not in {"movies", "cookies", "calories", "zombies", "selfies", "brownies", "rookies"}
            else word[:-1]
        )
    if word.endswith(("sses", "shes", "ches", "xes", "zzes", "uses")) and word not in {
        "causes",
        "houses",
        "clauses",
        "pauses",
        "caches",
        "uses",
        "axes",
    }:
        return word[:-2]
    return word[:-1]


def _singular_words(word: str) -> set[str]:
    found = {_most_likely(word), _LATIN.get(word, word)}
    if word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
    if word.endswith("es"):
        found.add(word[:-2])
    if word.endswith("ies"):
        found.add(word[:-3] + "y")
    if word.endswith("ves"):
        found |= {word[:-3] + "f", word[:-3] + "fe"}
    return {each for each in found if each}


def class_entities(class_name: str, suffixes: tuple[str, ...] = ()) -> list[str]:
    """Plausible entity names of a class, the best first: `UserTable` → user, user_table. `suffixes` are what a house
    appends.
    """
    stripped = next(
        (class_name.removesuffix(s) for s in suffixes if s and class_name.endswith(s) and class_name != s), class_name
    )
    found = [_own_singular(_joined_acronyms(snake(stripped)))]
    for name in (stripped, class_name, re.sub(r"V\d+$", "", stripped) or stripped):
        for spelled in (_joined_acronyms(snake(name)), snake(name)):
            found.extend(sorted(singulars(spelled)))
    return list(dict.fromkeys(found))


def _own_singular(name: str) -> str:
    """A class is named in the singular already, unless it plainly is not: `Users`, but `Media` and `OrderData` stay."""
    return singular(name) if name.endswith("s") else name


def table_entities(name: str, prefix: str = "") -> list[str]:
    """Plausible entity names of a physical table name, the best first; `prefix` (Django's app label) may stand before
    it.
    """
    bare_name = name.rpartition(".")[2]
    plain = bare_name.lower().replace("-", "_").replace(" ", "_").strip("_")
    found: list[str] = []
    unversioned = _VERSION.sub("", plain)
    words = (snake(bare_name),) if bare_name != plain else ()
    for each in (*words, unversioned.removeprefix(f"{prefix}_") if prefix else unversioned, plain):
        found.append(singular(each))
        found.extend(sorted(singulars(each)))
    return list(dict.fromkeys(entity for entity in found if entity))


def same_name(first: str, second: str) -> bool:
    """Whether two snake_case names are one, however their words are divided: `oauth2_client` and `o_auth2_client`."""
    return first.replace("_", "") == second.replace("_", "")


def _joined_acronyms(name: str) -> str:
    return name.replace("o_auth", "oauth")


def bare(name: str) -> str:
    """The last part of a name of the database, in lower case: what it is called without its schema."""
    return name.rpartition(".")[2].lower()


def bare_as_written(name: str) -> str:
    """The same for a name in SQL text, where it may stand in quotation marks."""
    return bare(name).strip('"')


BARE_KEYS = frozenset({"id", "pk", "uuid", "uid", "guid", "key", "oid"})
"""Names of keys that do not say what they identify."""


def says_deleted(column: str) -> bool:
    """Whether a flag is set once a row is deleted (`is_deleted`), and not while it is alive (`is_active`)."""
    return re.search("delet|remov|trash|archiv|inactive|disabled", column.lower()) is not None


def says_first_data(path: str) -> bool:
    """Whether a file (posix path) is there to fill an empty database, as its name or a folder's says."""
    return _FIRST_DATA.search(path) is not None


SHORT_LIVED: tuple[str, ...] = (
    "*session", "*sessions", "*token", "*tokens", "*otp", "*otps", "*verification", "*verifications", "*nonce*",
    "*authorization_code", "*authorization_codes", "*oauth*_state", "*oauth*_states", "*_log", "*_logs", "*_lock",
    "*_locks",
)  # fmt: skip
"""Patterns of names of tables whose rows come and go: sign-ins, tokens, logs."""


def matches_any(patterns: Iterable[str], *names: str) -> bool:
    """Whether one of the names has the form of one of the patterns (`*_settings`); the case of letters counts."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def listed(columns: Sequence[str]) -> str:
    """Columns as a message says them, five of them at most: `` `a`, `b` and 3 more ``; those without a name are
    expressions.
    """
    names = [f"`{name}`" for name in columns if name]
    unnamed = len(columns) - len(names)
    expressions = "an expression" if unnamed == 1 else f"{unnamed} expressions" if unnamed else ""
    if len(names) > 5:
        expressions = f"{len(columns) - 5} more"
    return " and ".join(part for part in (", ".join(names[:5]), expressions) if part)


def is_word_of_strings(name: str) -> bool:
    """Whether `FileFacts.words` has this name of every file in whose strings it stands as it is."""
    return len(name) > 2 and name.isascii() and name.isidentifier() and ("_" in name or name.islower())
