"""A hook is removed, becomes an ordinary object, or no longer runs at one of its events.

## Why it matters

A hook does its work at one point of an install, an upgrade or a deletion: a migration, a certificate, a clean-up. If it
is removed, that is no longer done. A Job that is no longer a hook is applied like everything else: it runs once, next
to the workloads, and its template cannot change afterwards.

## What to do

Check what the hook does, especially with data, and run it in another way if it is still needed.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import RUNNING, TESTS, WORKS, annotation_path, claimed, edited, events, phrase, words
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import Delivery
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import article


def check(upgrade: Upgrade) -> Iterator[Hit]:
    removed = [c for c in upgrade.diff.of_action(Action.REMOVED) if c.resource.delivery is Delivery.HOOK]
    if removed:
        tests = all(events(c.before) <= TESTS for c in removed)
        yield Hit(
            at(removed[0]),
            title=phrase(removed, "removed"),
            impact="The check no longer runs." if tests else "Its work is no longer done.",
            fix="Nothing to do, unless you run it." if tests else "Check what the hook does, especially with data.",
            severity=_grade(removed),
            also=tuple(at(change) for change in removed[1:]),
        )
    for change in upgrade.diff.changes:
        former = events(change.before) - events(change.after) if edited(change) else frozenset()
        if former:
            yield _changed(change, sorted(former))


def _grade(gone: list[ResourceChange]) -> Severity | None:
    """Work that a release relied on is more than an account or a role of it; a test is neither."""
    if all(events(change.before) <= TESTS for change in gone):
        return Severity.INFO
    works = any(change.id.kind in WORKS and events(change.before) & RUNNING for change in gone)
    return Severity.MEDIUM if works else None


def _changed(change: ResourceChange, former: list[str]) -> Hit:
    path, left = annotation_path(change), words(change.after)
    matters = change.id.kind in WORKS and not RUNNING.isdisjoint(former)
    return Hit(
        place(change.resource, path),
        title=f"{change.id.kind} {change.id.name} is no longer {article(f'{_list(former)} hook') if left else 'a hook'}"
        + (f", only {_list(list(left))}" if left else f" (it was {_list(former)})"),
        impact="Its work is no longer done at that event." if left else "It is applied once, with everything else.",
        fix="Check what it does, and run it in another way if it is still needed.",
        severity=Severity.MEDIUM if matters else None,
        claims=tuple(Claim(change.id, one) for one in claimed(change)),
    )


def _list(names: list[str]) -> str:
    return ", ".join(names)


_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"
_PLAIN = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("a migration no longer runs", ("medium", ""), before=_JOB % "pre-upgrade"),
        speaks("a hook that is no Job", ("low", ""), before=(_JOB % "pre-upgrade").replace("Job", "ConfigMap")),
        speaks("a test is removed", ("info", ""), before=_JOB % "test"),
        speaks(
            "it becomes an ordinary Job",
            ("medium", "metadata.annotations"),
            before=_JOB % "pre-upgrade",
            after=_PLAIN,
        ),
        speaks(
            "it runs at installs alone",
            ("medium", 'metadata.annotations["helm.sh/hook"]'),
            before=_JOB % "pre-install,pre-upgrade",
            after=_JOB % "pre-install",
        ),
        quiet("a migration runs", after=_JOB % "pre-upgrade"),
        quiet("it also runs at upgrades", before=_JOB % "pre-install", after=_JOB % "pre-install,pre-upgrade"),
        quiet("a Job that is not a hook is removed", before=_PLAIN),
    ),
)
