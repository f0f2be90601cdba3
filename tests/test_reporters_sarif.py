"""SARIF 2.1.0: the objects that bylaw writes hold the properties that the standard gives them, and no others."""

import json
from typing import Any

import jsonschema
import pytest

from bylaw import cli


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
BAG = {"type": "object", "properties": {"tags": many(TEXT, uniqueItems=True)}}
REGION = thing("startLine", startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT)
ARTIFACT = thing("uri", uri={"type": "string", "pattern": "^[^/:#? ][^:#? ]*$"}, uriBaseId={"const": "%SRCROOT%"})
PHYSICAL = thing("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
LOCATION = thing("physicalLocation", physicalLocation=PHYSICAL)
RELATED = thing(
    "physicalLocation message", id={"type": "integer", "minimum": 0}, physicalLocation=PHYSICAL, message=MESSAGE
)
REPLACEMENT = thing("deletedRegion", deletedRegion=REGION, insertedContent=thing("text", text=TEXT))
CHANGE = thing("artifactLocation replacements", artifactLocation=ARTIFACT, replacements=many(REPLACEMENT, minItems=1))
FIX = thing("artifactChanges", description=MESSAGE, artifactChanges=many(CHANGE, minItems=1))
RULE = thing(
    "id",
    id=WORDS,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=thing("text", text=WORDS, markdown=WORDS),
    defaultConfiguration=thing(level=LEVEL),
    properties=BAG,
)
NOTIFICATION = thing("message", level=LEVEL, message=MESSAGE, descriptor=thing(id=WORDS))
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
    properties=BAG,
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
SARIF = thing("version runs", **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": many(RUN)})

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
    rules = [rule["id"] for rule in report["runs"][0]["tool"]["driver"]["rules"]]
    results = report["runs"][0]["results"]
    assert "no-any" in rules
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in results)
    fingerprints = [tuple(result["partialFingerprints"].values()) for result in results]
    assert len(set(fingerprints)) == len(fingerprints)
