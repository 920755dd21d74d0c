"""SARIF 2.1.0, for code scanning: findings as results, rules with their help, the rendered file as location."""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.core.json_text import escaped
from pipeline.core.judge.report_document import FindingEntry, PlaceEntry, ReportDocument
from pipeline.core.render.layout import index_of
from pipeline.core.words import agreeing, article, counted
from pipeline.report import plain
from pipeline.report.fixes import labelled
from pipeline.report.safe_text import safe

_LEVELS = {"blocker": "error", "high": "error", "medium": "warning", "low": "note", "info": "none"}
_SCORES = {"blocker": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0", "info": "0.0"}
_MOST = 5000
"""Results that GitHub keeps of a run, worst first."""
_MOST_PLACES = 100
"""Locations that GitHub keeps of a result."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: ReportDocument) -> str:
    """One run with all findings; those that are waived are suppressed, not left out."""
    findings = report.findings[:_MOST]
    rules = sorted({finding.rule: finding for finding in findings}.items())
    index = {name: number for number, (name, _) in enumerate(rules)}
    driver = {
        "name": report.tool.name,
        "version": report.tool.version,
        "rules": [_rule(name, finding) for name, finding in rules],
    }
    run = {"tool": {"driver": driver}, "results": [_result(finding, index) for finding in findings]}
    run["invocations"] = [
        {
            "executionSuccessful": not report.errors,
            "toolExecutionNotifications": [*_failures(report), *_gaps(report), *_cut(report)],
        }
    ]
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return escaped(orjson.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, option=options).decode())


def _rule(name: str, finding: FindingEntry) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": name.replace("-", " ")},
        "fullDescription": {"text": safe(f"{finding.title}. Impact: {finding.impact}")},
        "help": {"text": f"pipeline rules explain {name}"},
        "properties": {"tags": [finding.category], "security-severity": _SCORES[finding.severity]},
    }


def _result(finding: FindingEntry, index: Mapping[str, int]) -> dict[str, Any]:
    data = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": safe(labelled(finding))},
        "locations": [_location(finding, finding)],
        "relatedLocations": [
            {**_location(place, finding), "id": n} for n, place in enumerate(finding.also[: _MOST_PLACES - 1], 1)
        ],
        "partialFingerprints": {"pipeline/v1": finding.fingerprint or finding.rule},
        "properties": {
            "commands": list(map(safe, finding.commands)),
            "confidence": finding.confidence,
            "environment": ",".join(finding.of_environments),
            "evidence": list(map(safe, finding.evidence)),
            "release": finding.release,
            "severity": finding.severity,
        },
    }
    if finding.waived:
        reason = plain.waiver(finding)
        data["suppressions"] = [{"kind": "external", "status": "accepted", "justification": safe(reason)}]
    return data


def _location(place: PlaceEntry | FindingEntry, finding: FindingEntry) -> dict[str, Any]:
    """The folder of the release where it is rendered; the object and the path in it by name."""
    environment, release = finding.environment, finding.release
    uri = index_of(environment, release) if environment else "pipeline.yaml"
    name = f"{plain.resource(place.resource)} {plain.path(place.path)}".strip()
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def _failures(report: ReportDocument) -> list[dict[str, Any]]:
    return [
        {"level": "error", "message": {"text": safe(f"release {e.release} does not render: {e.message}")}}
        for e in report.errors
    ]


def _gaps(report: ReportDocument) -> list[dict[str, Any]]:
    """Not checked is not passed."""
    return [
        {"level": "note", "message": {"text": safe(f"{n.rule} is not evaluated: it needs {article(n.needs)}")}}
        for n in report.not_evaluated
    ]


def _cut(report: ReportDocument) -> list[dict[str, Any]]:
    missing = len(report.findings) - _MOST
    if missing <= 0:
        return []
    said = f"{counted(missing, 'finding')} {agreeing(missing, 'is')} missing"
    return [{"level": "warning", "message": {"text": f"{said} from this file: GitHub keeps {_MOST}"}}]
