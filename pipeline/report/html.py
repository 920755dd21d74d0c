"""The report as one self-contained HTML page: it loads nothing, and works without JavaScript.

The templates escape all text (report/html_templates.py); the policy in the page's head lets nothing run but the one
script that is hashed there.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from markupsafe import Markup

from pipeline.core.judge.report_document import ChangeEntry, FindingEntry, ReportDocument
from pipeline.core.risk.levels import LEVELS, SERIOUS
from pipeline.core.words import article, counted
from pipeline.report import plain
from pipeline.report.chart_links import chart_links
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.html_changes import sections
from pipeline.report.html_templates import asset, template
from pipeline.report.mesh_tables import mesh_tables
from pipeline.report.verdict_reason import reason

_MOST_OPENED = 8
_MOST_NAMED = 50
"""Objects and pieces of evidence of one finding."""
Cell = tuple[int, FindingEntry | None]


def render(report: ReportDocument) -> str:
    """The whole page."""
    style, script = asset("report.css"), asset("report.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    return template("report.html.j2").render(
        _head(report) | _heat(report) | _findings(report) | _rest(report),
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        report=report,
        home=partial(plain.home, report),
        fix=fix,
        most_named=_MOST_NAMED,
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _head(report: ReportDocument) -> dict[str, Any]:
    """The verdict, and where to go on a long page."""
    unexplained = report.summary.unaccounted
    steps = steps_before_merging(report)
    parts = [("steps", "Before merging", len(steps)), ("findings", "Findings", len(report.findings))]
    parts += [("changes", "Changes", len(report.changes)), ("mesh", "Routes of the mesh", len(report.mesh or ()))]
    parts += [("gaps", "Not evaluated", len(report.not_evaluated))]
    return {
        "verdict_word": plain.VERDICT_WORDS[report.verdict],
        "verdict_meaning": reason(report),
        "tally": plain.tally(report),
        "extent": plain.extent(report),
        "explained": plain.explained(unexplained),
        "steps": steps,
        "contents": [part for part in parts if part[-1]],
    }


def _heat(report: ReportDocument) -> dict[str, Any]:
    """The heat table: releases by category, each cell with its count and its worst finding."""
    rows = [release for release in report.releases if release.status != "ok" or release.objects.said]
    keys = {release.key for release in rows}
    own: dict[tuple[tuple[str, str], str], list[FindingEntry]] = {}
    for finding in plain.told_apart(report)[0]:
        for key in finding.keys & keys:
            own.setdefault((key, finding.category), []).append(finding)
    categories = sorted({category for _, category in own})
    return {
        "heat_categories": categories,
        "heat_rows": [
            (
                plain.release_title(release),
                release.objects.said if release.status == "ok" else "does not render",
                [_cell(own.get((release.key, category), [])) for category in categories],
            )
            for release in rows
        ],
    }


def _cell(own: list[FindingEntry]) -> Cell:
    return len(own), min(own, key=lambda finding: LEVELS.index(finding.severity), default=None)


def _findings(report: ReportDocument) -> dict[str, Any]:
    """Those to read, then those that are waived or only recorded, folded."""
    folded = [finding for finding in report.findings if finding.waived or finding.severity == "info"]
    waived = sum(1 for finding in folded if finding.waived)
    notes = [f"{waived} waived"] if waived else []
    notes += [counted(len(folded) - waived, "note")] if len(folded) > waived else []
    return {
        "shown": plain.told_apart(report)[0],
        "folded": folded,
        "folded_title": " · ".join(notes),
        "levels": LEVELS,
        "categories": sorted({finding.category for finding in report.findings}),
        "releases": sorted({plain.release_name(*release.key) for release in report.releases}),
        "environments": sorted({plain.line(release.environment) for release in report.releases} - {""}),
        "kinds": sorted({*_kinds(report.findings), *_kinds(report.changes)}),
        "opened": _opened(plain.told_apart(report)[0]),
    }


def _kinds(those: Iterable[FindingEntry | ChangeEntry]) -> Iterator[str]:
    yield from (plain.line(row.resource.kind) for row in those)


def _opened(shown: list[FindingEntry]) -> frozenset[str]:
    """The severities whose findings are open from the start: the serious ones, as long as they can be taken in."""
    serious = [finding for finding in shown if finding.severity in SERIOUS]
    return SERIOUS if len(serious) <= _MOST_OPENED else frozenset({"blocker"})


def _rest(report: ReportDocument) -> dict[str, Any]:
    return {
        "sections": list(sections(report)),
        "gaps": [(article(needs), rules) for needs, rules in plain.gaps(report)],
        "mesh_tables": list(mesh_tables(report)),
        "chart_links": chart_links(report),
    }
