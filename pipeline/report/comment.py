"""The comment on a pull request and the job's summary: the same parts, within the size limit of each.

Verdict, table, steps and blockers always stay. What does not fit becomes one line, then a count; nothing is ever cut in
the middle, and shortening changes neither the verdict nor a digest.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.judge.report_document import FindingEntry, ReleaseEntry, ReportDocument
from pipeline.core.risk.levels import LEVELS
from pipeline.core.words import agreeing, counted, left_over
from pipeline.report import plain
from pipeline.report.change_sections import change_sections
from pipeline.report.chart_links import in_markdown
from pipeline.report.diff_rows import Room, section_rows, within
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.plain import anchor
from pipeline.report.shapes import block, code, commands, details, evidence, prose, raw, raw_prose, table, units
from pipeline.report.verdict_reason import reason, title

COMMENT_UNITS = 60_000
"""GitHub takes 65,536; the marker and doubts about what a character is take the rest."""
SUMMARY_UNITS = 500_000
"""A job's summary may have 1 MiB; no character of ours has more than two bytes a unit."""
_BADGES = {"blocker": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "info": "⚪"}
_VERDICTS = {"no-changes": "⚪", "safe": "🟢", "review": "🟡", "blocked": "🔴", "failed": "🟣"}
_MOST_ROWS = 12
_MOST_STEPS = 8
_ROOM = Room()
_MOST_NAMED = 100
_LONGEST_SUMMARY = 200
_LONGEST_NAME = 120
_LONGEST_STEP = 300

_ANCHOR = re.compile(r"[A-Za-z0-9-]{1,100}")
_OF_A_FORK = "> [!WARNING]\n> From a fork, not verified: its own run made this report, and could have made up another."


@dataclass(frozen=True, slots=True)
class Setting:
    """``page`` is the address of the HTML report (empty: nowhere); ``fork`` says that no one vouches for the report.

    ``run`` is the address of the workflow run, ``since`` what came and went since the comment before.
    """

    page: str = ""
    fork: bool = False
    run: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """``rank`` 0 is the last to give way. ``short`` stands in for ``full`` where that does not fit."""

    rank: int
    full: str
    short: str


def render(report: ReportDocument, budget: int = COMMENT_UNITS, setting: Setting = Setting()) -> str:
    """The whole comment, of at most ``budget`` UTF-16 units."""
    warning = _OF_A_FORK if setting.fork else ""
    links = "\n".join(list(in_markdown(report))[:_MOST_ROWS])
    parts = (warning, _verdict(report, setting), _table(report), links, _steps(report))
    head = "\n\n".join(part for part in parts if part)
    tail = _footer(report, setting)
    sections = [*_errors(report), *_findings(report, setting), *_changes(report, budget)]
    room = budget - units(head) - units(tail) - 200
    body, dropped = _fitted(sections, room)
    note = f"\n\n{counted(dropped, 'part')} did not fit here: see the full report." if dropped else ""
    return f"{head}\n\n{body}{note}\n\n{tail}\n"


def summary(report: ReportDocument) -> str:
    """The job's summary: the same with far more room."""
    return render(report, SUMMARY_UNITS)


def _fitted(sections: list[Section], room: int) -> tuple[str, int]:
    """As many sections in full as fit, the others short, the last ones not at all."""
    chosen = [section.full for section in sections]
    size = sum(units(text) + 2 for text in chosen)
    order = sorted(range(len(sections)), key=lambda n: (-sections[n].rank, -n))
    dropped = 0
    for shorten in (True, False):
        for n in order:
            if size <= room:
                break
            smaller = sections[n].short if shorten else ""
            size -= units(chosen[n]) - units(smaller)
            dropped += bool(chosen[n]) and not shorten
            chosen[n] = smaller
    return "\n\n".join(text for text in chosen if text), dropped


def _verdict(report: ReportDocument, setting: Setting) -> str:
    verdict = report.verdict
    head = f"## {_VERDICTS[verdict]} {plain.VERDICT_WORDS[verdict]}: {prose(reason(report))}"
    unexplained = report.summary.unaccounted
    rest = plain.explained(unexplained) if unexplained or report.changes else ""
    counts = f"**{' — '.join(p for p in (plain.tally(report), plain.extent(report), rest) if p)}**"
    return f"{head}\n\n{counts}{setting.since and f' — {setting.since}'}"


def _table(report: ReportDocument) -> str:
    rows = sorted(
        (row for row in report.releases if row.objects.said or row.status != "ok"),
        key=lambda row: (-_worst(report, row), row.environment, row.name),
    )
    if not rows:
        return ""
    shown = table(("Release", "Chart", "Objects", "Verdict"), (_row(report, row) for row in rows[:_MOST_ROWS]))
    rest = rows[_MOST_ROWS:]
    if not rest:
        return shown
    more = left_over(len(rest), "release")
    others = ", ".join(code(plain.value(plain.release_name(*row.key), _LONGEST_NAME)) for row in rest[:_MOST_NAMED])
    unnamed = left_over(len(rest) - _MOST_NAMED, "release")
    return f"{shown}\n\n{details(f'{more}, with no higher risk', ' '.join(filter(None, (others, unnamed))))}"


def _row(report: ReportDocument, release: ReleaseEntry) -> Iterator[str]:
    chart = release.chart
    versions = dict.fromkeys(version for version in (chart.old_version, chart.new_version) if version)
    yield _name(plain.release_name(*release.key))
    yield f"{_name(chart.name)} {' → '.join(map(_name, versions))}" if chart.name else ""
    yield release.objects.said
    own = [f.severity for f in _of(report, release)]
    counts = [f"{_BADGES[level]} {own.count(level)} {level}" for level in LEVELS[:4] if level in own]
    yield ", ".join(counts) or ("🟣 does not render" if release.status != "ok" else "🟢 safe")


def _name(text: str) -> str:
    """Nobody's names are that long, but for those that are to push everything else out."""
    return raw(plain.value(text, _LONGEST_NAME))


def _of(report: ReportDocument, release: ReleaseEntry) -> list[FindingEntry]:
    return [finding for finding in report.findings if not finding.waived and release.key in finding.keys]


def _worst(report: ReportDocument, release: ReleaseEntry) -> int:
    levels = [len(LEVELS) - LEVELS.index(finding.severity) for finding in _of(report, release)]
    return max(levels, default=0) if release.status == "ok" else len(LEVELS) + 1


def _steps(report: ReportDocument) -> str:
    steps = steps_before_merging(report)
    if not steps:
        return ""
    rows = [
        row
        for number, step in enumerate(steps[:_MOST_STEPS], 1)
        for row in (f"{number}. {prose(plain.value(step.text, _LONGEST_STEP))}", *commands(step.commands, indent=3))
    ]
    rest = steps[_MOST_STEPS:]
    others = "\n".join(f"- {prose(plain.value(step.text, _LONGEST_STEP))}" for step in rest[:_MOST_NAMED])
    folded = f"\n\n{details(left_over(len(rest), 'step'), others)}" if rest else ""
    return "### Before merging\n\n" + "\n".join(rows) + folded


def _errors(report: ReportDocument) -> Iterator[Section]:
    for error in report.errors:
        short = (plain.value(text, _LONGEST_NAME) for text in (error.release, error.where))
        head = "### Release {} does not render: {}".format(*map(code, short))
        yield Section(0, f"{head}\n\n{block(error.message[:4000])}", head)


def _findings(report: ReportDocument, setting: Setting) -> Iterator[Section]:
    shown, notes = plain.told_apart(report)
    for finding in shown:
        if finding.severity == "low":
            continue
        level = LEVELS.index(finding.severity)
        home = plain.home(report, finding)
        yield Section(level, _finding(finding, home, setting.page, opened=level == 0), _one_line(finding, home))
    low = [finding for finding in shown if finding.severity == "low"]
    if low:
        yield _folded(low, report, setting)
    waived = [finding for finding in report.findings if finding.waived]
    if waived:
        rows = "\n".join(f"- {_one_line(finding)}: {prose(plain.waiver(finding))}" for finding in waived)
        yield Section(
            2,
            details(f"{len(waived)} waived", rows),
            f"{counted(len(waived), 'finding')} {agreeing(len(waived), 'is')} waived.",
        )
    if notes:
        rows = "\n".join(f"- {prose(finding.title)}" for finding in notes)
        yield Section(4, details(f"⚪ {counted(len(notes), 'note')}", rows), f"⚪ {counted(len(notes), 'note')}")


def _folded(low: list[FindingEntry], report: ReportDocument, setting: Setting) -> Section:
    """What rarely needs a look: one line for all of them."""
    head = f"{_BADGES['low']} {len(low)} low"
    parts = (_finding(finding, plain.home(report, finding), setting.page, opened=False) for finding in low)
    lines = (f"- {_one_line(finding, plain.home(report, finding))}" for finding in low)
    return Section(3, details(head, "\n\n".join(parts)), details(head, "\n".join(lines)))


def _finding(finding: FindingEntry, home: str, page: str, *, opened: bool) -> str:
    sure = "" if finding.confidence == "proven" else f" (confidence: {finding.confidence})"
    badge = f"{_BADGES[finding.severity]} <b>{finding.severity}</b>{sure}"
    also = plain.elsewhere(finding)
    rows = [f"**{prose(finding.title)}**", "", f"- Impact: {prose(finding.impact)}"]
    rows += [
        f"- Fix: {prose(fix(finding))}",
        *commands(finding.commands, indent=2),
        f"- Where: {', '.join(map(code, filter(None, (home, plain.place(finding)))))}",
        f"- Rule: {code(finding.rule)}",
    ]
    rows += [f"- Also: {', '.join(map(code, also[:10]))}"] if also else []
    rows += [f"- Evidence: {', '.join(map(evidence, finding.evidence[:10]))}"] if finding.evidence else []
    if page and _ANCHOR.fullmatch(anchor(finding)):
        rows.append(f"- [In the full report]({page}#{anchor(finding)})")
    said = raw_prose(plain.value(title(finding), _LONGEST_SUMMARY))
    summary_ = f"{badge} {said}{home and f' {raw(plain.value(home, _LONGEST_NAME))}'}"
    return details(summary_, "\n".join(rows), opened=opened)


def _one_line(finding: FindingEntry, home: str = "") -> str:
    words = (finding.rule, plain.value(home, _LONGEST_NAME) if home else "", plain.value(finding.title, 160))
    return " ".join([_BADGES[finding.severity], *map(code, filter(None, words))])


def _changes(report: ReportDocument, budget: int) -> Iterator[Section]:
    """A section behind those that fill the budget would be shortened anyway, so its rows are not made."""
    left = budget
    for section in change_sections(report):
        title = f"Changes of {raw(plain.value(section.title, _LONGEST_NAME))}"
        rows, left = within(section_rows(section, _ROOM), left)
        short = f"{title}: {counted(len(section.shown) + section.folded, 'object')}, in the full report"
        full = details(title, block("\n".join(rows), "diff")) if rows else f"<p>{short}</p>"
        yield Section(6, full, f"<p>{short}</p>")


def _footer(report: ReportDocument, setting: Setting) -> str:
    compared = report.compared
    facts = [f"[Full report]({setting.page})"] if setting.page else []
    facts += [f"[Run]({setting.run})"] if setting.run else []
    facts += [" against ".join(code(plain.value(side, _LONGEST_NAME)) for side in (compared.old, compared.new))]
    facts += [f"Kubernetes {code(compared.kube_version)}"] if compared.kube_version else []
    skipped = report.summary.not_evaluated
    facts += [f"{counted(skipped, 'rule')} not evaluated"] if skipped else []
    facts += [f"{counted(report.summary.waived, 'finding')} waived"] if report.summary.waived else []
    facts += [f"render {code(report.digests.render[:19])}"]
    return f"<sub>{' · '.join(facts)}. This report is advice; approvers decide.</sub>"
