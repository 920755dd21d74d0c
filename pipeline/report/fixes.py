"""What to do about a finding, as every format says it: the objects first, then the fix that the rule wrote."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.core.judge.report_document import FindingEntry, ReportDocument, ResourceEntry
from pipeline.core.kube.resource import CHART_FILE, CRD_KIND
from pipeline.core.risk.levels import SERIOUS
from pipeline.core.words import listed
from pipeline.report.plain import line, resource

_MOST_NAMED = 3
_VERB = re.compile(r"[A-Z][a-z]+\b")
_NAMES = ("Helm", "Kubernetes", "Git", "Argo", "Flux")
_NOTHING = "Nothing"
_FILE_FIRST = re.compile(r"\S+\.(?:ya?ml|json)(?::[0-9]+)?: ")


def fix(first: FindingEntry, *others: FindingEntry) -> str:
    """``Service shop/web: keep the old port.``, for one finding or several that share a fix.

    A rule's text may begin with a verb or with the object (``Service web: …``): the object is named once either way.
    "Nothing to do" names no object, and a fix that begins with the file to edit stays as it is.
    """
    text = line(first.fix)
    if text.startswith(_NOTHING) or _FILE_FIRST.match(text):
        return text
    named = dict.fromkeys(_name(place.resource) for place in (first, *others))
    what = _lowered(_unnamed(text, first.resource), first.resource.kind)
    return f"{listed(named, _MOST_NAMED, noun='object')}: {what}"


def fix_for_all(group: Sequence[FindingEntry]) -> str:
    """The fix of findings that are listed right above: ``all 5: compare …``."""
    text = line(group[0].fix)
    if text.startswith(_NOTHING) or _FILE_FIRST.match(text):
        return text
    every = "both" if len(group) == 2 else f"all {len(group)}"  # noqa: PLR2004 - two
    return f"{every}: {_lowered(_unnamed(text, group[0].resource), group[0].resource.kind)}"


def labelled(finding: FindingEntry) -> str:
    """The whole of a finding in one paragraph, for formats that have no list."""
    return " ".join([f"{finding.title}. Impact: {finding.impact} Fix: {fix(finding)}", *finding.commands])


class MergeStep(NamedTuple):
    """``text`` names its objects first; ``commands`` are whole, to be copied; ``finding`` is the first it is about."""

    text: str
    commands: tuple[str, ...]
    finding: FindingEntry


def steps_before_merging(report: ReportDocument) -> list[MergeStep]:
    """What to do first, each step once with the objects it is about: the fixes of all that is high or worse."""
    steps: dict[str, list[FindingEntry]] = {}
    for finding in report.findings:
        if finding.severity in SERIOUS and not finding.waived:
            steps.setdefault(_unnamed(line(finding.fix), finding.resource), []).append(finding)
    return [
        MergeStep(
            fix(*findings), tuple(dict.fromkeys(c for finding in findings for c in finding.commands)), findings[0]
        )
        for findings in steps.values()
    ]


def _unnamed(text: str, own: ResourceEntry) -> str:
    """The fix without the object that the rule put before it, whatever the case of its letters."""
    for name in _names(own):
        if text.lower().startswith(f"{name.lower()}: "):
            return text[len(name) + 2 :]
    return text


def _names(own: ResourceEntry) -> Iterator[str]:
    yield from (_name(own), resource(own), line(f"{own.kind} {own.name}"))


def _name(own: ResourceEntry) -> str:
    """As titles have it: a CRD by its usual short name, the chart as a whole by no file."""
    if own.kind == CHART_FILE and own.name == "Chart.yaml":
        return "chart"
    return line(f"CRD {own.name}") if own.kind == CRD_KIND else resource(own)


def _lowered(text: str, kind: str) -> str:
    word = _VERB.match(text)
    return f"{text[0].lower()}{text[1:]}" if word and word.group() not in (*_NAMES, kind) else text
