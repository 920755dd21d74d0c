"""report.json: the one interface between a run and everything that shows it.

Its types are in core/judge/report_document.py, its published schema is report.schema.json.
"""

from pkgutil import get_data
from typing import Any

import msgspec
import orjson
from msgspec import to_builtins

from pipeline import __version__
from pipeline.core.diff.change import FieldChange
from pipeline.core.json_text import escaped
from pipeline.core.judge import report_document
from pipeline.core.judge.report import SCHEMA, ReleaseChange, ReleaseReport, RenderFailure, Report
from pipeline.core.judge.report_document import FindingEntry, ReportDocument
from pipeline.core.judge.same_findings import in_one
from pipeline.core.kube.path import MISSING, to_json
from pipeline.core.redaction.mask import Mask
from pipeline.core.risk.finding import Finding, ResourceRef, Severity
from pipeline.core.risk.levels import LEVELS


def document(report: Report) -> ReportDocument:
    """What is shown of a report, with no secret value left in it."""
    return in_one(report_document.from_data(to_data(report)))


def render(report: ReportDocument) -> str:
    """The report as JSON text: keys sorted, UTF-8, one newline at the end; equal reports give equal bytes."""
    data = report_document.to_data(report)
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        return escaped(orjson.dumps(data, option=options).decode())
    except TypeError:  # half a surrogate pair, from a file name that is not valid UTF-8: all else of a report is JSON
        return escaped(orjson.dumps(_encodable(data), option=options).decode())


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value


def to_data(report: Report) -> dict[str, Any]:
    """The report as plain JSON values, with no secret value left in them."""
    return _masked(_data(report), report.mask)


def _masked(data: dict[str, Any], mask: Mask) -> dict[str, Any]:
    """Every string, but for what the tool itself wrote."""
    shown = ("changes", "findings", "errors", "mesh")
    return data | mask.covered({key: data[key] for key in shown if key in data})


def _data(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {
            "name": "pipeline",
            "version": __version__,
            "helm": {"engine": report.helm_engine, "version": report.helm_version},
        },
        "compared": {
            "old": report.old,
            "new": report.new,
            "environment": report.environment,
            "kube_version": report.kube_version,
        },
        "verdict": str(report.verdict),
        "summary": _summary(report),
        "releases": [_release(release) for release in report.releases],
        "changes": [_change(change) for change in report.changes],
        "findings": [_finding(finding) for finding in report.findings if finding.severity is not Severity.OFF],
        "not_evaluated": [{"rule": n.rule, "needs": n.needs, "reason": n.reason} for n in report.not_evaluated],
        "errors": [_error(error) for error in report.errors],
        "digests": {"render": report.render_digest},
        **({"mesh": [to_builtins(row) for row in report.mesh]} if report.mesh else {}),
    }


def _summary(report: Report) -> dict[str, Any]:
    counted = [finding for finding in report.findings if finding.waived is None]
    return {
        "releases": len(report.releases),
        "added": sum(release.added for release in report.releases),
        "changed": sum(release.changed for release in report.releases),
        "removed": sum(release.removed for release in report.releases),
        "findings": {level: sum(1 for f in counted if f.severity.label == level) for level in LEVELS},
        "waived": len(report.findings) - len(counted),
        "not_evaluated": len(report.not_evaluated),
        "unaccounted": report.unaccounted,
        "rollouts": report.rollouts._asdict(),
    }


def _release(release: ReleaseReport) -> dict[str, Any]:
    return {
        "name": release.name,
        "environment": release.environment,
        "namespace": release.namespace,
        "chart": {
            "name": release.chart,
            "old_version": release.old_version,
            "new_version": release.new_version,
            "old_digest": release.old_digest,
            "new_digest": release.new_digest,
            "links": [{"name": link.name, "url": link.url} for link in release.links],
        },
        "status": release.status,
        "digest": release.render_digest,
        "objects": {
            "added": release.added,
            "changed": release.changed,
            "removed": release.removed,
            "unchanged": release.unchanged,
        },
    }


def _change(item: ReleaseChange) -> dict[str, Any]:
    """``unaccounted`` holds the indexes into ``fields`` that no rule explains; ``[-1]`` is the object as a whole."""
    change, fields = item.change, item.origins.fields
    data = {
        "release": item.release,
        "environment": item.environment,
        "resource": ResourceRef.of(change.resource).to_json(),
        "action": str(change.action),
        "fields": [_field(field, str(fields[n]) if fields else "") for n, field in enumerate(change.fields)],
        "unaccounted": list(item.unaccounted),
    }
    if change.before is not None and change.after is not None and change.before.id != change.after.id:
        data["old_resource"] = ResourceRef.of(change.before).to_json()
    if item.origins.whole:
        data["origin"] = str(item.origins.whole)
    return data


def _field(field: FieldChange, origin: str) -> dict[str, Any]:
    data = {"path": to_json(field.path), "op": str(field.op)}
    if field.old is not MISSING:
        data["old"] = field.old
    if field.new is not MISSING:
        data["new"] = field.new
    if field.noise:
        data["noise"] = field.noise
    if origin:
        data["origin"] = origin
    return data


def entry(finding: Finding) -> FindingEntry:
    """A single finding as the document holds it."""
    return msgspec.convert(_finding(finding), FindingEntry)


def _finding(finding: Finding) -> dict[str, Any]:
    waived = finding.waived
    return {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.label,
        "confidence": str(finding.confidence),
        "release": finding.release,
        "environment": finding.environment,
        **finding.place.to_json(),
        "also": [place.to_json() for place in finding.also],
        "title": finding.title,
        "why": finding.impact,
        "remedy": finding.fix,
        "commands": list(finding.commands),
        "evidence": list(finding.evidence),
        "waived": waived and {"reason": waived.reason, "owner": waived.owner, "expires": waived.expires},
        "fingerprint": finding.fingerprint,
    }


def _error(error: RenderFailure) -> dict[str, Any]:
    return {
        "release": error.release,
        "environment": error.environment,
        "chart": error.chart,
        "template": error.template,
        "line": error.line,
        "message": error.message,
    }


def schema() -> dict[str, Any]:
    """The JSON Schema of report.json (draft 2020-12), as shipped in the package."""
    raw = get_data("pipeline", "data/report.schema.json")
    assert raw is not None, "BUG: report.schema.json is missing from the package"
    data: dict[str, Any] = orjson.loads(raw)
    return data
