"""The part of a report that is asked for: single objects, or what is at least so serious. The verdict stays."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from msgspec.structs import replace

from pipeline.core.errors import UsageError
from pipeline.core.judge.report_document import FindingEntry, ReportDocument, ResourceEntry
from pipeline.core.risk.levels import LEVELS, Level
from pipeline.core.words import listed
from pipeline.report.change_sections import Worst
from pipeline.report.plain import line

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Narrowing:
    """``objects`` are ``KIND/NAME`` (``*`` stands for anything); ``severity`` the least serious level. Empty: all."""

    objects: tuple[str, ...] = ()
    severity: Level | None = None


WHOLE = Narrowing()


def narrowed(report: ReportDocument, only: Narrowing) -> ReportDocument:
    """The report with fewer findings and changes.

    Raises:
        UsageError: an object is not named as KIND/NAME, or none of the report has that name.
    """
    if only.severity is not None:
        report = _serious(report, only.severity)
    return _about(report, only.objects) if only.objects else report


def _serious(report: ReportDocument, least: Level) -> ReportDocument:
    most = LEVELS.index(least)
    worst = Worst(report)
    findings = tuple(f for f in report.findings if LEVELS.index(f.severity) <= most)
    changes = tuple(
        change
        for change in report.changes
        if (severest := worst.of(change)) is not None and LEVELS.index(severest.severity) <= most
    )
    return replace(report, findings=findings, changes=changes, not_evaluated=())


def _about(report: ReportDocument, names: tuple[str, ...]) -> ReportDocument:
    patterns = []
    for name in names:
        kind, slash, own = name.partition("/")
        if not slash or not kind or not own:
            raise UsageError(f"--only {name!r} is not an object", hint="name it as KIND/NAME: --only Deployment/web")
        patterns.append((kind.lower(), own))
    changes = tuple(change for change in report.changes if _named(change.resource, patterns))
    findings = tuple(finding for finding in report.findings if _concerns(finding, patterns))
    if not changes and not findings:
        known = (f"{change.resource.kind}/{change.resource.name}" for change in report.changes)
        hint = f"changed are {line(listed(known, _SUGGESTED))}" if report.changes else "nothing changes"
        raise UsageError(f"no changed object is {' or '.join(names)}", hint=hint)
    return replace(report, changes=changes, findings=findings, not_evaluated=())


def _concerns(finding: FindingEntry, patterns: list[tuple[str, str]]) -> bool:
    return any(_named(resource, patterns) for resource in finding.resources)


def _named(resource: ResourceEntry, patterns: list[tuple[str, str]]) -> bool:
    """By kind in any case, and by name, with or without its namespace."""
    names = (resource.name, f"{resource.namespace}/{resource.name}")
    return any(
        kind in (resource.kind.lower(), f"{resource.kind}s".lower(), "*") and any(fnmatchcase(n, own) for n in names)
        for kind, own in patterns
    )
