"""A workload's pod template changes, and its settings keep the old pods.

## Why it matters

The upgrade reports success while the old version goes on running: with updateStrategy OnDelete, while a Deployment is
paused, or below the partition of a StatefulSet.

## What to do

Delete the pods one after the other once the change is applied, or resume the rollout.
"""

from collections.abc import Iterator

from pipeline.core.analysis.rollouts import kept_by, template_changes
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    setting = kept_by(change) if template_changes(change) else ""
    if change.action is Action.CHANGED and setting:
        field = next(field for field in change.fields if field.under("spec", "template"))
        yield Hit(
            at(change, field),
            title=f"{change.id.kind} {change.id.name}: its pods stay old ({setting})",
            impact="The upgrade succeeds, and the old version goes on running until somebody acts.",
            fix=_REMEDIES.get(setting, "Delete its pods one after the other once the change is applied."),
            claims=(Claim(change.id, ("not explained by a rollout that waits",)),),
        )


_REMEDIES = {"paused: true": "Resume the rollout once the change is applied."}
_SET = "apiVersion: apps/v1\nkind: %s\nmetadata: {name: web}\nspec: {%s, template: {spec: {nodeName: %s}}}\n"
_ON_DELETE = "updateStrategy: {type: OnDelete}"
_PARTITION = "replicas: %d, updateStrategy: {rollingUpdate: {partition: 2}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Deployment", "StatefulSet", "DaemonSet"}),
    cases=(
        speaks(
            "pods are replaced when they are deleted",
            ("low", "spec.template.spec.nodeName"),
            before=_SET % ("StatefulSet", _ON_DELETE, "a"),
            after=_SET % ("StatefulSet", _ON_DELETE, "b"),
        ),
        speaks(
            "a DaemonSet with OnDelete",
            ("low", "spec.template.spec.nodeName"),
            before=_SET % ("DaemonSet", _ON_DELETE, "a"),
            after=_SET % ("DaemonSet", _ON_DELETE, "b"),
        ),
        speaks(
            "a paused rollout",
            ("low", "spec.template.spec.nodeName"),
            before=_SET % ("Deployment", "paused: true", "a"),
            after=_SET % ("Deployment", "paused: true", "b"),
        ),
        speaks(
            "a partition above all pods",
            ("low", "spec.template.spec.nodeName"),
            before=_SET % ("StatefulSet", _PARTITION % 2, "a"),
            after=_SET % ("StatefulSet", _PARTITION % 2, "b"),
        ),
        quiet(
            "a partition that updates one pod",
            before=_SET % ("StatefulSet", _PARTITION % 3, "a"),
            after=_SET % ("StatefulSet", _PARTITION % 3, "b"),
        ),
        quiet(
            "a change beside the template",
            before=_SET % ("StatefulSet", f"replicas: 1, {_ON_DELETE}", "a"),
            after=_SET % ("StatefulSet", f"replicas: 2, {_ON_DELETE}", "a"),
        ),
    ),
)
