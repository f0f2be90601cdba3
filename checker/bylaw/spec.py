"""Runs executable rule specs: one Markdown file per rule, with bad, good and fixed cases.

A spec is named after its rule (`no-any.md`). Its cases are level-2 headings that start with `good:` or `bad:`; the
fenced blocks below one are the files of a small project, their paths in the info string:

    ## bad: a parameter
    ```python app/service.py
    def load(raw: Any) -> None: ...  # expect: no-any
    ```

- `# expect: rule` (SQL: `-- expect: rule`) at the end of a line says that exactly there the rule reports; `# expect:
  rule x2` says twice, `# expect(+1): rule` speaks of another line, a quoted text after the name must occur in the
  message. The comments are removed before the files are read.
- a good case reports nothing of the rule; a bad case reports exactly what it expects.
- a ```` ```toml options ```` block holds the rule's options, ```` ```toml settings ```` the `layout` and `migrations`
  tables; there `[history]` with `base = ["path", …]` says which of the files the default branch holds already.
- a path that is followed by `base` (```` ```python app/models.py base ````) gives the file as the default branch holds
  it.
- a level-3 heading `### fixed` (after all unsafe fixes) or `### fixed safe` is followed by the files that change, as
  they are then.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bylaw.config.options import build_options
from bylaw.errors import BylawError
from bylaw.rule import Rule
from bylaw.settings import Layout, MigrationSettings, RuleSetting, Settings

_FENCE = re.compile(r"^(`{3,})(\S*)[ \t]*(.*?)[ \t]*$")
_EXPECT = re.compile(
    r"[ \t]*(?:#|--)[ \t]*expect(?:\((?P<shift>[+-]\d+)\))?:[ \t]*(?P<rule>[a-z][a-z0-9-]*)"
    r"(?:[ \t]+x(?P<count>\d+))?(?:[ \t]+\"(?P<text>[^\"]*)\")?[ \t]*$"
)


class SpecError(BylawError):
    """A spec file is not written as this module describes."""


@dataclass(frozen=True)
class Expectation:
    """A diagnostic that a case expects: at this line (1-based), with this text in its message."""

    path: str
    line: int
    text: str = ""


@dataclass
class Case:
    """One good or bad case. `files` are without their expect comments."""

    title: str
    good: bool
    line: int
    files: dict[str, str] = field(default_factory=dict)
    expected: list[Expectation] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    fixed_safe: dict[str, str] = field(default_factory=dict)
    base: dict[str, str] = field(default_factory=dict)
    """What the default branch holds otherwise."""


@dataclass(frozen=True)
class Failure:
    """Why a case does not hold, in words."""

    case: str
    message: str


def parse_spec(text: str, name: str) -> list[Case]:
    """The cases of a spec. Raises SpecError for a block that belongs to no case or an unknown kind of heading."""
    cases: list[Case] = []
    target: dict[str, str] | None = None
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("## "):
            kind, _, title = line[3:].partition(":")
            if kind not in {"good", "bad"}:
                raise SpecError(f"{name}:{at + 1}: a case starts with `## good:` or `## bad:`")
            cases.append(Case(title.strip(), kind == "good", at + 1))
            target = cases[-1].files
        elif line.startswith("### "):
            wanted = line[4:].strip()
            if not cases or wanted not in {"fixed", "fixed safe"}:
                raise SpecError(f"{name}:{at + 1}: only `### fixed` and `### fixed safe` are known, below a case")
            target = cases[-1].fixed_safe if wanted == "fixed safe" else cases[-1].fixed
        elif match := _FENCE.match(line):
            body, at = _fenced(lines, at, match[1], name)
            if cases and target is not None:
                _take(cases[-1], target, match[2], match[3], body, f"{name}:{at + 1}")
        at += 1
    return cases


def _fenced(lines: list[str], start: int, fence: str, name: str) -> tuple[list[str], int]:
    for end in range(start + 1, len(lines)):
        if lines[end].rstrip() == fence:
            return lines[start + 1 : end], end
    raise SpecError(f"{name}:{start + 1}: the block is never closed")


def _take(case: Case, target: dict[str, str], language: str, info: str, body: list[str], where: str) -> None:
    if language == "toml" and info in {"options", "settings"}:
        try:
            setattr(case, info, tomllib.loads("\n".join(body)))
        except tomllib.TOMLDecodeError as error:
            raise SpecError(f"{where}: {error}") from None
        return
    if not info:
        raise SpecError(f"{where}: a block needs a path: ```python app/models.py")
    if target is case.files and info.endswith(" base"):
        info, target = info.removesuffix(" base").rstrip(), case.base
    elif target is case.files:
        body = list(_without_expectations(body, info, case))
    target[info] = "".join(f"{line}\n" for line in body)


def _without_expectations(body: list[str], path: str, case: Case) -> Iterator[str]:
    for number, line in enumerate(body, start=1):
        match = _EXPECT.search(line)
        if match is None:
            yield line
            continue
        for _ in range(int(match["count"] or 1)):
            case.expected.append(Expectation(path, number + int(match["shift"] or 0), match["text"] or ""))
        yield line[: match.start()]


def run_spec(path: Path, rules: Mapping[str, Rule]) -> Iterator[Failure]:
    """Run all cases of a spec file against the rule that it is named after."""
    rule = rules.get(path.stem)
    if rule is None:
        raise SpecError(f"{path}: there is no rule {path.stem}")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    cases = parse_spec(text, str(path))
    if not any(case.good for case in cases) or all(case.good for case in cases):
        yield Failure(path.stem, "a spec needs good and bad cases")
    for case in cases:
        for message in check_case(case, rule, f"{path.name}:{case.line}"):
            yield Failure(f"{path.name}:{case.line}: {case.title}", message)


def settings_for(case: Case, rule: Rule, where: str) -> Settings:
    """Settings under which only `rule` runs, with the options and settings of the case."""
    options = build_options(rule, case.options, where)
    unknown = case.settings.keys() - {"layout", "migrations", "history"}
    if unknown:
        raise SpecError(f"{where}: settings are layout, migrations and history, not {', '.join(sorted(unknown))}")
    layout = _spelled(case.settings.get("layout", {}), Layout, f"{where}: layout")
    migrations = _spelled(case.settings.get("migrations", {}), MigrationSettings, f"{where}: migrations")
    everything = "history" not in case.settings and not case.base and "accepted_through" not in migrations
    return Settings(
        rules={rule.name: RuleSetting(rule.severity, options)},
        layout=msgspec.convert(layout, Layout),
        migrations=msgspec.convert({"judge_all": everything, **migrations}, MigrationSettings),
    )


def _spelled(table: object, kind: type[msgspec.Struct], where: str) -> dict[str, object]:
    """The table with its keys as the fields of `kind` spell them. Raises SpecError when it is none of that kind."""
    if not isinstance(table, dict):
        raise SpecError(f"{where}: must be a table")
    spelled = {key.replace("-", "_"): value for key, value in table.items()}
    for key in spelled.keys() - set(kind.__struct_fields__):
        raise SpecError(f"{where}.{key}: unknown key; the keys here are {', '.join(kind.__struct_fields__)}")
    try:
        msgspec.convert(spelled, kind)
    except msgspec.ValidationError as error:
        raise SpecError(f"{where}: {error}") from None
    return spelled


def _held_by_the_base(case: Case, where: str) -> list[str] | None:
    """The files that the default branch holds already; None where a case says nothing of it."""
    history = case.settings.get("history", {})
    base = history.get("base", [*case.base] or None) if isinstance(history, dict) else history
    if base is not None and not (isinstance(base, list) and all(isinstance(path, str) for path in base)):
        raise SpecError(f"{where}: history.base must be a list of paths")
    return base


def check_case(case: Case, rule: Rule, where: str) -> Iterator[str]:
    """What is wrong with one case, in words; nothing when it holds."""
    from bylaw.engine.fixing import fix  # noqa: PLC0415
    from bylaw.engine.run import run  # noqa: PLC0415
    from bylaw.engine.sources import MemorySources  # noqa: PLC0415
    from bylaw.engine.stated import StatedHistory  # noqa: PLC0415
    from bylaw.project.history import NO_HISTORY  # noqa: PLC0415
    from bylaw.source import SourceText  # noqa: PLC0415

    settings = settings_for(case, rule, where)
    sources = MemorySources({path: text.encode() for path, text in case.files.items()})
    base = _held_by_the_base(case, where)
    texts = {path: text.encode() for path, text in case.base.items()}
    history = StatedHistory(frozenset({*base, *texts}), texts=texts) if base is not None else NO_HISTORY
    report = run(sources, settings, {rule.name: rule}, history)
    missing = list(case.expected)
    if not case.good and not missing:
        yield "a bad case expects at least one diagnostic"
    for diagnostic in report.diagnostics:
        location = diagnostic.location
        content = sources.files.get(location.path, b"")
        line = SourceText(location.path, content).position(location.span.start).line
        match = next(
            (e for e in missing if (e.path, e.line) == (location.path, line) and e.text in diagnostic.message), None
        )
        if diagnostic.rule != rule.name or match is None:
            yield f"unexpected: {location.path}:{line}: {diagnostic.rule}: {diagnostic.message}"
        else:
            missing.remove(match)
    for expectation in missing:
        yield f"missing: {expectation.path}:{expectation.line}: {rule.name} {expectation.text}".rstrip()
    for wanted, unsafe in ((case.fixed, True), (case.fixed_safe, False)):
        if wanted:
            outcome = fix(sources, settings, {rule.name: rule}, unsafe=unsafe)
            got = {path: content.decode() for path, content in outcome.files.items()}
            if got != wanted:
                yield f"the fix gives {got!r}, not {wanted!r}"
