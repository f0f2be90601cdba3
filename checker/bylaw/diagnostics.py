"""What a rule says (`Finding`), what the user is shown (`Diagnostic`), and how it is repaired (`Fix`).

Plain frozen values: no tree nodes, no files, nothing that knows a parser.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bylaw.source import Location, Span

Severity = Literal["error", "warning", "info"]
Applicability = Literal["safe", "unsafe", "display"]
Concern = Literal["compatibility", "locking", "data-loss", "robustness", "unread"]


class Replace(msgspec.Struct, frozen=True, tag=True):
    """Put `content` where `span` stands; an empty span inserts."""

    path: str
    span: Span
    content: str


class AddImport(msgspec.Struct, frozen=True, tag=True):
    """Make `name` of `module` available at the top of a Python file (`from module import name [as alias]`).

    An empty `name` means `import module`. Nothing happens when the file already has it.
    """

    path: str
    module: str
    name: str = ""
    alias: str = ""


class InsertStatement(msgspec.Struct, frozen=True, tag=True):
    """Insert one Python statement on a line of its own, after (or before) the statement around `span`, same
    indentation.
    """

    path: str
    span: Span
    statement: str
    where: Literal["after", "before"] = "after"


class SetKeyword(msgspec.Struct, frozen=True, tag=True):
    """Set `keyword=value` in the Python call at `span`; an existing value is replaced."""

    path: str
    span: Span
    keyword: str
    value: str


class RemoveStatement(msgspec.Struct, frozen=True, tag=True):
    """Remove the Python statement around `span`, with its line."""

    path: str
    span: Span


class HoistImport(msgspec.Struct, frozen=True, tag=True):
    """Move the Python import statement at `span` out of its function, to the top of the file."""

    path: str
    span: Span


class Delete(msgspec.Struct, frozen=True, tag=True):
    """Take the words at `span` away, in any language, with the blanks on one side: `a NOT NULL,` becomes `a,`."""

    path: str
    span: Span


class WrapStatement(msgspec.Struct, frozen=True, tag=True):
    """Put the Python statement around `span` into a block that `header` opens (`with lock:`).

    Statements that stand next to each other and want the same header share one block.
    """

    path: str
    span: Span
    header: str


class InsertItem(msgspec.Struct, frozen=True, tag=True):
    """Insert `item` into the Python list or tuple, before its element around `span`."""

    path: str
    span: Span
    item: str


Edit = (
    Replace
    | AddImport
    | InsertStatement
    | SetKeyword
    | RemoveStatement
    | HoistImport
    | Delete
    | WrapStatement
    | InsertItem
)


class Fix(msgspec.Struct, frozen=True):
    """A repair. `safe` fixes keep behaviour, `unsafe` ones may change it, `display` ones are only shown."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "unsafe"


class Related(msgspec.Struct, frozen=True):
    """Another place that belongs to the finding, and why."""

    location: Location
    message: str


class Finding(msgspec.Struct, frozen=True):
    """What a rule yields: the place, one sentence, and what to do. The engine adds name and severity."""

    location: Location
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    concern: Concern | None = None
    severity: Severity | None = None
    """Set only where one rule has graded cases; the configured level caps it."""


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding of one rule, ready to be reported."""

    rule: str
    category: str
    severity: Severity
    location: Location
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    concern: Concern | None = None
    fingerprint: str = ""
    """Stable over line shifts: made of rule, path, message and the count of equal ones before it."""

    @property
    def changed_paths(self) -> frozenset[str]:
        """The files that its fix changes; none where it has no fix."""
        return frozenset(edit.path for edit in self.fix.edits) if self.fix is not None else frozenset()
