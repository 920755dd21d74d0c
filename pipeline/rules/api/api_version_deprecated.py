"""An object uses an API version that is deprecated in the target's Kubernetes version.

## Why it matters

It still works; a later Kubernetes version will not serve it.

## What to do

Plan the move to the replacement before the cluster is upgraded.
"""

from collections.abc import Iterator

from pipeline.core.analysis.api_use import naming, users, uses
from pipeline.core.kube.apis import ApiKind
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    for api, resources in uses(upgrade.after.manifests, lambda api: _concerns(api, target[1])):
        before = users(upgrade.before.manifests, api)
        old = _concerns(api, upgrade.facts.minor_before) and all(resource.id in before for resource in resources)
        places = [place(resource, ("apiVersion",)) for resource in resources]
        yield Hit(
            places[0],
            title=f"{naming(resources)}: {api.group}/{api.version} {api.kind} is deprecated",
            impact="It still works; a later Kubernetes version will not serve it.",
            fix=_remedy(api),
            severity=Severity.INFO if old else None,
            confidence=None,
            also=tuple(places[1:]),
        )


def _concerns(api: ApiKind, minor: int) -> bool:
    no_longer_served = api.removed is not None and api.removed <= minor
    return api.deprecated is not None and api.deprecated <= minor and not no_longer_served


def _remedy(api: ApiKind) -> str:
    return f"Plan the move to {api.replacement}." if api.replacement else "Watch the release notes for its replacement."


_ONE = "apiVersion: %s\nkind: %s\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "deprecated since 1.21",
            ("low", "apiVersion"),
            after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"),
            facts={"target": (1, 22)},
        ),
        quiet("removed", after=_ONE % ("policy/v1beta1", "PodDisruptionBudget"), facts={"target": (1, 25)}),
        quiet("current", after=_ONE % ("policy/v1", "PodDisruptionBudget"), facts={"target": (1, 25)}),
    ),
)
