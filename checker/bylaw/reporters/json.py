"""The machine-readable contract, versioned. Fields are added, never changed, while the version stays."""

from __future__ import annotations

import json
from typing import Any

from bylaw.diagnostics import Diagnostic, Fix, Related, Replace
from bylaw.reporters import Texts, View
from bylaw.reporters.tally import tally
from bylaw.source import Span

VERSION = 1


def render(view: View) -> str:
    """One JSON document: `version`, `diagnostics`, `summary`. Lines and columns are 1-based, ends exclusive."""
    counts = tally(view.diagnostics)
    document = {
        "version": VERSION,
        "diagnostics": [_diagnostic(diagnostic, view.texts) for diagnostic in view.diagnostics],
        "summary": {
            "files": view.files,
            "diagnostics": counts.total,
            "severities": counts.severities,
            "rules": counts.rules,
            "fixable": {"safe": counts.safe, "unsafe": counts.unsafe},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(diagnostic: Diagnostic, texts: Texts) -> dict[str, Any]:
    return {
        "rule": diagnostic.rule,
        "category": diagnostic.category,
        "concern": diagnostic.concern,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "path": diagnostic.location.path,
        **_range(texts, diagnostic.location.path, diagnostic.location.span),
        "help": diagnostic.help,
        "related": [_related(related, texts) for related in diagnostic.related],
        "fix": _fix(diagnostic.fix, texts) if diagnostic.fix is not None else None,
        "fingerprint": diagnostic.fingerprint,
        "docs": f"bylaw explain {diagnostic.rule}",
    }


def _range(texts: Texts, path: str, span: Span) -> dict[str, int]:
    start, end = texts.range(path, span)
    return {"line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column}


def _related(related: Related, texts: Texts) -> dict[str, Any]:
    start = texts.start(related.location)
    return {"path": related.location.path, "line": start.line, "column": start.column, "message": related.message}


def _fix(fix: Fix, texts: Texts) -> dict[str, Any]:
    edits = [_edit(edit, texts) for edit in fix.edits if isinstance(edit, Replace)]
    return {"title": fix.title, "applicability": fix.applicability, "edits": edits}


def _edit(edit: Replace, texts: Texts) -> dict[str, Any]:
    return {"path": edit.path, **_range(texts, edit.path, edit.span), "content": edit.content}
