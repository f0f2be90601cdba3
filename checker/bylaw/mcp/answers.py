"""What the tools answer: plain text, short, with what to do next. No protocol here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from bylaw.config import Choices, Resolved, locate, resolve
from bylaw.config.describe import as_toml, plain
from bylaw.config.explain import explain
from bylaw.config.files import is_folder, without_links
from bylaw.config.lines import kebab
from bylaw.engine.builtin import DESCRIPTIONS
from bylaw.engine.effective import Effective
from bylaw.engine.left_out import readable_texts, why_left_out, why_text_left_out
from bylaw.engine.session import Session, open_session
from bylaw.engine.sleeping import sleeps
from bylaw.engine.undecided import undecided
from bylaw.errors import UsageError
from bylaw.project import Project
from bylaw.project.paths import is_below, is_named_migration
from bylaw.project.roles import is_migration_folder
from bylaw.reporters import Texts, View, render
from bylaw.rule import Rule
from bylaw.settings import RuleSetting, Settings


class Answers:
    """Answers about the project that `start` lies in. The configuration is read anew each time: agents edit it too."""

    def __init__(self, start: Path) -> None:
        self.start = start

    def check(self, paths: Sequence[str], unsaved: Mapping[str, str], since: str = "") -> str:
        """Findings for `paths` (files or folders; none: the whole project), with `unsaved` contents in place of the
        files'. `since` is the commit that migrations are compared with, in place of the default branch.

        Raises BylawError for a wrong configuration, a commit that git does not know, and for a path that does not
        exist or lies outside the project.
        """
        resolved = self._resolved()
        texts = {self._file(path, resolved.root): text.encode("utf-8", "replace") for path, text in unsaved.items()}
        wanted = [self._existing(path, resolved.root, texts) for path in paths] or list(texts) or [""]
        overlay = readable_texts(texts, resolved.settings)
        session = open_session(resolved.root, resolved.settings, overlay=overlay, since=since)
        report = session.judge(resolved.rules)
        shown = tuple(d for d in report.diagnostics if not d.location.path or is_below(d.location.path, wanted))
        files = sum(is_below(path, wanted) for path in session.project.files)
        answer = render("agent", View(shown, files, Texts(session.text), resolved.rules, DESCRIPTIONS))
        notes = [*_not_checked(wanted, texts, session), *undecided(session.project, session.discovery.skipped)]
        return answer + "".join(f"Note: {line}.\n" for line in notes)

    def conventions(self, path: str) -> str:
        """Which rules hold for a file, before it is written: one line each, with the options that matter. Rules that
        sleep, because the project does not follow them, are named apart, and so are those about migrations where the
        file is none.

        Raises BylawError for a wrong configuration or a path outside the project.
        """
        resolved = self._resolved()
        inside = self._inside(path, resolved.root)
        session = cache(lambda: open_session(resolved.root, resolved.settings))

        def project() -> Project:
            return session().project

        if inside.rpartition("/")[2].rpartition(".")[0] and not is_folder(resolved.root / inside):
            why = why_left_out(inside, session().discovery)
            if why:
                return f"No convention holds for {inside}: {why}.\n"
        effective = Effective(resolved.settings, resolved.rules)
        settings = {name: effective.at(name, inside) for name in resolved.rules}
        asleep = {name: sleep for name, sleep in sleeps(resolved.rules, settings, project).items() if not sleep.awake}
        lines = [f"Conventions for {inside or 'the whole project'}:"]
        hold = [
            rule for rule in resolved.rules.values() if settings[rule.name].level != "off" and rule.name not in asleep
        ]
        is_code = _is_code(inside, resolved.settings, project)
        apart = [rule for rule in hold if is_code and rule.category == "migrations"]
        for rule in hold:
            if rule not in apart:
                lines.extend(_convention(rule, settings[rule.name]))
        if apart:
            lines.append(f"In the migrations that go with it (ask with their path): {', '.join(r.name for r in apart)}")
        if asleep:
            lines.append("Not followed here, so not asked for:")
            lines.extend(f" {name}: {sleep.found}" for name, sleep in asleep.items())
        lines.append("More on a rule: the tool `explain`.")
        return "".join(f"{line}\n" for line in lines)

    def explain(self, rule: str) -> str:
        """Everything about a rule, or about one of the engine's own diagnostics. Raises BylawError for an unknown
        name.
        """
        return explain(rule, self._resolved().rules, DESCRIPTIONS)

    def _resolved(self) -> Resolved:
        return resolve(locate(self.start), Choices())

    def _inside(self, path: str, root: Path) -> str:
        if "\0" in path:
            raise UsageError(f"{path!r}: is no path")
        absolute = without_links(self.start / path)
        if not absolute.is_relative_to(root):
            raise UsageError(f"{path}: is outside the project ({root})")
        inside = absolute.relative_to(root).as_posix()
        return "" if inside == "." else inside

    def _file(self, path: str, root: Path) -> str:
        inside = self._inside(path, root)
        if not inside or is_folder(root / inside):
            raise UsageError(f"{path or '(no name)'}: is a folder", hint="name the file whose text this is")
        return inside

    def _existing(self, path: str, root: Path, overlay: Mapping[str, bytes]) -> str:
        inside = self._inside(path, root)
        if inside not in overlay and not os.path.exists(root / inside):  # noqa: PTH110 - raises for no closed folder
            raise UsageError(f"{path}: there is no such file or folder", hint="hand over its text as `unsaved`")
        return inside


def _not_checked(wanted: Sequence[str], texts: Mapping[str, bytes], session: Session) -> Iterator[str]:
    """One sentence, without its full stop, for each wanted path that is not read."""
    for path in wanted:
        why = why_left_out(path, session.discovery)
        if not why and path in texts:
            why = why_text_left_out(path, texts[path], session.settings)
        if why:
            yield f"{path} is not checked: {why}"


def _is_code(path: str, settings: Settings, project: Callable[[], Project]) -> bool:
    """Whether a path is that of Python code which is no migration."""
    if not path.endswith(".py") or is_named_migration(path, settings):
        return False
    folder = path.rpartition("/")[0]
    return not is_migration_folder(folder) and not is_below(path, [t.folder for t in project().migrations.trees])


def _convention(rule: Rule, setting: RuleSetting) -> Iterator[str]:
    default = rule.default_options
    chosen = {
        kebab(name): value
        for name in rule.option_names
        if name != "when"
        and setting.options is not None
        and (value := getattr(setting.options, name)) != getattr(default, name)
    }
    said = ", ".join(f"{name} = {as_toml(plain(value))}" for name, value in chosen.items())
    yield f" {rule.name} ({setting.level}): {rule.summary}{f' [{said}]' if said else ''}"
