"""An object is written in an API version that the target cluster no longer serves.

## Why it matters

The API server answers "no matches for kind": the apply stops there, and the object stays as it was or never comes.

## What to do

Take a chart version that knows the replacement, or rewrite the apiVersion by an overlay. Charts often fall back to an
old version because the render does not know the cluster's APIs: state the environment's kubeVersion.
"""

from collections.abc import Iterator

from pipeline.core.analysis.api_use import naming, users, uses
from pipeline.core.kube.apis import ApiKind
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import article


def _severity(upgrade: Upgrade, *, old: bool) -> Severity | None:
    """Less if it was like that before, or if the cluster's version is not stated."""
    if not upgrade.facts.target_stated:
        return Severity.LOW if old else Severity.MEDIUM
    return Severity.LOW if old else None


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    for api, resources in uses(upgrade.after.manifests, lambda api: _concerns(api, target[1])):
        before = users(upgrade.before.manifests, api)
        old = _concerns(api, upgrade.facts.minor_before) and all(resource.id in before for resource in resources)
        places = [place(resource, ("apiVersion",)) for resource in resources]
        yield Hit(
            places[0],
            title=f"{naming(resources)}: {api.group}/{api.version} {api.kind} was removed in "
            f"Kubernetes 1.{api.removed}",
            impact="The API server does not know the kind: the apply stops there.",
            fix=_remedy(api),
            severity=_severity(upgrade, old=old),
            confidence=None if upgrade.facts.target_stated and upgrade.facts.capabilities else Confidence.LIKELY,
            also=tuple(places[1:]),
        )


def _concerns(api: ApiKind, minor: int) -> bool:
    return api.removed is not None and api.removed <= minor


def _remedy(api: ApiKind) -> str:
    if not api.replacement:
        return "Remove the object, or find its replacement: Kubernetes names none."
    version, _, kind = api.replacement.rpartition("/")
    return f"Change apiVersion to {version}." if kind == api.kind else f"Replace it with {article(kind)} of {version}."


_ONE = "apiVersion: %s\nkind: %s\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "the cluster moves to the version that removed it",
            ("blocker", "apiVersion"),
            before=_ONE % ("policy/v1beta1", "PodDisruptionBudget"),
            after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"),
            facts={"target": (1, 32), "target_before": (1, 24), "capabilities": True},
        ),
        speaks(
            "removed in 1.25 already",
            ("blocker", "apiVersion"),
            after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"),
            facts={"target": (1, 30), "capabilities": True},
        ),
        speaks(
            "the target was not stated",
            ("medium", "apiVersion"),
            after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"),
            facts={"target": (1, 30), "target_stated": False},
        ),
        quiet("still served", after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"), facts={"target": (1, 24)}),
        quiet(
            "of another group", after=_ONE % ("example.com/v1beta1", "PodDisruptionBudget"), facts={"target": (1, 30)}
        ),
    ),
)
