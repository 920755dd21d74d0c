"""A test hook is added: a Pod or Job that only ``helm test`` should run.

## Why it matters

In the chart's output it looks like any other object. ``pipeline render`` leaves it out of rendered/; whoever pipes
``helm template`` into ``kubectl apply`` runs it in production, and leaves it there.

## What to do

Nothing with ``pipeline``. With a tool without support for hooks, disable tests with a value.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import TESTS, events, phrase
from pipeline.core.diff.change import Action
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = [c for c in upgrade.diff.of_action(Action.ADDED) if events(c.after) and events(c.after) <= TESTS]
    if new:
        yield Hit(
            at(new[0]),
            title=phrase(new, "added"),
            impact="pipeline leaves it out of rendered/; a kubectl apply of the chart's output runs it in production.",
            fix="Disable tests with a value if your tool does not support hooks.",
            also=tuple(at(change) for change in new[1:]),
        )


_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("the chart gets a test", ("low", ""), after=_POD % "test"),
        speaks("in the form of Helm 2", ("low", ""), after=_POD % "test-success"),
        quiet("it existed before", before=_POD % "test", after=_POD % "test"),
        quiet("it also runs at upgrades", after=_POD % "test,post-upgrade"),
    ),
)
