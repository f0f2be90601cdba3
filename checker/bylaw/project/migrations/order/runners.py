"""What stands beside SQL files: who runs them, where they do not say it, and in which order, where a plan does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

import msgspec

from bylaw.patterns import regex
from bylaw.project.migrations.drivers import server_of_drivers
from bylaw.project.paths import inside, upwards

Read = Callable[[str], "str | None"]
"""The text of a file of the project, by its path from the root; None where there is none."""

_CARGO: Final = "Cargo.toml"
_GO: Final = "go.mod"
_SHARED_LAYOUTS: Final = frozenset({"", "golang-migrate"})
"""What a file's name alone comes to: `….up.sql` is written by more than one tool."""
_MOST_LEVELS: Final = 6
MOST_CHARACTERS: Final = 200_000
_SQLX: Final = r"(?:sqlx|\[profile\.\w+\.package\.sqlx-macros\])"
"""A workspace whose crates alone list it says how its macros are compiled."""
_NAMED_IN: Final[tuple[tuple[str, tuple[tuple[str, str], ...]], ...]] = (
    (_CARGO, ((_SQLX, "sqlx"), ("diesel", "diesel"), ("refinery", ""), ("sea-orm-migration", ""))),
    (_GO, (("github.com/mattermost/morph", "morph"), ("github.com/(?:gobuffalo|ory)/pop", "pop"))),
    (
        "package.json",
        (
            ("node-pg-migrate", "node-pg-migrate"),
            ("postgrator", "postgrator"),
            ("db-migrate", "db-migrate"),
            ("postgres-migrations", "postgres-migrations"),
        ),
    ),
    ("pyproject.toml", (("yoyo-migrations", "yoyo"),)),
    ("requirements.txt", (("yoyo-migrations", "yoyo"),)),
)
"""Files that list what a project is made of, and the libraries that run SQL files. '' is one that bylaw knows
nothing of.
"""
_PLANNED: Final = regex(r"^(?![%@#\s])(?P<name>[^\s\[]+)")
_TAGGED: Final = regex(r"^@(?P<tag>\S+)")
FLYWAY_FILES: Final = (
    "flyway.user.toml", "flyway.toml", "conf/flyway.toml", "flyway.conf", "conf/flyway.conf", "application.properties",
)  # fmt: skip
"""Where Flyway is configured, what counts first ("Configuration Precedence", "TOML Configuration File"), and Spring."""
_LOCATIONS: Final = re.compile(r"^[ \t]*(?:spring\.)?(?:flyway\.)?locations[ \t]*=[ \t]*([^\n]+)", re.MULTILINE)
_PLACES: Final = regex(r"^[ \t]*(?:recursive_)?version_locations[ \t]*=[ \t]*\S", re.MULTILINE)
_JOURNAL: Final = "meta/_journal.json"
_JOURNAL_DIALECTS: Final = {
    "postgresql": "postgres", "pg": "postgres", "mysql": "mysql", "singlestore": "singlestore", "sqlite": "sqlite",
    "turso": "sqlite",
}  # fmt: skip
_OFF: Final = regex(r"^[ \t]*run_in_transaction[ \t]*=[ \t]*(true|false)\b", re.MULTILINE)


class _Entry(msgspec.Struct, frozen=True):
    tag: str
    idx: int = 0


class _Journal(msgspec.Struct, frozen=True):
    entries: tuple[_Entry, ...] = ()
    dialect: str | None = ""


class Runners:
    """Answers for the folders of one project; every file is read once."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._texts: dict[str, str] = {}

    def runner(self, folder: str, layout: str) -> str:
        """Who runs the SQL files of a folder: `layout`, unless that leaves it open and something beside them tells."""
        if layout == "flyway" and self._is_refinerys(folder):
            return "refinery"
        if layout not in _SHARED_LAYOUTS:
            return layout
        if not layout and self._text(folder, "atlas.sum"):
            return "atlas"
        above = folder.rpartition("/")[0]
        if not layout and folder.rpartition("/")[2] == "deploy" and self._text(above, "sqitch.plan"):
            return "sqitch"
        for outer in islice(upwards(folder), _MOST_LEVELS):
            found = self._listed(outer, layout)
            if found is not None:
                return found or layout
        return layout

    def plan(self, folder: str, layout: str) -> Mapping[str, int]:
        """The places of migrations, by name, where a file says in which order they run. Empty where none does."""
        if layout == "sqitch":
            return sqitch_plan(self._text(folder.rpartition("/")[0], "sqitch.plan"))
        if layout != "drizzle":
            return {}
        entries = sorted(_journal(self._text(folder, _JOURNAL)).entries, key=lambda entry: entry.idx)
        return {entry.tag: at for at, entry in enumerate(entries)}

    def dialect(self, folder: str, layout: str) -> str:
        """What the generator of the files wrote down of their dialect; '' where it did not."""
        if layout != "drizzle":
            return ""
        return _JOURNAL_DIALECTS.get(_journal(self._text(folder, _JOURNAL)).dialect or "", "")

    def are_locations(self, one: str, other: str) -> bool:
        """Whether a configuration of Flyway, beside a folder or above it, names both folders."""
        for above in upwards(one):
            for name in FLYWAY_FILES:
                found = _LOCATIONS.search(self._text(above, name))
                if found is not None:
                    named = [place for place in re.split(r"[\s,\"'\[\]]+", found[1]) if place]
                    ends = [place.rpartition(":")[2].strip("./") for place in named]
                    return all(any(f"/{folder}".endswith(f"/{end}") for end in ends if end) for folder in (one, other))
        return False

    def has_places(self, folder: str) -> bool:
        """Whether an `alembic.ini`, or the project's file, beside a folder or above it, says where revisions stand:
        elsewhere, perhaps, or in folders of folders.
        """
        names = ("alembic.ini", "pyproject.toml")
        return any(_PLACES.search(self._text(above, name)) for above in upwards(folder) for name in names)

    def server(self, folder: str) -> str:
        """The only database that the program around the folder has a driver for; '' where that is not known."""
        return server_of_drivers(folder, self._read)

    def transactional(self, folder: str) -> bool | None:
        """What Diesel's `metadata.toml`, in a migration's own folder, says of its transaction."""
        found = _OFF.search(self._text(folder, "metadata.toml"))
        return None if found is None else found[1] == "true"

    def _is_refinerys(self, folder: str) -> bool:
        """Whether the crate around the folder uses refinery, which names its files as Flyway does."""
        return any(
            (text := self._text(outer, _CARGO)) and _names(text, r"refinery(?:-core)?")
            for outer in islice(upwards(folder), _MOST_LEVELS)
        )

    def _listed(self, folder: str, layout: str) -> str | None:
        """The only runner that the project in this folder is made of; '' for one that is not known, or several."""
        if not layout and self._text(folder, "yoyo.ini"):
            return "yoyo"
        for name, libraries in _NAMED_IN:
            if layout and name not in {_CARGO, _GO}:
                continue
            text = self._text(folder, name)
            found = {runner for library, runner in libraries if text and _names(text, library)}
            if found:
                return found.pop() if len(found) == 1 else ""
        return None

    def _text(self, folder: str, name: str) -> str:
        path = inside(folder, name)
        if path not in self._texts:
            self._texts[path] = (self._read(path) or "")[:MOST_CHARACTERS]
        return self._texts[path]


def _names(text: str, library: str) -> bool:
    """Whether a line of TOML, JSON or a list of requirements begins with the library, or its table is named so."""
    begins = rf"^[ \t]*(?:\[[\w.-]*dependencies\.|[\w-]+[ \t]*=[ \t]*\[)?[\"']?{library}(?![\w-])"
    return re.search(begins, text, re.MULTILINE) is not None


def sqitch_plan(text: str) -> dict[str, int]:
    """The places of changes, by name.

    A change that was reworked stands in it more than once: an earlier file bears one of the tags that came behind it
    and before the next of its kind.
    """
    lines = text.splitlines()
    names = [match["name"] for line in lines if (match := _PLANNED.match(line))]
    reworked = {name for name, times in Counter(names).items() if times > 1}
    places: dict[str, int] = {}
    for at, line in enumerate(lines):
        tag = _TAGGED.match(line)
        if tag is not None:
            places |= {f"{name}@{tag['tag']}": places[name] for name in reworked & places.keys()}
        change = _PLANNED.match(line)
        if change is not None:
            places[change["name"]] = at
    return places


def _journal(text: str) -> _Journal:
    try:
        return msgspec.json.decode(text or "{}", type=_Journal)
    except (msgspec.MsgspecError, RecursionError):
        return _Journal()
