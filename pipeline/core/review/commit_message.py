"""The message of a commit of rendered manifests: which releases, which versions, which verdict."""

import re
from collections.abc import Iterable

from pipeline.core.judge.report import ReleaseReport, Report
from pipeline.core.risk.levels import LEVELS
from pipeline.core.words import listed

_LONGEST_SUBJECT = 72
_CALLS = re.compile(r"[@#]|[\x00-\x1f\x7f]")
"""A mention or an issue's number in a commit notifies people, wherever the text came from."""


def message(report: Report, files: int) -> str:
    """Subject, a line for each release, the verdict with its counts."""
    changed = [release for release in report.releases if release.added or release.changed or release.removed]
    lines = [_subject(changed, report.releases), ""]
    lines += [_line(release) for release in changed]
    lines += [""] if changed else []
    lines.append(f"Verdict: {report.verdict} ({_findings(report)})")
    lines.append(f"Unexplained paths: {report.unaccounted}")
    lines.append(f"Files: {files}")
    return "\n".join(_quiet(line) for line in lines) + "\n"


def _subject(changed: list[ReleaseReport], every: Iterable[ReleaseReport]) -> str:
    moved = [release for release in every if release.old_version != release.new_version]
    versions = sorted({_version(release) for release in moved})
    if not versions:
        names = sorted({release.name for release in changed})
        return f"render {', '.join(names) or 'again'}"[:_LONGEST_SUBJECT]
    whole = ", ".join(versions)
    return whole if len(whole) <= _LONGEST_SUBJECT else listed(versions, 1)


def _version(release: ReleaseReport) -> str:
    if not release.old_version:
        return f"{release.name}: add {release.chart} {release.new_version}"
    if not release.new_version:
        return f"{release.name}: remove {release.chart}"
    return f"{release.name}: {release.chart} {release.old_version} -> {release.new_version}"


def _line(release: ReleaseReport) -> str:
    name = f"{release.environment}/{release.name}"
    versions = " -> ".join(dict.fromkeys(v for v in (release.old_version, release.new_version) if v))
    counts = (("added", release.added), ("changed", release.changed), ("removed", release.removed))
    return f"- {name} {release.chart} {versions}: {', '.join(f'{n} {word}' for word, n in counts if n)}"


def _findings(report: Report) -> str:
    counted = [
        (sum(1 for f in report.findings if f.severity.label == level and not f.waived), level) for level in LEVELS[:4]
    ]
    return ", ".join(f"{number} {label}" for number, label in counted if number) or "no findings"


def _quiet(line: str) -> str:
    return _CALLS.sub("", line)
