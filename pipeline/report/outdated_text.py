"""Which releases could move, as a table for people and as data for scripts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.upgrade.duration import told
from pipeline.core.upgrade.judged import JudgedVersion, farthest
from pipeline.core.upgrade.newer import NewerVersion, Standing
from pipeline.core.words import agreeing, counted
from pipeline.report.look import PLAIN, Look
from pipeline.report.plain import line

_HEAD = ("RELEASE", "ENVIRONMENTS", "CURRENT", "IN RANGE", "NEWEST", "AGE", "APP", "NOTE")


def terminal(rows: Sequence[Standing], groups: Mapping[str, tuple[str, ...]], look: Look = PLAIN) -> str:
    """A table with a line for each release that is outdated, deprecated or unknown, and for each group of such.

    Text that ends in a newline.
    """
    shown = [row for row in _lines(rows, groups) if row is not None]
    if not shown:
        return "every release runs the newest version of its chart\n"
    widths = [max(len(row[n]) for row in (_HEAD, *shown)) for n in range(len(_HEAD))]
    lines = [_padded(_HEAD, widths)]
    return "".join(f"{text}\n" for text in (look.style(lines[0], "bold"), *(_padded(row, widths) for row in shown)))


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _lines(rows: Sequence[Standing], groups: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, ...] | None]:
    names = {row.release for row in rows}
    grouped = {
        name: [row for member in members for row in rows if row.release == member]
        for name, members in groups.items()
        if names >= {*members}
    }
    done = set[str]()
    for row in rows:
        if row.release in done:
            continue
        name = next((name for name, members in grouped.items() if row in members), None)
        if name is None:
            yield _line(row)
            continue
        done |= {member.release for member in grouped[name]}
        yield _group(name, grouped[name])


def _line(row: Standing) -> tuple[str, ...] | None:
    if not (row.is_outdated or row.deprecated or row.problem):
        return None
    return tuple(map(line, (row.release, ", ".join(row.environments), row.current, *_offer(row), _note(row))))


def _group(name: str, members: Sequence[Standing]) -> tuple[str, ...] | None:
    lines = [each for each in map(_line, members) if each is not None]
    currents = list(dict.fromkeys(member.current for member in members))
    if not lines and len(currents) == 1:
        return None
    first = lines[0] if lines else tuple(map(line, (name, "", currents[0], "", "", "", "", "")))
    size = counted(len({member.release for member in members}), "release")
    notes = [size, *dict.fromkeys(note for *_, note in lines if note)]
    if len(currents) > 1:
        notes.append(f"members differ: {', '.join(f'{member.pin} {member.current}' for member in members)}")
    return (line(name), first[1], line(" … ".join(currents[:2])), *first[3:7], line("; ".join(notes)))


def _offer(row: Standing) -> tuple[str, str, str, str]:
    newest = row.newest
    if newest is None:
        return "", "", "", ""
    age = "" if newest.age is None else told(newest.age)
    return row.in_range.version if row.in_range else "-", newest.version, age, newest.app_version


def _note(row: Standing) -> str:
    young = f"{counted(row.young, 'version')} {agreeing(row.young, 'is')} too young" if row.young else ""
    return "; ".join(filter(None, (row.problem, row.moved, "the chart is deprecated" if row.deprecated else "", young)))


def verdicts(judged: Mapping[str, Sequence[JudgedVersion]], look: Look = PLAIN) -> str:
    """For each release its versions, the newest first, and how far one can go; empty where none was judged."""
    lines = []
    for release, judged_versions in judged.items():
        best = farthest(judged_versions)
        lines += ["", look.style(line(release), "bold")]
        for judged_version in judged_versions:
            note = (
                ": the newest without blockers"
                if judged_version is best
                else f": {judged_version.problem}"
                if judged_version.problem
                else ""
            )
            lines.append(f"  {line(f'{judged_version}{note}')}")
        if best is None:
            lines.append("  every newer version is blocked or fails")
    return "".join(f"{text}\n" for text in lines)


def data(
    rows: Iterable[Standing],
    groups: Mapping[str, tuple[str, ...]],
    judged: Mapping[str, Sequence[JudgedVersion]] | None = None,
) -> dict[str, Any]:
    """For scripts: every release, with ages in days; ``judged`` is the newest first, null where nothing was judged."""
    return {
        "schema": "pipeline.outdated/v1",
        "releases": [
            {
                "release": row.release,
                "environments": list(row.environments),
                "groups": [name for name, members in groups.items() if row.release in members],
                "chart": row.chart,
                "asked": row.asked,
                "current": row.current,
                "inRange": _newer(row.in_range),
                "newest": _newer(row.newest),
                "deprecated": row.deprecated,
                "tooYoung": row.young,
                "problem": row.problem,
                "moved": row.moved,
                "judged": _verdicts(judged, row.pin),
            }
            for row in rows
        ],
    }


def _newer(version: NewerVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    days = None if version.age is None else version.age.days
    return {"version": version.version, "appVersion": version.app_version, "ageDays": days}


def _verdicts(judged: Mapping[str, Sequence[JudgedVersion]] | None, release: str) -> list[dict[str, Any]] | None:
    if not judged or release not in judged:
        return None
    return [
        {"version": each.version, "verdict": str(each.verdict), "blockers": each.blockers, "problem": each.problem}
        for each in judged[release]
    ]
