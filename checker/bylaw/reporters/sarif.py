"""SARIF 2.1.0, for code scanning services."""

from __future__ import annotations

import inspect
import json
from typing import Any
from urllib.parse import quote

from bylaw import __version__
from bylaw.diagnostics import Diagnostic, Fix, Replace
from bylaw.reporters import View
from bylaw.source import Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE = "%SRCROOT%"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_FINGERPRINT = "bylawFingerprint/v1"


def render(view: View) -> str:
    """One run. Addresses are relative to the top of the repository; nothing depends on the machine or the time."""
    placed = [diagnostic for diagnostic in view.diagnostics if diagnostic.location.path]
    unplaced = [diagnostic for diagnostic in view.diagnostics if not diagnostic.location.path]
    names = sorted({diagnostic.rule for diagnostic in view.diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "bylaw",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(name, view) for name in names],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(diagnostic.rule == "internal-error" for diagnostic in view.diagnostics),
                "toolExecutionNotifications": [_notification(diagnostic) for diagnostic in unplaced],
            }
        ],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The top of the checked repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, names.index(diagnostic.rule), view) for diagnostic in placed],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str, view: View) -> dict[str, Any]:
    rule = view.rules.get(name)
    if rule is None:
        meaning = view.meanings.get(name, name)
        return {"id": name, "shortDescription": {"text": meaning}, "properties": {"tags": ["internal"]}}
    documentation = inspect.cleandoc(rule.documentation) or rule.summary
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": documentation.split("\n\n")[0].replace("\n", " ")},
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.category], "precision": "very-high" if rule.confidence == "certain" else "medium"},
    }


def _notification(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": diagnostic.message},
        "descriptor": {"id": diagnostic.rule},
    }


def _result(diagnostic: Diagnostic, index: int, view: View) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.rule,
        "ruleIndex": index,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": f"{diagnostic.message}\n{diagnostic.help}" if diagnostic.help else diagnostic.message},
        "locations": [{"physicalLocation": _physical(diagnostic.location.path, diagnostic.location.span, view)}],
        "partialFingerprints": {_FINGERPRINT: diagnostic.fingerprint},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _physical(related.location.path, related.location.span, view),
                "message": {"text": related.message},
            }
            for number, related in enumerate(diagnostic.related, start=1)
        ]
    if diagnostic.fix is not None and (changes := _changes(diagnostic.fix, view)):
        result["fixes"] = [{"description": {"text": diagnostic.fix.title}, "artifactChanges": changes}]
    if diagnostic.concern is not None:
        result["properties"] = {"concern": diagnostic.concern}
    return result


def _physical(path: str, span: Span, view: View) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path, view), "region": _region(path, span, view)}


def _artifact(path: str, view: View) -> dict[str, str]:
    return {"uri": quote(view.prefix + path), "uriBaseId": _BASE}


def _region(path: str, span: Span, view: View) -> dict[str, int]:
    start, end = view.texts.range(path, span)
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}


def _changes(fix: Fix, view: View) -> list[dict[str, Any]]:
    edits = [edit for edit in fix.edits if isinstance(edit, Replace)]
    paths = dict.fromkeys(edit.path for edit in edits)
    return [
        {
            "artifactLocation": _artifact(path, view),
            "replacements": [_replacement(edit, view) for edit in edits if edit.path == path],
        }
        for path in paths
    ]


def _replacement(edit: Replace, view: View) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.path, edit.span, view), "insertedContent": {"text": edit.content}}
