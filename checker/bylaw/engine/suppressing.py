"""Applies `bylaw: ignore[…]: reason` comments, and reports those that are wrong or suppress nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from bylaw.diagnostics import Diagnostic
from bylaw.engine.builtin import CATEGORY, DESCRIPTIONS, INVALID_SUPPRESSION, UNREAD, UNUSED_SUPPRESSION
from bylaw.engine.unsuppressing import removal
from bylaw.errors import did_you_mean
from bylaw.facts.code import Suppression
from bylaw.facts.file import FileFacts
from bylaw.rule import Rule
from bylaw.settings import Level
from bylaw.source import Location, SourceText

_NEVER = frozenset(DESCRIPTIONS) - {UNREAD}
_CONCERN = "concern:"


class Judging(msgspec.Struct, frozen=True):
    """What suppressions are held against.

    `level` gives the configured level of `unused-suppression` and `invalid-suppression` for a path. `ran` says if a
    rule had a chance to report in a file: only of such a rule can a suppression be unused. With `all_known` false (some
    rule packs were not loaded) an unknown name may be a rule nevertheless.
    """

    rules: Mapping[str, Rule]
    level: Callable[[str, str], Level]
    ran: Callable[[str, str], bool]
    all_known: bool = True


class _Comment(msgspec.Struct):
    """A suppression at work: the names that it may use, and those that it did use."""

    fact: Suppression
    names: frozenset[str]
    categories: frozenset[str]
    used: set[str] = msgspec.field(default_factory=set)

    def speaks_of(self, first: int, last: int) -> bool:
        """Whether it covers a diagnostic on these lines: one that starts in its lines, or that ends where it stands."""
        fact = self.fact
        return fact.whole_file or fact.line <= first <= max(fact.line, fact.last_line) or fact.line == last


def suppress(
    diagnostics: Iterable[Diagnostic], files: Iterable[FileFacts], load: Callable[[str], bytes], judging: Judging
) -> list[Diagnostic]:
    """The diagnostics without the suppressed ones, and with those about the suppressions themselves.

    `load` gives a file's text (UTF-8) and is asked only for files that hold a suppression.
    """
    suppressing = {facts.path: facts.suppressions for facts in files if facts.suppressions}
    categories = frozenset(rule.category for rule in judging.rules.values())
    kept: list[Diagnostic] = []
    concerned: dict[str, list[Diagnostic]] = {path: [] for path in suppressing}
    for diagnostic in diagnostics:
        concerned.get(diagnostic.location.path, kept).append(diagnostic)
    for path, suppressions in suppressing.items():
        source = SourceText(path, load(path))
        comments = [_Comment(fact, _usable(fact, judging), categories) for fact in suppressions]
        kept += (diagnostic for diagnostic in concerned[path] if not _suppressed(diagnostic, comments, source))
        for comment in comments:
            kept += _about(comment, source, judging)
    return kept


def _usable(fact: Suppression, judging: Judging) -> frozenset[str]:
    if fact.problem or not fact.reason.strip():
        return frozenset()
    return frozenset(name for name in fact.rules if _problem_of(name, judging) == "")


def _problem_of(name: str, judging: Judging) -> str | None:
    """What is wrong with a name in the brackets: nothing (`''`), a sentence, or None where that cannot be said."""
    categories = {rule.category for rule in judging.rules.values()}
    concerns = {rule.concern for rule in judging.rules.values() if rule.concern is not None}
    if name in judging.rules or name in categories or name.removeprefix(_CONCERN) in concerns or name == UNREAD:
        return ""
    if name in _NEVER:
        return f"`{name}` cannot be suppressed"
    if not judging.all_known:
        return None
    hint = did_you_mean(name, [*judging.rules, *categories, *sorted(concerns), UNREAD])
    return f"there is no rule, category or concern `{name}`{f'; {hint}' if hint else ''}"


def _suppressed(diagnostic: Diagnostic, comments: list[_Comment], source: SourceText) -> bool:
    if diagnostic.rule in _NEVER:
        return False
    span = diagnostic.location.span
    first = source.position(span.start).line
    last = source.position(max(span.start, span.end - 1)).line
    found = False
    for comment in comments:
        names = {diagnostic.rule, diagnostic.category, *_of_concern(diagnostic, comment)} & comment.names
        if names and comment.speaks_of(first, last):
            comment.used |= names
            found = True
    return found


def _of_concern(diagnostic: Diagnostic, comment: _Comment) -> tuple[str, ...]:
    """The names of its concern; a rule pack's category of that name is meant by the bare one."""
    if diagnostic.concern is None:
        return ()
    named = f"{_CONCERN}{diagnostic.concern}"
    return (named,) if diagnostic.concern in comment.categories else (diagnostic.concern, named)


def _about(comment: _Comment, source: SourceText, judging: Judging) -> Iterator[Diagnostic]:
    fact = comment.fact
    place = Location(source.path, fact.span)
    level = judging.level(INVALID_SUPPRESSION, source.path)
    if level != "off":
        for message in _problems(fact, judging):
            yield Diagnostic(
                INVALID_SUPPRESSION, CATEGORY, level, place, f"this suppresses nothing: {message}",
                help="Write it as `bylaw: ignore[rule-name]: why this place is right`.",
            )  # fmt: skip
    level = judging.level(UNUSED_SUPPRESSION, source.path)
    unused = [name for name in dict.fromkeys(fact.rules) if _is_unused(name, comment, source.path, judging)]
    if level != "off" and unused:
        names = ", ".join(f"`{name}`" for name in unused)
        what = "in this file" if fact.whole_file else "here"
        yield Diagnostic(
            UNUSED_SUPPRESSION, CATEGORY, level, place, f"nothing {what} is reported by {names}",
            help="Remove it, so that it cannot hide a later problem.", fix=removal(fact, unused, source),
        )  # fmt: skip


def _problems(fact: Suppression, judging: Judging) -> Iterator[str]:
    if fact.problem:
        yield fact.problem
    elif not fact.reason.strip():
        yield "it gives no reason"
    elif not fact.rules:
        yield "it names no rule"
    else:
        yield from (problem for name in dict.fromkeys(fact.rules) if (problem := _problem_of(name, judging)))


def _is_unused(name: str, comment: _Comment, path: str, judging: Judging) -> bool:
    if name not in comment.names or name in comment.used or name == UNREAD:
        return False
    if name in judging.rules:
        return judging.ran(name, path)
    named = [rule for rule in judging.rules.values() if rule.category == name]
    meant = named or [rule for rule in judging.rules.values() if rule.concern == name.removeprefix(_CONCERN)]
    return all(judging.ran(rule.name, path) for rule in meant)
