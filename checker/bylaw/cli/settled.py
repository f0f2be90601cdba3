"""`bylaw config`: what holds, where it comes from, and which rules sleep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from bylaw.cli.output import Output
from bylaw.config import Choices, Resolved, locate, resolve
from bylaw.config.describe import as_toml, plain
from bylaw.config.lines import kebab
from bylaw.engine.sleeping import Sleep, sleeps
from bylaw.project import Project
from bylaw.settings import RuleSetting


def show(config: Path | None, choices: Choices, output_format: str) -> int:
    """Print the resolved configuration."""
    output = Output()
    resolved = resolve(locate(Path.cwd(), config), choices)
    sleeps = _sleeps(resolved)
    if output_format == "json":
        output.document(_document(resolved, sleeps))
    else:
        output.print("".join(f"{line}\n" for line in _lines(resolved, sleeps)))
    output.flush()
    return 0


def _sleeps(resolved: Resolved) -> dict[str, Sleep]:
    """The rules with `when = "followed"`. The project is read only when there are any."""

    @cache
    def project() -> Project:
        from bylaw.engine.session import open_session  # noqa: PLC0415

        return open_session(resolved.root, resolved.settings).project

    return sleeps(resolved.rules, resolved.settings.rules, project)


def _general(resolved: Resolved) -> dict[str, object]:
    """The keys that are no rule's, with their values."""
    settings = resolved.settings
    values: dict[str, object] = {
        "extends": list(resolved.presets),
        "exclude": list(settings.exclude),
        "rule-packs": sorted({rule.pack for rule in resolved.rules.values()} - {"builtin"}),
        "max-file-size": settings.max_file_size,
    }
    for table in ("layout", "migrations"):  # what is found from the project is laid over these
        section = plain(getattr(settings, table))
        values.update({f"{table}.{key}": value for key, value in section.items()} if isinstance(section, dict) else {})
    return values


def _found_servers(resolved: Resolved) -> dict[str, tuple[object, str]]:
    """The versions of servers that nobody configured, with the place in the project that says them."""
    from bylaw.engine.beside import read_beside  # noqa: PLC0415
    from bylaw.engine.discovery import discover  # noqa: PLC0415
    from bylaw.project.migrations.servers import Servers  # noqa: PLC0415
    from bylaw.project.servers_said import lowest  # noqa: PLC0415

    root, settings = resolved.root, resolved.settings
    beside = discover(root, settings).beside
    servers = Servers(Project({}, settings, lambda path: read_beside(root, path), beside=beside))
    found: dict[str, tuple[object, str]] = {}
    if settings.migrations.postgres_version is None:
        version = servers.postgres
        found["migrations.postgres-version"] = (
            version.major, "default: no file says which" if version.origin == "assumed" else version.origin,
        )  # fmt: skip
    if not settings.migrations.mysql_version:
        place = lowest(servers.said, "mysql") or lowest(servers.said, "mariadb")
        if place is not None:
            shown = ".".join(map(str, place.version[:2]))
            found["migrations.mysql-version"] = (shown, f"{place.path}:{place.line}")
    return found


def _settled(resolved: Resolved) -> dict[str, tuple[object, str]]:
    """The keys that are no rule's, each with its value and where that comes from."""
    origins = resolved.origins
    written = {key: (value, origins.get(key, "default")) for key, value in _general(resolved).items()}
    return {**written, **_found_servers(resolved)}


def _lines(resolved: Resolved, sleeps: Mapping[str, Sleep]) -> Iterator[str]:
    yield f"root: {resolved.root}"
    yield f"file: {resolved.source or 'none'}"
    yield ""
    rows = [(f"{key} = {as_toml(value)}", origin) for key, (value, origin) in _settled(resolved).items()]
    for name in _active(resolved):
        chosen = resolved.chosen[name]
        rows.append((f"rules.{name} = {as_toml(chosen.level)}", chosen.level_from))
        rows.extend((f"    {option} = {as_toml(value)}", origin) for option, (value, origin) in chosen.options.items())
        if name in sleeps:
            rows.append((f"    {sleeps[name].sentence()}", ""))
    width = min(60, max(len(left) for left, right in rows if right))
    yield from (f"{left:<{width}}  # {right}" if right else left for left, right in rows)
    for override in resolved.settings.overrides:
        yield ""
        yield f"overrides for {', '.join(override.paths)}:"
        for name, setting in override.rules.items():
            yield f"    {name} = {as_toml(setting.level)}"
            yield from (f"        {option} = {as_toml(value)}" for option, value in _otherwise(name, setting, resolved))
    off = [name for name in resolved.rules if name not in _active(resolved)]
    yield ""
    yield f"off: {', '.join(off) or 'none'}"


def _otherwise(name: str, setting: RuleSetting, resolved: Resolved) -> Iterator[tuple[str, object]]:
    """The options of an override that are not those that hold elsewhere."""
    rule, elsewhere = resolved.rules.get(name), resolved.settings.rules.get(name)
    if rule is None or setting.options is None:
        return
    usual = elsewhere.options if elsewhere is not None and elsewhere.options is not None else rule.default_options
    for option in rule.option_names:
        value = getattr(setting.options, option)
        if value != getattr(usual, option):
            yield kebab(option), plain(value)


def _active(resolved: Resolved) -> list[str]:
    return [name for name, chosen in sorted(resolved.chosen.items()) if chosen.level != "off"]


def _document(resolved: Resolved, sleeps: Mapping[str, Sleep]) -> dict[str, Any]:
    return {
        "version": 1,
        "root": str(resolved.root),
        "file": str(resolved.source) if resolved.source is not None else None,
        "settings": {key: {"value": value, "origin": origin} for key, (value, origin) in _settled(resolved).items()},
        "rules": {name: _rule(name, resolved, sleeps.get(name)) for name in sorted(resolved.chosen)},
        "overrides": [
            {
                "paths": list(override.paths),
                "rules": {name: _setting(setting) for name, setting in override.rules.items()},
            }
            for override in resolved.settings.overrides
        ],
    }


def _rule(name: str, resolved: Resolved, sleep: Sleep | None) -> dict[str, Any]:
    chosen = resolved.chosen[name]
    document: dict[str, Any] = {
        "level": chosen.level,
        "origin": chosen.level_from,
        "options": {option: {"value": value, "origin": origin} for option, (value, origin) in chosen.options.items()},
    }
    if sleep is not None:
        document["awake"] = sleep.awake
        document["adoption"] = msgspec.structs.asdict(sleep.adoption) if sleep.adoption is not None else None
    return document


def _setting(setting: RuleSetting) -> dict[str, object]:
    return {"level": setting.level, "options": plain(setting.options) if setting.options is not None else {}}
