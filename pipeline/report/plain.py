"""Pieces that every text format shares: places, counts, values on one line, text without terminal escapes."""

from collections.abc import Iterable
from typing import Any

import orjson

from pipeline.core.analysis.short_values import shortened
from pipeline.core.judge.report import Verdict
from pipeline.core.judge.report_document import (
    FindingEntry,
    PlaceEntry,
    ReleaseEntry,
    ReportDocument,
    ReportPath,
    ResourceEntry,
)
from pipeline.core.kube.path import from_json, to_text
from pipeline.core.risk.levels import LEVELS
from pipeline.core.words import agreeing, counted
from pipeline.report.safe_text import safe

_LONGEST = 60


def line(text: str) -> str:
    """The same on one line."""
    return safe(" ".join(text.split()))


def resource(ref: ResourceEntry) -> str:
    """``Deployment shop/web``; a file of the chart is ``chart's values.yaml``."""
    if ref.kind == "ChartFile":
        return line(f"chart's {ref.name}")
    if ref.kind == "ConfigFile":  # core/judge/waivers.py: a line that people wrote
        return line(ref.name)
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    return line(f"{ref.kind} {name}")


def path(steps: ReportPath) -> str:
    return line(to_text(from_json(steps)))


def place(item: PlaceEntry | FindingEntry) -> str:
    """An object, with the path in it where there is one."""
    where = path(item.path)
    return f"{resource(item.resource)}  {where}" if where else resource(item.resource)


def home(report: ReportDocument, finding: FindingEntry) -> str:
    """The release that a finding is of, where there are several to tell apart: ``prod/web``."""
    if len(report.releases) < 2:  # noqa: PLR2004 - one needs no telling apart
        return ""
    return release_name(",".join(finding.of_environments), finding.release)


def release_name(environment: str, release: str) -> str:
    """``prod/web``; without an environment the release alone."""
    return line(f"{environment}/{release}" if environment else release)


def value(item: Any, longest: int = _LONGEST) -> str:
    """Any JSON value on one line, truncated with an ellipsis."""
    text = whole(item)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def values(old: Any, new: Any, longest: int = _LONGEST) -> tuple[str, str]:
    """Two JSON values, each on one line; what is left out is where they are alike."""
    return shortened(whole(old), whole(new), longest)


def whole(item: Any) -> str:
    """Any JSON value on one line, nothing left out."""
    text = item if isinstance(item, str) else orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()
    return line(text) if text or not isinstance(item, str) else '""'


def row(text: str, longest: int) -> str:
    """A line of a text as it is indented, tabs as two spaces, shortened at its end."""
    text = indented(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def indented(text: str) -> str:
    """A line of a text with its indentation, tabs as two spaces."""
    return safe(text.rstrip("\n").replace("\t", "  "))


def told_apart(report: ReportDocument) -> tuple[list[FindingEntry], list[FindingEntry]]:
    """The findings that are not waived: those to read, and those that are only recorded."""
    open_ = [finding for finding in report.findings if not finding.waived]
    return [f for f in open_ if f.severity != "info"], [f for f in open_ if f.severity == "info"]


def by_words(findings: Iterable[FindingEntry]) -> list[list[FindingEntry]]:
    """Findings of a rule with the same impact and the same fix, together, in the order they come."""
    groups: dict[tuple[str, ...], list[FindingEntry]] = {}
    for finding in findings:
        key = (finding.rule, finding.confidence, finding.impact, finding.fix, *finding.commands)
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def elsewhere(finding: FindingEntry) -> list[str]:
    """The other objects that the same fact is about; other paths of the same object are not worth a line."""
    own = resource(finding.resource)
    return list(dict.fromkeys(name for item in finding.also if (name := resource(item.resource)) != own))


def waiver(finding: FindingEntry) -> str:
    """``the reason (who, until 2026-12-31)``."""
    waived = finding.waived
    return line(f"{waived.reason} ({waived.owner}, until {waived.expires})") if waived else ""


def anchor(finding: FindingEntry) -> str:
    """The id of a finding on the HTML page, for links to it."""
    return f"f-{finding.fingerprint or finding.rule}"


def tally(report: ReportDocument) -> str:
    """``2 blockers · 1 high · 3 medium``, worst first, zeros left out."""
    counts = [(level, report.summary.findings.of(level)) for level in LEVELS]
    parts = [counted(n, level) if level == "blocker" else f"{n} {level}" for level, n in counts if n]
    return " · ".join(parts) or "no findings"


def extent(report: ReportDocument) -> str:
    """What changes, and what is restarted by it. Of what does not render, nobody knows whether it changes."""
    summary = report.summary
    counts = (("changed", summary.changed), ("added", summary.added), ("removed", summary.removed))
    parts = [f"{number} {word}" for word, number in counts if number]
    rolled = summary.rollouts
    if rolled.workloads:
        pods = [counted(rolled.replicas, "pod")] if rolled.replicas else []
        pods += [f"the pods of {counted(rolled.daemon_sets, 'DaemonSet')}"] if rolled.daemon_sets else []
        which = f" ({', '.join(pods)})" if pods else ""
        parts.append(f"{counted(rolled.workloads, 'workload')} {agreeing(rolled.workloads, 'restarts')}{which}")
    if rolled.operated:
        parts.append(f"operators may restart the pods of {counted(rolled.operated, 'custom resource')}")
    if report.verdict is Verdict.FAILED:
        failed = len({error.key for error in report.errors})
        parts.append(f"the changes of {counted(failed, 'release')} are unknown")
    return " · ".join(parts) or "nothing changes"


def explained(unexplained: int) -> str:
    """How many changed paths no rule explains."""
    if unexplained:
        return f"{counted(unexplained, 'changed path')} that no rule explains"
    return "every changed path is explained"


def release_title(release: ReleaseEntry) -> str:
    """``prod/mesh  lattice 1.4.0 → 2.0.0``."""
    name = release_name(release.environment, release.name)
    chart = release.chart
    old, new = chart.old_version, chart.new_version
    versions = f"{old} → {new}" if old and new and old != new else new or old
    return line(f"{name}  {chart.name} {versions}".rstrip())


def folded_text(folded: int) -> str:
    """``3 objects differ in version labels and checksums only``."""
    return f"{counted(folded, 'object')} {agreeing(folded, 'differs')} in version labels and checksums only"


def gaps(report: ReportDocument) -> list[tuple[str, list[str]]]:
    """What is missing, and the rules that are not evaluated without it."""
    rules_of: dict[str, list[str]] = {}
    for item in report.not_evaluated:
        rules_of.setdefault(item.needs, []).append(item.rule)
    return sorted(rules_of.items())


VERDICT_WORDS = {
    Verdict.NO_CHANGES: "No changes",
    Verdict.SAFE: "Safe",
    Verdict.REVIEW: "Review",
    Verdict.BLOCKED: "Blocked",
    Verdict.FAILED: "Failed",
}
VERDICT_MEANING = {
    Verdict.NO_CHANGES: "both sides are the same",
    Verdict.SAFE: "every change is explained, and none needs attention",
    Verdict.REVIEW: "read the findings before you merge",
    Verdict.BLOCKED: "do not merge until these findings are resolved",
    Verdict.FAILED: "a chart does not render, so its changes are unknown",
}
