"""A workload's selector changes, which the API server rejects.

## Why it matters

``spec.selector`` of a Deployment, DaemonSet, ReplicaSet or StatefulSet cannot change once the object exists
(apps/v1). The apply stops there: what came before it is new, what comes after it is old.

## What to do

Keep the old labels by a value of the chart or an overlay. Or delete the workload with ``--cascade=orphan`` in a step
of its own, so that its pods keep running, and apply the new one right after.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import applied_to_target
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SELECTOR = ("spec", "selector")


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or change.before is None or change.after is None:
        return
    old, new = _requirements(change.before), _requirements(change.after)
    places = [at(change, field) for field in change.fields if _concerns(field.path)]
    if not places:
        return
    gone, came = ", ".join(sorted(old - new)), ", ".join(sorted(new - old))
    detail = f"-{gone} +{came}" if gone and came else f"-{gone}" if gone else f"+{came}" if came else "in other words"
    held = applied_to_target(change.before, upgrade)
    yield Hit(
        places[0],
        severity=None if held else Severity.HIGH,
        confidence=None if held else Confidence.LIKELY,
        title=f"{change.id.kind} {change.id.name}: the selector changes: {detail}",
        why="The API server refuses it: spec.selector is immutable. The apply stops half-way.",
        remedy=f"Keep the old labels, or: kubectl delete {change.id.kind.lower()} {change.id.name}"
        f" -n {change.id.namespace} --cascade=orphan, then apply.",
        also=tuple(places[1:]),
        claims=(Claim(change.id, _SELECTOR),),
    )


def _concerns(path: Path) -> bool:
    """At or below the selector, or a removal of all that it is part of."""
    return path[:2] == _SELECTOR or path == ("spec",)


def _requirements(resource: Resource) -> frozenset[str]:
    """The selector as a set, for the message: ``matchLabels`` is short for ``In`` with one value."""
    selector = mapping(mapping(normal(resource).get("spec")).get("selector"))
    labels = {f"{key}={value}" for key, value in mapping(selector.get("matchLabels")).items()}
    rows = [mapping(row) for row in sequence(selector.get("matchExpressions"))]
    return frozenset(labels | {_expression(row.get("key"), row.get("operator"), row.get("values")) for row in rows})


def _expression(key: object, operator: object, values: object) -> str:
    words = sorted(map(str, sequence(values)))
    if operator == "In" and len(words) == 1:
        return f"{key}={words[0]}"
    return f"{key} {operator} {','.join(words)}".rstrip()


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, selector: {%s}}\n"
_OLD = _WEB % "matchLabels: {app: web}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"}),
    cases=(
        speaks(
            "a selector label is renamed",
            ("blocker", "spec.selector.matchLabels.app"),
            before=_OLD,
            after=_WEB % "matchLabels: {app.kubernetes.io/name: web}",
        ),
        speaks(
            "the old one is of an API that the cluster no longer has",
            ("high", "spec.selector.matchLabels.app"),
            before=_OLD.replace("apps/v1", "apps/v1beta1"),
            after=_WEB % "matchLabels: {app.kubernetes.io/name: web}",
            facts={"target": (1, 30)},
        ),
        quiet("only the replica count changes", before=_OLD, after=_OLD.replace("replicas: 1", "replicas: 2")),
        speaks(
            "the same selector in other words is another one to the API server",
            ("blocker", "spec.selector.matchExpressions"),
            before=_OLD,
            after=_WEB % "matchExpressions: [{key: app, operator: In, values: [web]}]",
        ),
    ),
)
