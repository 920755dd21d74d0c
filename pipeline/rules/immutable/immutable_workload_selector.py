"""A workload's selector changes, which the API server rejects.

## Why it matters

``spec.selector`` of a Deployment, DaemonSet, ReplicaSet or StatefulSet cannot change once the object exists
(apps/v1). The apply stops there: what came before it is new, what comes after it is old.

## What to do

Keep the old labels with a chart value or an overlay. Or delete a Deployment with ``--cascade=orphan``, so that its pods
keep running, apply the new one right after, and delete the old pods: the new selector does not adopt them. Where the
old pods hold names, volumes or host ports that the new ones need (StatefulSet, DaemonSet), delete them too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.immutable_fields import applied_to_target
from pipeline.core.analysis.selection import selects
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import pod_spec
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion, kubectl

_SELECTOR = ("spec", "selector")
_REPLACED_IN_PLACE = frozenset({"DaemonSet", "StatefulSet"})
"""Their new pods need the names, volumes or host ports of the old ones."""


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or change.before is None or change.after is None:
        return
    old, new = _requirements(change.before), _requirements(change.after)
    places = [at(change, field) for field in change.fields if _concerns(field.path)]
    if not places:
        return
    removed, added = ", ".join(sorted(old - new)), ", ".join(sorted(new - old))
    detail = (
        f"changes ({removed} -> {added})"
        if removed and added
        else f"loses {removed}"
        if removed
        else f"gains {added}"
        if added
        else "is written differently"
    )
    held = applied_to_target(change.before, upgrade)
    fix, commands = _fix(change.before, change.after)
    yield Hit(
        places[0],
        severity=None if held else Severity.HIGH,
        confidence=None if held else Confidence.LIKELY,
        title=f"{change.id.kind} {change.id.name}: selector {detail}",
        impact="The API server rejects it: spec.selector is immutable. The apply stops half-way.",
        fix=fix,
        commands=commands,
        also=tuple(places[1:]),
        claims=(Claim(change.id, _SELECTOR),),
    )


def _fix(before: Resource, after: Resource) -> tuple[str, tuple[str, ...]]:
    """Pods that are kept and not adopted hold their names, volumes and host ports until somebody deletes them."""
    kind, name, space = after.id.kind, after.id.name, after.id.namespace
    keep = deletion(kind, name, "--cascade=orphan", namespace=space)
    if selects(_selector(after), _labels(before)):
        return f"Keep the old labels, or delete the {kind} but keep its pods, then apply.", (keep,)
    old = mapping(_selector(before).get("matchLabels"))
    clash = kind in _REPLACED_IN_PLACE or _holds_host_ports(before)
    if clash or not old or selects(_selector(before), _labels(after)):
        text = f"Keep the old labels, or delete the {kind} before the apply; its pods stop until then."
        return text, (deletion(kind, name, namespace=space),)
    text = f"Keep the old labels; or delete the {kind} but not its pods, apply, then delete them."
    chosen = ",".join(f"{key}={value}" for key, value in old.items())
    return text, (keep, kubectl("delete", "pods", "--selector", chosen, namespace=space))


def _selector(workload: Resource) -> Mapping[str, Any]:
    return mapping(mapping(workload.body.get("spec")).get("selector"))


def _labels(workload: Resource) -> Mapping[str, Any]:
    """Of its pods."""
    template = mapping(mapping(workload.body.get("spec")).get("template"))
    return mapping(mapping(template.get("metadata")).get("labels"))


def _holds_host_ports(workload: Resource) -> bool:
    spec = pod_spec(workload)
    ports = (
        mapping(port)
        for container in sequence(spec.get("containers"))
        for port in sequence(mapping(container).get("ports"))
    )
    return bool(spec.get("hostNetwork")) or any(port.get("hostPort") for port in ports)


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


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, selector: {%s}%s}\n"
_OLD = _WEB % ("matchLabels: {app: web}", ", template: {metadata: {labels: {app: web}}}")
_NEW = _OLD.replace("app: web", "app.kubernetes.io/name: web")

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
            after=_NEW,
        ),
        speaks(
            "the old one uses an API that the cluster no longer serves",
            ("high", "spec.selector.matchLabels.app"),
            before=_OLD.replace("apps/v1", "apps/v1beta1"),
            after=_NEW,
            facts={"target": (1, 30)},
        ),
        speaks(
            "old pods would hold the ports of the node",
            ("blocker", "spec.selector.matchLabels.app"),
            before=_OLD.replace("Deployment", "DaemonSet"),
            after=_OLD.replace("Deployment", "DaemonSet").replace("app: web", "app: shop"),
        ),
        speaks(
            "a label is added to the selector",
            ("blocker", "spec.selector.matchLabels.tier"),
            before=_OLD,
            after=_OLD.replace("app: web", "app: web, tier: front"),
        ),
        quiet("only the replica count changes", before=_OLD, after=_OLD.replace("replicas: 1", "replicas: 2")),
        speaks(
            "an equivalent selector that is written differently",
            ("blocker", "spec.selector.matchExpressions"),
            before=_OLD,
            after=_OLD.replace(
                "matchLabels: {app: web}", "matchExpressions: [{key: app, operator: In, values: [web]}]"
            ),
        ),
    ),
)
