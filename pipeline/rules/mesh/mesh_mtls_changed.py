"""The mTLS mode that servers ask of their clients changes (PeerAuthentication).

## Why it matters

From PERMISSIVE to STRICT, clients without a proxy are refused: monitoring, jobs, ingress controllers, other clusters.
In the other direction, traffic may be read and callers are no longer known.

## What to do

Stay PERMISSIVE until metrics show no plain-text client (``connection_security_policy``), then go to STRICT.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import PodTemplate, SideIndex, pod_templates, sides
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.api_groups import SECURITY
from pipeline.core.mesh.injection import is_ambient, is_injected
from pipeline.core.mesh.peer_authentication import DEFAULT, mode_of
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_STRENGTH = {"DISABLE": 0, "PERMISSIVE": 1, "STRICT": 2}


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    old, new = (_mode(side) for side in (change.before, change.after))
    before, after = sides(upgrade)
    if change.id.group != SECURITY or old == new or before.is_empty:
        return
    stricter = _STRENGTH.get(new, 1) > _STRENGTH.get(old, 1)
    plain = (
        [f"{workload.workload.kind} {workload.workload.id.name}" for workload in _plain(after)]
        if new == "STRICT"
        else []
    )
    yield Hit(
        place(change.resource, ("spec", "mtls", "mode") if change.before and change.after else ()),
        title=f"PeerAuthentication {change.id.name}: mTLS of its scope changes from {old} to {new}",
        impact=_STRICTER if stricter else _LOOSER,
        fix="Stay PERMISSIVE until no client uses plain text, then set STRICT." if stricter else "Keep the mode.",
        severity=Severity.HIGH if new == "STRICT" or old == "STRICT" else Severity.MEDIUM,
        confidence=Confidence.PROVEN if plain or not stricter else Confidence.LIKELY,
        evidence=(f"without a proxy here: {listed(sorted(plain))}",) if plain else (),
    )


_STRICTER = "Clients without Istio's proxy are refused."
_LOOSER = "Traffic may be plain text, and callers are not known to policies."


def _mode(policy: Resource | None) -> str:
    return (mode_of(policy) if policy else "") or DEFAULT


def _plain(side: SideIndex) -> Iterator[PodTemplate]:
    return (
        pod_template
        for pod_template in pod_templates(side)
        if not is_injected(pod_template, side) and not is_ambient(pod_template, side)
    )


_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default}\n"
    "spec: {mtls: {mode: %s}}\n---\n"
)
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"PeerAuthentication"}),
    shares=("custom-resource-changed", "resource-added", "resource-removed"),
    cases=(
        speaks(
            "strict", ("high", "spec.mtls.mode"), before=_POLICY % "PERMISSIVE" + _POD, after=_POLICY % "STRICT" + _POD
        ),
        speaks("a new policy", ("high", ""), before=_POD, after=_POLICY % "STRICT" + _POD),
        speaks("a strict policy is removed", ("high", ""), before=_POLICY % "STRICT" + _POD, after=_POD),
        speaks("off", ("medium", "spec.mtls.mode"), before=_POLICY % "UNSET", after=_POLICY % "DISABLE"),
        quiet("a first import", after=_POLICY % "STRICT"),
        quiet("the default, written out", before=_POLICY % "UNSET", after=_POLICY % "PERMISSIVE"),
    ),
)
