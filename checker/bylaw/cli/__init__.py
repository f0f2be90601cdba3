"""The command line."""

from __future__ import annotations

import sys
from pathlib import Path


def run(arguments: list[str]) -> int:
    """Check the folder given as the first path argument."""
    from bylaw.engine.run import run as check  # noqa: PLC0415
    from bylaw.engine.sources import DiskSources  # noqa: PLC0415
    from bylaw.packs import load_builtin  # noqa: PLC0415
    from bylaw.settings import RuleSetting, Settings  # noqa: PLC0415
    from bylaw.source import SourceText  # noqa: PLC0415

    root = Path(arguments[1] if len(arguments) > 1 else ".")
    paths = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.py") if p.is_file())
    sources = DiskSources(root, paths)
    rules = load_builtin()
    report = check(sources, Settings(rules={name: RuleSetting(rule.severity) for name, rule in rules.items()}), rules)
    for diagnostic in report.diagnostics:
        path = diagnostic.location.path
        at = SourceText(path, sources.read(path) if path else b"").position(diagnostic.location.span.start)
        sys.stdout.write(f"{path}:{at.line}:{at.column}: {diagnostic.severity} {diagnostic.rule}: {diagnostic.message}\n")
    return 1 if any(d.severity == "error" for d in report.diagnostics) else 0
