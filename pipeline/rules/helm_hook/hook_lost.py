"""A hook of the chart is gone, or a new one runs.

## Why it matters

A hook does its work at one moment of an install, an upgrade or a deletion: what one that is gone did is no longer done,
and one that is new runs with the next upgrade.

## What to do

Read what the hook does, above all with data: a migration that no longer runs, or runs for the first time.
"""

from collections.abc import Iterator

from pipeline.core.change import Action
from pipeline.core.finding import Severity
from pipeline.core.manifests import HOOK_ANNOTATION
from pipeline.core.resource import Delivery
from pipeline.core.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.upgrade import Upgrade

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for action, word in ((Action.REMOVED, "gone"), (Action.ADDED, "new")):
        hooks = [c for c in upgrade.diff.of_action(action) if c.resource.delivery is Delivery.HOOK]
        if hooks:
            phases = sorted({str(change.resource.annotations.get(HOOK_ANNOTATION)) for change in hooks})
            names = ", ".join(f"{change.id.kind} {change.id.name}" for change in hooks[:_SHOWN])
            more = f" and {len(hooks) - _SHOWN} more" if len(hooks) > _SHOWN else ""
            yield Hit(
                at(hooks[0]),
                title=f"hooks ({', '.join(phases)}) are {word}: {names}{more}",
                why="What it did is no longer done." if word == "gone" else "It runs with the next upgrade.",
                remedy="Read what the hook does, above all with data.",
                also=tuple(at(change) for change in hooks[1:]),
            )


_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: pre-upgrade}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("a migration no longer runs", ("low", ""), before=_JOB),
        speaks("a migration runs", ("low", ""), after=_JOB),
        quiet("a Job that is no hook", after="apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"),
    ),
)
