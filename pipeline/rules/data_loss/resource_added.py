"""Objects are new.

## Why it matters

They are created with the upgrade; an object of the same name that somebody else made is taken over.

## What to do

See what is new, and that nothing of that name is there already.
"""

from collections.abc import Iterator

from pipeline.core.change import Action
from pipeline.core.finding import Severity
from pipeline.core.removal import grouped, naming
from pipeline.core.resource import CRD_KIND, Delivery
from pipeline.core.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    told = (change for change in upgrade.diff.of_action(Action.ADDED) if change.id.kind != CRD_KIND)
    added = [change for change in told if change.resource.delivery is not Delivery.HOOK]  # category helm-hook
    for changes in grouped(added, lambda change: change.id.kind).values():
        places = [at(change) for change in changes]
        yield Hit(
            places[0],
            title=f"{naming(changes)} {'is' if len(changes) == 1 else 'are'} new",
            why="An object of that name which somebody else made is taken over.",
            remedy="See that nothing of that name is there already.",
            also=tuple(places[1:]),
        )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("a Service comes", ("info", ""), after=_SERVICE % "a"),
        quiet("a hook comes", after=_SERVICE % "a, annotations: {helm.sh/hook: pre-upgrade}"),
        quiet("a Service goes", before=_SERVICE % "a"),
    ),
)
