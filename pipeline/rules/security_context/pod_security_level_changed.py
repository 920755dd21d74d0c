"""The Pod Security level that a Namespace enforces changes.

## Why it matters

The label ``pod-security.kubernetes.io/enforce`` decides which pods the API server accepts in the namespace. At a looser
level pods with privileges are accepted from now on; at a stricter one pods are rejected that ran until now, as soon as
they are created again.

## What to do

Check that the namespace needs the looser level. For a stricter one, set the labels ``warn`` and ``audit`` first, and
read what they report.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_LABEL: Path = ("metadata", "labels", "pod-security.kubernetes.io/enforce")
_LEVELS = ("privileged", "baseline", "restricted")
"""From the loosest on; absent is what the cluster's own configuration says, privileged by default."""


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED:
        return
    old, new = _level(change.before), _level(change.after)
    if old == new:
        return
    looser = _rank(new) < _rank(old)
    name = f"Namespace {change.id.name}"
    yield Hit(
        place(change.resource, _LABEL),
        title=f"{name}: enforced Pod Security level {old or 'absent'} -> {new or 'absent'}",
        impact="Pods with more privileges are accepted from now on."
        if looser
        else "Pods that do not comply are rejected when they are created again.",
        fix=f"{name}: check that its pods need the looser level."
        if looser
        else f"{name}: set the labels warn and audit first, and read what they report.",
        claims=(Claim(change.id, _LABEL),),
    )


def _level(resource: Resource | None) -> str:
    level = get(resource.body, _LABEL) if resource is not None else None
    return level if isinstance(level, str) else ""


def _rank(level: str) -> int:
    """A level that Kubernetes does not know counts as the strictest: the API server rejects all pods then."""
    return _LEVELS.index(level) if level in _LEVELS else 0 if not level else len(_LEVELS)


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b%s}}\n"
_ENFORCE = ", pod-security.kubernetes.io/enforce: "

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("labels-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=frozenset({"Namespace"}),
    cases=(
        speaks(
            "from restricted to privileged",
            ("high", 'metadata.labels["pod-security.kubernetes.io/enforce"]'),
            before=_NAMESPACE % f"{_ENFORCE}restricted",
            after=_NAMESPACE % f"{_ENFORCE}privileged",
        ),
        speaks(
            "from nothing to restricted",
            ("high", 'metadata.labels["pod-security.kubernetes.io/enforce"]'),
            before=_NAMESPACE % "",
            after=_NAMESPACE % f"{_ENFORCE}restricted",
        ),
        quiet("another label", before=_NAMESPACE % "", after=_NAMESPACE % ", c: d"),
        quiet(
            "a level that is only reported",
            before=_NAMESPACE % "",
            after=_NAMESPACE % _ENFORCE.replace("enforce", "warn"),
        ),
        quiet("a new namespace", after=_NAMESPACE % f"{_ENFORCE}privileged"),
    ),
)
