"""A field that the old Kubernetes version dropped takes effect in the new one: its feature gate is on by default there.

## Why it matters

The manifest has the field already, and the old API server ignored it. Once the cluster runs the new version, the next
apply stores it and the setting acts, although nothing changes in the manifest.

## What to do

Check that the setting is still wanted. Where it is not, remove the field with a value or an overlay before the cluster
is upgraded.
"""

from collections.abc import Iterator

from pipeline.core.kube.gated_fields import GatedField, gated
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    if not 0 <= upgrade.facts.minor_before < target[1]:
        return
    fields_of: dict[tuple[str, str], list[tuple[Resource, GatedField]]] = {}
    for resource in upgrade.after.manifests.resources:
        still = {field_now.path for field_now in gated(resource, target[1])}
        for field_before in gated(resource, upgrade.facts.minor_before):
            if field_before.path not in still:
                fields_of.setdefault((field_before.type, str(field_before.path[-1])), []).append(
                    (resource, field_before)
                )
    for _, gated_fields in sorted(fields_of.items()):
        yield _hit(gated_fields, upgrade.facts.minor_before, target[1])


def _hit(gated_fields: list[tuple[Resource, GatedField]], before: int, after: int) -> Hit:
    resource, first = gated_fields[0]
    places = [place(one, field.path) for one, field in gated_fields]
    return Hit(
        places[0],
        title=f"{resource.kind} {resource.id.name}: {to_text(first.path)} takes effect with Kubernetes 1.{after}",
        impact=f"Kubernetes 1.{before} ignores it (feature gate {first.gate}), and 1.{after} stores it.",
        fix=f"Check that {first.path[-1]} is wanted, or remove it with an overlay.",
        also=tuple(places[1:]),
    )


_STATEFUL = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
    "spec: {serviceName: db, updateStrategy: {rollingUpdate: {%s}}}\n"
)
_SET, _UNSET = _STATEFUL % "maxUnavailable: 3", _STATEFUL % "partition: 1"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "the cluster moves to the version that knows it",
            ("medium", "spec.updateStrategy.rollingUpdate.maxUnavailable"),
            before=_SET,
            after=_SET,
            facts={"target": (1, 37), "target_before": (1, 36)},
        ),
        quiet("the version stays", before=_SET, after=_SET, facts={"target": (1, 36)}),
        quiet("both versions ignore it", before=_SET, after=_SET, facts={"target": (1, 36), "target_before": (1, 30)}),
        quiet("it is not set", before=_UNSET, after=_UNSET, facts={"target": (1, 37), "target_before": (1, 36)}),
    ),
)
