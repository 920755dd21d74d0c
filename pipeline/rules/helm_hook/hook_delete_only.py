"""A hook is added that only runs when the release is deleted.

## Why it matters

It cleans up: it deletes custom resources, volumes, accounts. ``pipeline apply`` never runs it; a tool that applies
the chart's output as it is runs it while everything that it cleans up is in use.

## What to do

Check what it deletes. If a tool without support for hooks applies the chart, leave this one out.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import DELETIONS, TESTS, WORKS, events, phrase
from pipeline.core.diff.change import Action
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    added = [(change, events(change.after)) for change in upgrade.diff.of_action(Action.ADDED)]
    new = [change for change, when in added if when & DELETIONS and when <= DELETIONS | TESTS]
    if new:
        works = any(change.id.kind in WORKS for change in new)
        yield Hit(
            at(new[0]),
            title=phrase(new, "added"),
            impact="It runs when the release is deleted: pipeline apply never runs it, but kubectl apply creates it.",
            fix="Check what it deletes; leave it out if your tool does not support hooks.",
            severity=None if works else Severity.INFO,
            also=tuple(at(change) for change in new[1:]),
        )


_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("a clean-up job is added", ("low", ""), after=_JOB % "pre-delete"),
        speaks("only its account", ("info", ""), after=(_JOB % "post-delete").replace("Job", "Role")),
        quiet("it existed before", before=_JOB % "pre-delete", after=_JOB % "pre-delete"),
        quiet("it also runs at upgrades", after=_JOB % "pre-delete,pre-upgrade"),
    ),
)
