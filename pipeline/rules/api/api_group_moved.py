"""An object moves to another API group.

## Why it matters

To the cluster it is a different object: the old one is deleted, and the new one needs a CRD and a controller for its
group. Your own objects in the old group are no longer reconciled.

## What to do

Move your objects to the new group together with the upgrade, and make sure that its CRDs are installed first.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action not in (Action.RENAMED, Action.MOVED) or change.before is None or change.after is None:
        return
    old, new = change.before, change.after
    if old.id.group != new.id.group:
        yield Hit(
            at(change),
            title=f"{change.id.kind} {change.id.name} moves from {old.api_version} to {new.api_version}",
            impact="To the cluster it is a different object; "
            "your own objects in the old group are no longer reconciled.",
            fix="Move your objects to the new group, and make sure that its CRDs are installed first.",
            also=(place(old),),
            claims=(Claim(change.id, ("apiVersion",)),),
        )


_ROUTE = "apiVersion: example.%s/v1\nkind: Route\nmetadata: {name: a}\nspec: {x: 1}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("api-version-migrated",),
    severity=Severity.HIGH,
    each=check,
    cases=(
        speaks("the group changes", ("high", ""), before=_ROUTE % "com", after=_ROUTE % "io"),
        quiet("the group stays", before=_ROUTE % "com", after=(_ROUTE % "com").replace("x: 1", "x: 2")),
    ),
)
