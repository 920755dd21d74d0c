"""The findings for a terminal: what is serious in full, the rest in fewer lines the less it matters."""

from collections.abc import Iterator, Sequence

from pipeline.core.judge.report_document import FindingEntry, ReportDocument
from pipeline.core.risk.levels import SERIOUS, Level
from pipeline.core.words import counted, left_over, listed
from pipeline.report import plain
from pipeline.report.fixes import fix, fix_for_all
from pipeline.report.look import LEVEL_STYLE, PLAIN, Look
from pipeline.report.safe_text import safe
from pipeline.report.verdict_reason import title

_ALSO_SHOWN = 3
_ALIKE_SHOWN = 6
_MOST_ROWS = 3
_MOST_MEDIUM = 45
"""Lines of all of them, in a report that is not shown in full."""
_MOST_LOW = 15


def finding_lines(report: ReportDocument, look: Look, *, full: bool) -> Iterator[str]:
    """By severity; an empty line between two that are told in full."""
    shown, notes = plain.told_apart(report)
    blocks = ["\n".join(_whole(f, plain.home(report, f), look)) for f in shown if full or f.severity in SERIOUS]
    if not full:
        for level, tell, most in (("medium", _group, _MOST_MEDIUM), ("low", _line, _MOST_LOW)):
            groups = plain.by_words(finding for finding in shown if finding.severity == level)
            lines = [list(tell(group, report, look)) for group in groups]
            blocks += [text for text in ["\n".join(_fitting(lines, groups, most, look))] if text]
    if notes:
        blocks.append("\n".join(_notes(notes, look, full=full)))
    waived = [finding for finding in report.findings if finding.waived]
    if waived:
        blocks.append("\n".join(_waived(waived, look)))
    yield "\n\n".join(blocks)


def _fitting(
    groups: Sequence[Sequence[str]], findings: Sequence[Sequence[FindingEntry]], most: int, look: Look
) -> Iterator[str]:
    """As many groups as fit into ``most`` lines, and the count of the findings that do not."""
    used = 0
    for number, lines in enumerate(groups):
        used += len(lines)
        if number and used > most:
            rest = [finding for group in findings[number:] for finding in group]
            yield look.style(f"        {left_over(len(rest), f'{rest[0].severity} finding')}", "dim")
            return
        yield from lines


def one_finding(finding: FindingEntry, look: Look = PLAIN) -> str:
    """A single finding as the report shows it, without a newline at its end."""
    return "\n".join(_whole(finding, "", look))


def _level(level: Level, look: Look) -> str:
    return look.style(f"{level.upper():8}", *LEVEL_STYLE[level])


def _rule(finding: FindingEntry, look: Look) -> str:
    return look.rule(finding.rule, finding.category) + look.style(_sure(finding), "dim")


def _sure(finding: FindingEntry) -> str:
    return "" if finding.confidence == "proven" else f" (confidence: {finding.confidence})"


def _whole(finding: FindingEntry, home: str, look: Look) -> Iterator[str]:
    where = "  ".join(filter(None, (home, plain.place(finding))))
    sure = _sure(finding)
    room = look.room(len("BLOCKER ") + len(finding.rule) + len(sure) + 2)
    fits = not room or len(where) <= room
    yield f"{_level(finding.severity, look)}{_rule(finding, look)}{f'  {where}' if fits else ''}"
    if not fits:
        yield f"  {_elided(where, look.room(2))}"
    yield from look.wrapped("  ", plain.line(finding.title), "bold")
    yield from look.wrapped("  Impact    ", plain.line(finding.impact))
    yield from _fix("  Fix       ", fix(finding), finding, look)
    if also := plain.elsewhere(finding):
        yield from look.wrapped("  Also      ", listed(also, _ALSO_SHOWN, between="; "), "dim")
    if finding.evidence:
        evidence = listed(map(plain.line, finding.evidence), _ALSO_SHOWN, between="; ")
        yield from look.wrapped("  Evidence  ", evidence, "dim")


def _fix(head: str, text: str, finding: FindingEntry, look: Look) -> Iterator[str]:
    """What to do. A command is never wrapped: its line is copied as it is."""
    yield from look.wrapped(head, text)
    yield from command_lines(finding.commands, len(head))


def command_lines(commands: Sequence[str], indent: int) -> Iterator[str]:
    for command in commands:
        yield from (f"{' ' * (indent + 2)}{row}" for row in safe(command).splitlines())


def _group(group: Sequence[FindingEntry], report: ReportDocument, look: Look) -> Iterator[str]:
    """Findings with the same fix: a line each, and once what to do."""
    first = group[0]
    if len(group) == 1:
        rows = list(look.wrapped(" " * 8, f"{_said(first, report)}  [{first.rule}]"))
        yield f"{_level(first.severity, look)}{rows[0][8:]}"
        yield from (*rows[1 : _MOST_ROWS - 1], _joined_rest(rows[_MOST_ROWS - 1 :]))[: len(rows) - 1]
        yield from _fix("        Fix  ", fix(first), first, look)
        return
    yield f"{_level(first.severity, look)}{_rule(first, look)}  {counted(len(group), 'finding')}"
    for finding in group[:_ALIKE_SHOWN]:
        yield f"      - {_cut(_said(finding, report), look.room(8))}"
    if rest := left_over(len(group) - _ALIKE_SHOWN):
        yield f"        {rest}"
    yield from _fix("        Fix  ", fix_for_all(group), first, look)


def _joined_rest(rows: Sequence[str]) -> str:
    """The last row that is shown: with an ellipsis where it is not the last there is."""
    return f"{rows[0][:-1]}…" if rows[1:] else "".join(rows)


def _said(finding: FindingEntry, report: ReportDocument) -> str:
    """The title, with the object where it is not named there, and the release where there are several."""
    text = plain.line(finding.title)
    where = "" if plain.line(finding.resource.name) in text else plain.resource(finding.resource)
    return "  ".join(filter(None, (plain.home(report, finding), where, text)))


def _line(group: Sequence[FindingEntry], report: ReportDocument, look: Look) -> Iterator[str]:
    """A group on one line: its first finding, and how many more there are."""
    first = group[0]
    more = f"; {len(group) - 1} more of {first.rule}" if group[1:] else f"  [{first.rule}]"
    home = plain.home(report, first)
    text = f"{home and f'{home}  '}{title(first)}"
    room = look.room(8 + len(more))
    yield _level(first.severity, look) + _cut(text, room) + look.style(more, "dim")


def _cut(text: str, room: int) -> str:
    """On one line; a room of 0 is any."""
    return text if not room or len(text) <= room else f"{text[: room - 1]}…"


def _elided(where: str, room: int) -> str:
    """A place on one line: of a long path its end says the most, and report.json has all of it."""
    if not room or len(where) <= room:
        return where
    start = room // 2
    return f"{where[:start]}…{where[start - room + 1 :]}"


def _notes(notes: Sequence[FindingEntry], look: Look, *, full: bool) -> Iterator[str]:
    """What never alarms: it is there to be accounted for."""
    if not full:
        yield look.style(f"{counted(len(notes), 'note')} not shown: --full", "dim")
        return
    yield look.style(f"Notes ({len(notes)})", "bold")
    for finding in notes:
        yield from look.wrapped("  ", plain.line(finding.title), "dim")


def _waived(waived: Sequence[FindingEntry], look: Look) -> Iterator[str]:
    yield look.style(f"Waived ({len(waived)})", "bold")
    for finding in waived:
        yield from look.wrapped("  ", f"{finding.rule}: {plain.waiver(finding)}")
