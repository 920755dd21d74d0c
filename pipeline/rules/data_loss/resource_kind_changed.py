"""A workload changes its kind.

## Why it matters

Old and new are two objects: for a while both run, with the same ports, leases and volumes, or neither does. Data on
claims of the old one is not carried over: the new one starts with empty volumes.

## What to do

Scale the old workload to zero first, and plan the downtime. Back up and move its data if it has any.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import kept, kind_changes
from pipeline.core.analysis.storage import lasting, templates
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import article


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for old, new in kind_changes(upgrade):
        yield _hit(old, new)


def _hit(old: ResourceChange, new: ResourceChange) -> Hit:
    left = _left_behind(old.resource, new.resource)
    volumes = ", ".join(left)
    impact = "During the upgrade both run at once, sharing ports, leases and volumes, or neither runs."
    if left:
        impact = f"It starts with empty volumes: the data in {volumes} is not carried over."
    elif kept(old.resource):
        impact = f"The old one keeps running beside it ({kept(old.resource)})."
    return Hit(
        at(new),
        title=f"{old.id.kind} {old.id.name} becomes {article(new.id.kind)}",
        impact=impact,
        fix="Back up and move the data before the upgrade." if left else "Scale the old workload to zero first.",
        severity=Severity.BLOCKER if left else None,
        also=(at(old),),
    )


def _left_behind(old: Resource, new: Resource) -> list[str]:
    """The claims of the old one that the new one does not mount."""
    mounted = set(lasting(new).values())
    made = templates(old)
    claims = [claim for claim in lasting(old).values() if claim not in made and claim not in mounted]
    # A set's pods mount <template>-<set>-<number>.
    prefixes = [f"{template}-{old.id.name}-" for template in made]
    return sorted(claims) + sorted(f"{p}*" for p in prefixes if not any(claim.startswith(p) for claim in mounted))


def _workload(kind: str, claims: str = "") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: db}}\nspec: {{template: {{spec: {{a: b}}}}{claims}}}\n"
    )


_MADE = ", volumeClaimTemplates: [{metadata: {name: data}}]"
_USED = _workload("Deployment").replace("a: b", "volumes: [{name: d, persistentVolumeClaim: {claimName: %s}}]")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "a Deployment becomes a DaemonSet",
            ("high", ""),
            before=_workload("Deployment"),
            after=_workload("DaemonSet"),
        ),
        speaks(
            "the new one uses no claim of the old one",
            ("blocker", ""),
            before=_USED % "db",
            after=_workload("StatefulSet", _MADE),
        ),
        speaks(
            "the new one uses no claim template",
            ("blocker", ""),
            before=_workload("StatefulSet", _MADE),
            after=_USED % "db",
        ),
        speaks(
            "the new one uses the same claim",
            ("high", ""),
            before=_workload("StatefulSet", _MADE),
            after=_USED % "data-db-0",
        ),
        quiet("it stays", before=_workload("Deployment"), after=_workload("Deployment")),
        quiet("it is removed", before=_workload("Deployment")),
    ),
)
