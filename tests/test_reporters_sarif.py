"""SARIF 2.1.0: the objects that bylaw writes hold the properties that the standard gives them, and no others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bylaw import cli
from bylaw.diagnostics import Diagnostic
from bylaw.reporters import Texts, View, render
from bylaw.source import Location, Span
from bylaw.spec import parse_spec

RULES = Path(__file__).parents[1] / "fixtures" / "rules"
CATEGORIES = sorted(path.name for path in RULES.iterdir())
Schema = dict[str, Any]


def thing(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object of the standard, with the properties of it that we use; any other is a mistake."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def many(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


TEXT = {"type": "string"}
WORDS = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = thing("text", text=WORDS)
CONCERNS = ["compatibility", "locking", "data-loss", "robustness", "unread"]
KEPT = thing("tags", tags=many(WORDS, uniqueItems=True), precision={"enum": ["very-high", "medium"]})
SAID = thing("concern", concern={"enum": CONCERNS})
"""Properties may be anything, says the standard; that is what we put there."""
REGION = thing("startLine", startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
REFERENCE = r"^(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+$"
"""An address relative to another one, without a scheme: only what RFC 3986 lets stand as it is, all else as `%XX`."""
ARTIFACT = thing(
    "uri uriBaseId", uri={"type": "string", "pattern": REFERENCE}, uriBaseId={"type": "string", "const": "%SRCROOT%"}
)
PHYSICAL = thing("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
LOCATION = thing("physicalLocation", physicalLocation=PHYSICAL)
RELATED = thing(
    "physicalLocation message", id={"type": "integer", "minimum": 0}, physicalLocation=PHYSICAL, message=MESSAGE
)
REPLACEMENT = thing("deletedRegion", deletedRegion=REGION, insertedContent=thing("text", text=TEXT))
CHANGE = thing("artifactLocation replacements", artifactLocation=ARTIFACT, replacements=many(REPLACEMENT, minItems=1))
FIX = thing("artifactChanges", description=MESSAGE, artifactChanges=many(CHANGE, minItems=1, uniqueItems=True))
RULE = thing(
    "id",
    id=WORDS,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=thing("text", text=WORDS, markdown=WORDS),
    defaultConfiguration=thing(level=LEVEL),
    properties=KEPT,
)
NOTIFICATION = thing("message", level=LEVEL, message=MESSAGE, descriptor=thing("id", id=WORDS))
RESULT = thing(
    "message ruleId locations partialFingerprints",
    ruleId=WORDS,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations=many(LOCATION, minItems=1, maxItems=1),
    relatedLocations=many(RELATED, uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": WORDS, "minProperties": 1},
    fixes=many(FIX, uniqueItems=True),
    properties=SAID,
)
RUN = thing(
    "tool results",
    tool=thing(
        "driver",
        driver=thing("name", name=WORDS, version=WORDS, semanticVersion=WORDS, rules=many(RULE, uniqueItems=True)),
    ),
    invocations=many(
        thing(
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=many(NOTIFICATION),
        )
    ),
    originalUriBaseIds={"type": "object", "additionalProperties": thing(description=MESSAGE)},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=many(RESULT),
)
ADDRESS = {"type": "string", "pattern": r"^https://[a-z.]+/[\w./-]+\.json$"}
SARIF = thing(
    "$schema version runs",
    **{"$schema": ADDRESS, "version": {"enum": ["2.1.0"]}, "runs": many(RUN, minItems=1, maxItems=1)},
)


def mistakes(report: Schema) -> Iterator[str]:
    """What no schema can say: what is named is there, what tells apart does, and ends are behind beginnings."""
    for run in report["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        if len(set(rules)) < len(rules):
            yield "a rule twice"
        marks = [tuple(result["partialFingerprints"].items()) for result in run["results"]]
        if len(set(marks)) < len(marks):
            yield "two results of one fingerprint"
        for result in run["results"]:
            if rules[result["ruleIndex"]] != result["ruleId"]:
                yield f"{result['ruleId']} is not the rule of its index"
            numbers = [place["id"] for place in result.get("relatedLocations", ())]
            if len(set(numbers)) < len(numbers):
                yield "two related places of one number"
        for part in _parts(run):
            base = part.get("uriBaseId")
            if base is not None and base not in run["originalUriBaseIds"]:
                yield f"{base} is nowhere explained"
            if "startLine" in part:
                start, end = (part["startLine"], part["startColumn"]), (part["endLine"], part["endColumn"])
                if end < start:
                    yield f"{part} ends before it begins"


def _parts(value: Any) -> Iterator[Schema]:
    """Every object in an object."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(inner)


def _properties(schema: Schema, path: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}/{name}"
        yield from _properties(inner, f"{path}/{name}")
    if "items" in schema:
        yield from _properties(schema["items"], path)


def _present(value: Any, path: str = "") -> Iterator[str]:
    for inner in value if isinstance(value, list) else ():
        yield from _present(inner, path)
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield f"{path}/{name}"
        yield from _present(inner, f"{path}/{name}")


SOURCE = """\
from typing import Any, cast

from fastapi import APIRouter

router = APIRouter()  # nobody includes it
größe: Any = cast(Any, 1)


def broken(raw: Any) -> Any: ...
"""


def test_a_report_holds_to_the_standard(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "bylaw.toml").write_text('extends = ["event-driven-sync"]\n')
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a file.py").write_text(SOURCE, "utf-8")
    (tmp_path / "app" / "bad.py").write_text("def (:\n")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["check", "--output-format", "sarif"]) == 1
    report = json.loads(capfd.readouterr().out)
    jsonschema.Draft202012Validator(SARIF).validate(report)
    assert list(mistakes(report)) == []
    assert "no-any" in [rule["id"] for rule in report["runs"][0]["tool"]["driver"]["rules"]]


def test_every_kind_of_report_holds_to_the_standard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the bad cases of all rules come to, category by category, and what is written of nothing and of what has
    no place. Whatever the schema above speaks of is in one of these.
    """
    monkeypatch.setenv("BYLAW_CACHE_DIR", str(tmp_path / "cache"))
    seen: set[str] = set()
    rules: set[str] = set()
    for category in [*CATEGORIES, ""]:
        root = tmp_path / f"of {category}"
        _write_cases(root, category)
        monkeypatch.chdir(root)
        options = ["--select", category] if category else []
        assert cli.run(["check", "--output-format", "sarif", "--all-migrations", *options]) in {0, 1}
        report = json.loads(capfd.readouterr().out)
        assert category or not report["runs"][0]["results"]
        jsonschema.Draft202012Validator(SARIF).validate(report)
        assert list(mistakes(report)) == []
        seen.update(_present(report))
        rules.update(rule["id"] for rule in report["runs"][0]["tool"]["driver"]["rules"])
    assert len(rules) > 25
    crash = Diagnostic("internal-error", "internal", "error", Location("", Span(0, 0)), "the rule x failed")
    report = json.loads(render("sarif", View((crash,), 0, Texts(lambda _: b""))))
    jsonschema.Draft202012Validator(SARIF).validate(report)
    assert set(_properties(SARIF)) - seen - set(_present(report)) == set()


def _write_cases(root: Path, category: str) -> None:
    """Some bad cases of each rule of the category, each in a folder of its own."""
    root.mkdir()
    (root / "nothing.py").write_text("")
    for spec in sorted((RULES / category).glob("*.md")) if category else ():
        bad = [case for case in parse_spec(spec.read_text("utf-8"), spec.name) if not case.good]
        for number, case in enumerate(bad[:3]):
            for path, text in case.files.items():
                target = root / f"{spec.stem}, {number}" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, "utf-8")
