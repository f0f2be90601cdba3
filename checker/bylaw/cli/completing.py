"""What a shell may complete. Only built-in names: pressing a key runs no code of a project."""

from __future__ import annotations


def rules() -> list[str]:
    """The names that `bylaw explain` takes."""
    from bylaw.engine.builtin import DESCRIPTIONS  # noqa: PLC0415
    from bylaw.packs import load_builtin  # noqa: PLC0415

    return sorted([*load_builtin(), *DESCRIPTIONS])


def selections(incomplete: str) -> list[str]:
    """What `--select` and `--ignore` take; of names separated by commas, the last one is completed."""
    from bylaw.cli.request import listed  # noqa: PLC0415
    from bylaw.config.resolve import ALL  # noqa: PLC0415
    from bylaw.packs import load_builtin  # noqa: PLC0415

    known = load_builtin()
    names = {ALL, *known}
    for rule in known.values():
        names.update(name for name in (rule.category, rule.concern) if name)
    before, comma, last = incomplete.rpartition(",")
    left = names - set(listed((before,)))
    return sorted(before + comma + name for name in left if name.startswith(last))


def presets() -> list[str]:
    """The built-in presets."""
    from bylaw.config.presets import preset_files  # noqa: PLC0415
    from bylaw.packs import builtin_folder  # noqa: PLC0415

    return sorted(preset_files([builtin_folder()]))
