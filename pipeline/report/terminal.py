"""The report for a terminal: the verdict first, then what to do, then why, then everything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from msgspec import UNSET

from pipeline.core.judge.report_document import ChangeEntry, FieldEntry, FindingEntry, ReportDocument
from pipeline.core.words import article, counted, left_over, listed
from pipeline.report import plain
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.text_rows import by_line, rows, shortened_rows

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}
_LEVEL_STYLE = {
    "blocker": ("bold", "red"),
    "high": ("red",),
    "medium": ("yellow",),
    "low": ("blue",),
    "info": ("dim",),
}
_VERDICT_STYLE = {"no-changes": "green", "safe": "green", "review": "yellow", "blocked": "red", "failed": "magenta"}
_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_ALSO_SHOWN = 3
_TEXT_ROWS = 8
_MOST_TEXTS = 2
"""Of one object, such as a dashboard with fifty queries: the page and the Markdown have them all."""
_NARROWEST = 60


@dataclass(frozen=True, slots=True)
class Look:
    """How much to show and how. ``width`` in columns; ``context`` is the number of paths shown a changed object."""

    colour: bool = False
    width: int = 100
    context: int = 0

    def style(self, text: str, *names: str) -> str:
        codes = ";".join(_CODES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and text else text


def render(report: ReportDocument, look: Look = Look()) -> str:
    """The whole report as text that ends in a newline."""
    blocks = (_verdict, _errors, _steps, _findings, _changes, _gaps)
    parts = ["\n".join(block(report, look)) for block in blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(report: ReportDocument, look: Look) -> Iterator[str]:
    verdict = report.verdict
    word = look.style(plain.VERDICT_WORDS[verdict].upper(), "bold", _VERDICT_STYLE[verdict])
    yield f"{word}  {plain.VERDICT_MEANING[verdict]}"
    yield f"  {plain.tally(report)}"
    yield f"  {plain.extent(report)}"
    unexplained = report.summary.unaccounted
    if unexplained:
        yield look.style(f"  {plain.explained(unexplained)}", "yellow")
    elif report.changes:
        yield look.style(f"  {plain.explained(0)}", "dim")


def _errors(report: ReportDocument, look: Look) -> Iterator[str]:
    for error in report.errors:
        where = plain.line(error.where)
        yield look.style(f"release {plain.line(error.release)} does not render  {where}", "bold", "magenta")
        yield from (f"  {plain.safe(row)}" for row in error.message.splitlines())


def _steps(report: ReportDocument, look: Look) -> Iterator[str]:
    steps = steps_before_merging(report)
    if steps:
        yield look.style("Before merging", "bold")
    for number, step in enumerate(steps, 1):
        yield from _wrapped(f"{number:>3}. ", step, look)


def _findings(report: ReportDocument, look: Look) -> Iterator[str]:
    shown, notes = plain.told_apart(report)
    minor = [finding for finding in shown if finding.severity == "low"]
    groups = [_finding(finding, plain.home(report, finding), look) for finding in shown if finding.severity != "low"]
    groups += [_alike(group, report, look) for group in plain.by_words(minor)]
    groups += [_notes(notes, look)] if notes else []
    yield "\n\n".join("\n".join(group) for group in groups)
    waived = [finding for finding in report.findings if finding.waived]
    if waived:
        yield ("\n" if groups else "") + look.style(f"Waived ({len(waived)})", "bold")
    for finding in waived:
        yield from _wrapped("  ", f"{finding.rule}: {plain.waiver(finding)}", look)


def _notes(notes: Sequence[FindingEntry], look: Look) -> Iterator[str]:
    """What never alarms, one line each: it is there to be accounted for."""
    yield look.style(f"Notes ({len(notes)})", "bold")
    for finding in notes:
        yield from _wrapped("  ", plain.line(finding.title), look, "dim")


def _alike(group: Sequence[FindingEntry], report: ReportDocument, look: Look) -> Iterator[str]:
    """Minor findings with the same impact and fix: a line each, and once what they have in common."""
    first = group[0]
    if len(group) == 1:
        yield from _finding(first, plain.home(report, first), look)
        return
    shared = all(finding.evidence == first.evidence for finding in group)
    level, head = _head(first, look)
    yield f"{level}{look.style(head, 'dim')}  {counted(len(group), 'finding')}"
    for finding in group:
        named = plain.line(finding.resource.name) in plain.line(finding.title)
        where = "" if named else plain.resource(finding.resource)
        home = "  ".join(filter(None, (plain.home(report, finding), where)))
        yield from _wrapped("  - ", f"{home}  {plain.line(finding.title)}" if home else plain.line(finding.title), look)
        if not shared:
            yield from _evidence(finding, "    Evidence  ", look)
    yield from _advice(group, look)
    if shared:
        yield from _evidence(first, "  Evidence  ", look)


def _head(finding: FindingEntry, look: Look) -> tuple[str, str]:
    level = look.style(f"{finding.severity.upper():8}", *_LEVEL_STYLE[finding.severity])
    return level, finding.rule + ("" if finding.confidence == "proven" else f" (confidence: {finding.confidence})")


def _finding(finding: FindingEntry, home: str, look: Look) -> Iterator[str]:
    level, head = _head(finding, look)
    where = "  ".join(filter(None, (home, plain.place(finding))))
    fits = len("BLOCKER ") + len(head) + 2 + len(where) <= max(look.width, _NARROWEST)
    yield f"{level}{look.style(head, 'dim')}" + (f"  {where}" if fits else "")
    if not fits:
        yield f"  {_elided(where, max(look.width, _NARROWEST) - 2)}"
    yield from _wrapped("  ", plain.line(finding.title), look, "bold")
    yield from _advice([finding], look)
    also = plain.elsewhere(finding)
    if also:
        yield from _wrapped("  Also      ", listed(also, _ALSO_SHOWN, between="; "), look, "dim")
    yield from _evidence(finding, "  Evidence  ", look)


def one(finding: FindingEntry, look: Look = Look()) -> str:
    """A single finding as the report shows it, without a newline at its end."""
    return "\n".join(_finding(finding, "", look))


def _advice(group: Sequence[FindingEntry], look: Look) -> Iterator[str]:
    """What breaks and what to do. A command is never wrapped: its line is copied as it is."""
    yield from _wrapped("  Impact    ", plain.line(group[0].why), look)
    yield from _wrapped("  Fix       ", fix(*group), look)
    for command in group[0].commands:
        yield from (f"              {row}" for row in plain.safe(command).splitlines())


def _elided(where: str, room: int) -> str:
    """A place on one line: of a long path its end says the most, and report.json has all of it."""
    if len(where) <= room:
        return where
    start = room // 2
    return f"{where[:start]}…{where[start - room + 1 :]}"


def _evidence(finding: FindingEntry, head: str, look: Look) -> Iterator[str]:
    if finding.evidence:
        yield from _wrapped(head, listed(map(plain.line, finding.evidence), _ALSO_SHOWN, between="; "), look, "dim")


def _changes(report: ReportDocument, look: Look) -> Iterator[str]:
    for release in report.releases:
        shown, folded = plain.shown_changes(report, release)
        if shown or folded:
            yield look.style(plain.release_title(release), "bold")
        for change in shown:
            yield from _change(change, look)
        if folded:
            yield look.style(f"    {plain.folded_text(folded)}", "dim")


def _change(change: ChangeEntry, look: Look) -> Iterator[str]:
    mark, colour = _MARKS.get(change.action, (">", "magenta"))
    name = plain.resource(change.resource)
    was = f" (was {plain.resource(change.old_resource)})" if change.old_resource else ""
    real = len(change.telling)
    unexplained = len(change.unaccounted)
    notes = [counted(real, "path")] if real else []
    notes += [f"{unexplained} unexplained"] if unexplained else []
    yield f"  {look.style(mark, colour)} {name}{was}" + (look.style(f"  {', '.join(notes)}", "dim") if notes else "")
    texts = [field for field in change.telling if by_line(field)]
    for field in texts[:_MOST_TEXTS]:
        yield from _text(field, look)
    if rest := left_over(len(texts) - _MOST_TEXTS, "text"):
        yield look.style(f"      {rest}", "dim")
    for field in change.fields[: look.context]:
        before, after = ("(absent)" if side is UNSET else side for side in (field.old, field.new))
        old, new = plain.values(before, after)
        yield f"      {plain.path(field.path)}: {old} → {new}"


def _text(field: FieldEntry, look: Look) -> Iterator[str]:
    """Which lines of a text differ."""
    yield from _wrapped("      ", plain.path(field.path), look)
    shown, hidden = rows(field, _TEXT_ROWS)
    longest = max(look.width, _NARROWEST) - 16
    for row, text in shortened_rows(shown, longest):
        colour = "red" if row.mark == "-" else "green"
        yield f"      {row.number:>5} " + look.style(f"{row.mark} {text}", colour)
    if hidden:
        yield look.style(f"            {left_over(hidden, 'line')}", "dim")


def _gaps(report: ReportDocument, look: Look) -> Iterator[str]:
    if report.not_evaluated:
        yield look.style("Not evaluated", "bold")
    for needs, rules in plain.gaps(report):
        yield from _wrapped("  ", f"without {article(needs)}: {', '.join(rules)}", look, "dim")


def _wrapped(head: str, text: str, look: Look, *style: str) -> Iterator[str]:
    """``text`` after ``head``, broken at the terminal's width and indented below itself."""
    width = max(look.width, _NARROWEST)
    rows = wrap(text, width - len(head), break_on_hyphens=False) or [""]
    for number, row in enumerate(rows):
        lead = head if number == 0 else " " * len(head)
        yield lead + (look.style(row, *style) if style else row)
