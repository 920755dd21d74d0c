"""A hook of installs, upgrades or rollbacks is added: an object that should run at one point and not stay.

## Why it matters

It runs with the next upgrade. Tools that support hooks (``helm``, ``pipeline apply``, Argo CD) run it at its event, in
the order of the weights, and apply its delete policy. Below rendered/ it therefore lies apart. A tool that applies the
chart's output as it is creates it next to the workloads that it should run before, leaves it there, and fails when its
template changes.

## What to do

Check what the hook does, especially with data. Apply with a tool that supports hooks, or run it yourself.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import RUNNING, WORKS, annotation_path, claimed, edited, events, phrase, words
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_UPGRADES = frozenset({"pre-upgrade", "post-upgrade"})
_STOPS = "The upgrade waits for it, and fails where it fails; a plain kubectl apply leaves it beside the workloads."
_WHY = "It runs with the next upgrade. A plain kubectl apply runs it next to the workloads, and leaves it there."


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = [c for c in upgrade.diff.of_action(Action.ADDED) if events(c.after) & RUNNING]
    working = [change for change in new if _can_stop(change, events(change.after))]
    for group in (working, [change for change in new if change not in working]):
        if group:
            yield Hit(
                at(group[0]),
                title=phrase(group, "added"),
                impact=_STOPS if group is working else _WHY,
                fix="Check what the hook does, especially with data; apply with a tool that supports hooks.",
                severity=Severity.MEDIUM if group is working else None,
                also=tuple(at(change) for change in group[1:]),
            )
    for change in upgrade.diff.changes:
        came = (events(change.after) & RUNNING) - events(change.before) if edited(change) else frozenset()
        if came and not events(change.before) - events(change.after):  # else hook-lost reports it
            yield _changed(change, sorted(came))


def _can_stop(change: ResourceChange, at_events: frozenset[str]) -> bool:
    """Whether it is a Job or a Pod that an upgrade waits for: one that fails is a failed upgrade."""
    return change.id.kind in WORKS and not _UPGRADES.isdisjoint(at_events)


def _changed(change: ResourceChange, came: list[str]) -> Hit:
    path = annotation_path(change)
    return Hit(
        place(change.resource, path),
        title=f"{change.id.kind} {change.id.name} {'is now also' if words(change.before) else 'becomes'} "
        f"a hook of {', '.join(came)}",
        impact=_WHY,
        fix="Check what it does, especially with data.",
        severity=Severity.MEDIUM if _can_stop(change, frozenset(came)) else None,
        claims=tuple(Claim(change.id, one) for one in claimed(change)),
    )


_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"
_PLAIN = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("a migration runs", ("medium", ""), after=_JOB % "pre-upgrade"),
        speaks("a Job runs at installs", ("low", ""), after=_JOB % "post-install"),
        speaks("a hook that is no Job", ("low", ""), after=(_JOB % "pre-upgrade").replace("Job", "ConfigMap")),
        speaks("a Job becomes a hook", ("medium", "metadata.annotations"), before=_PLAIN, after=_JOB % "pre-upgrade"),
        speaks(
            "it also runs at upgrades",
            ("medium", 'metadata.annotations["helm.sh/hook"]'),
            before=_JOB % "pre-install",
            after=_JOB % "pre-install,pre-upgrade",
        ),
        quiet("it existed before", before=_JOB % "pre-upgrade", after=_JOB % "pre-upgrade"),
        quiet("a test", after=_JOB % "test"),
        quiet("a Job that is not a hook", after=_PLAIN),
    ),
)
