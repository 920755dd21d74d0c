"""Merges the reports of shards into the one that an unsharded run would have written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.errors import UsageError
from pipeline.core.judge.report import combined_digest
from pipeline.core.kube.path import from_json
from pipeline.core.risk.finding import Place, ResourceRef

_ORDER = ("failed", "blocked", "review", "safe", "no-changes")
_IDLE = "waiver-unused"
_LEVELS = ("blocker", "high", "medium", "low", "info", "off")


def merge(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One report of several: releases, changes and findings together, in their usual order.

    Raises:
        UsageError: none were given, or they are of different schemas or compare different things.
    """
    if not reports:
        raise UsageError("no report was given", hint="pipeline report shard-*.json -o …")
    first = dict(reports[0])
    if len(reports) == 1:
        return first
    for other in reports[1:]:
        if (other["schema"], _compared(other)) != (first["schema"], _compared(first)):
            raise UsageError("the reports are of different comparisons", hint="merge shards of one run only")
    rendered = [release for release in _all(reports, "releases") if release.get("digest")]
    first |= {
        "releases": sorted(_all(reports, "releases"), key=lambda r: (r["environment"], r["name"])),
        "changes": _by_release(reports),
        "findings": _findings(reports),
        "not_evaluated": _once(_all(reports, "not_evaluated")),
        "errors": sorted(_all(reports, "errors"), key=lambda e: (e.get("environment", ""), e["release"])),
        "verdict": min((report["verdict"] for report in reports), key=_ORDER.index),
        "digests": {"render": combined_digest((r["environment"], r["name"], r["digest"]) for r in rendered)},
    }
    first["compared"] = {**first["compared"], **_joined(reports)}
    first["summary"] = _summary(first, reports)
    return first


def _compared(report: Mapping[str, Any]) -> tuple[str, str]:
    return report["compared"]["old"], report["compared"]["new"]


def _joined(reports: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    for key in ("environment", "kube_version"):
        words = {word for report in reports for word in report["compared"][key].split(",") if word}
        found[key] = ",".join(sorted(words))
    return found


def _all(reports: Iterable[Mapping[str, Any]], key: str) -> list[Any]:
    return [item for report in reports for item in report[key]]


def _by_release(reports: Iterable[Mapping[str, Any]]) -> list[Any]:
    """A stable sort: within a release, changes keep the order of its shard."""
    return sorted(_all(reports, "changes"), key=lambda c: (c.get("environment", ""), c["release"]))


def _findings(reports: Sequence[Mapping[str, Any]]) -> list[Any]:
    """In the order of core/judge/report.py. A waiver is idle only where it is so in every shard."""
    idle = [{f["title"] for f in report["findings"] if f["rule"] == _IDLE} for report in reports]
    everywhere = set.intersection(*idle)
    found: dict[tuple[Any, ...], Any] = {}
    for finding in _all(reports, "findings"):
        key = _finding_key(finding)
        if finding["rule"] != _IDLE or finding["title"] in everywhere:
            found.setdefault((*key, len(found)) if finding["category"] != "policy" else key, finding)
    return sorted(found.values(), key=_finding_key)


def _finding_key(finding: Mapping[str, Any]) -> tuple[int, str, str, str, str, str]:
    level = _LEVELS.index(finding["severity"])
    where = _place(finding)
    return (level, finding.get("environment", ""), finding["release"], finding["rule"], where, finding["title"])


def _place(finding: Mapping[str, Any]) -> str:
    r = finding["resource"]
    ref = ResourceRef(r.get("group", ""), r.get("version", ""), r["kind"], r.get("namespace", ""), r["name"])
    return str(Place(ref, from_json(finding["path"])))


def _once(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    unique = {(item["rule"], item["needs"]): item for item in items}
    return [unique[key] for key in sorted(unique)]


def _summary(merged: Mapping[str, Any], reports: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    parts = [report["summary"] for report in reports]
    open_ = [finding for finding in merged["findings"] if not finding["waived"]]
    return {
        "releases": len(merged["releases"]),
        **{key: sum(part[key] for part in parts) for key in ("added", "changed", "removed", "waived", "unaccounted")},
        "findings": {level: sum(1 for f in open_ if f["severity"] == level) for level in _LEVELS[:5]},
        "not_evaluated": len(merged["not_evaluated"]),
        "rollouts": {key: sum(part["rollouts"][key] for part in parts) for key in ("workloads", "replicas")},
    }
