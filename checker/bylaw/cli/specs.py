"""`bylaw test`: runs the specs of rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bylaw.cli import FAILED
from bylaw.cli.output import Output
from bylaw.config import locate, resolve
from bylaw.errors import UsageError
from bylaw.packs import add_pack
from bylaw.reporters.tally import plural
from bylaw.rule import Rule
from bylaw.spec import run_spec

_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__"})


def run_specs(paths: tuple[Path, ...], packs: tuple[Path, ...], config: Path | None) -> int:
    """Run every spec (a Markdown file named after a rule) below `paths`, or here. Returns 1 when one fails."""
    output = Output()
    rules = _rules(packs, config)
    specs = list(_specs(paths or (Path(),), rules))
    if not specs:
        output.note("bylaw: there is no spec here: a spec is a Markdown file named after a rule, as in no-any.md")
        output.flush()
        return FAILED
    failures = 0
    for spec in specs:
        for failure in run_spec(spec, rules):
            failures += 1
            output.print(f"{failure.case}: {failure.message}\n")
    output.print(f"{plural(len(specs), 'spec')}, {plural(failures, 'failure')}.\n")
    output.flush()
    return int(failures > 0)


def _rules(packs: tuple[Path, ...], config: Path | None) -> Mapping[str, Rule]:
    rules = dict(resolve(locate(Path.cwd(), config)).rules)
    for folder in packs:
        add_pack(rules, folder, str(folder))
    return rules


def _specs(paths: tuple[Path, ...], rules: Mapping[str, Rule]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from _below(path, rules)
        else:
            raise UsageError(f"{path}: there is no such file or folder")


def _below(folder: Path, rules: Mapping[str, Rule]) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(files):
            if name.endswith(".md") and name.removesuffix(".md") in rules:
                yield Path(current, name)
