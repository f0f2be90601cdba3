"""What the functions of one file import, call and discover when they run."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from bylaw.facts.code import CallSite
from bylaw.facts.file import FileFacts

DISCOVERIES = frozenset({
    "import_module", "walk_packages", "iter_modules", "find_modules", "import_string", "autodiscover",
    "autodiscover_modules",
    "import_submodules", "import_by_path", "__import__", "entry_points", "iter_entry_points", "spec_from_file_location",
    "module_from_spec", "load_module",
})  # fmt: skip
"""Calls that import what they are told at run time."""


class Uses(msgspec.Struct):
    """What runs with a function: names that it imports, packages of which it imports all (`from … import *`), names
    that it calls or decorates with, modules it discovers.
    """

    imports: list[str] = msgspec.field(default_factory=list)
    stars: list[str] = msgspec.field(default_factory=list)
    runs: list[str] = msgspec.field(default_factory=list)
    discoveries: list[CallSite] = msgspec.field(default_factory=list)


NOTHING = Uses()


def uses_of(file: FileFacts) -> dict[str, Uses]:
    """By the qualified name of the function, '' for the top level. Imports for type checkers are none."""
    found: defaultdict[str, Uses] = defaultdict(Uses)
    for item in file.imports:
        if not item.typing_only:
            found[item.function].imports.append(item.target)
            if item.local == "*":
                found[item.function].stars.append(item.target)
    for reference in file.references:
        if reference.role in {"called", "decorator"}:
            found[reference.function].runs.append(reference.name)
    for site in file.calls:
        if site.call.method in DISCOVERIES:
            found[site.function].discoveries.append(site)
    return found
