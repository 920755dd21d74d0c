"""An object is written in an API version that the target cluster does not have yet.

## Why it matters

The API server answers "no matches for kind".

## What to do

Upgrade the cluster first, or take an older chart.
"""

from collections.abc import Iterator

from pipeline.core.analysis.api_use import naming, users, uses
from pipeline.core.kube.apis import ApiKind
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    for api, resources in uses(upgrade.after.manifests, lambda api: api.introduced > target[1]):
        before = users(upgrade.before.manifests, api)
        old = api.introduced > upgrade.facts.minor_before and all(resource.id in before for resource in resources)
        places = [place(resource, ("apiVersion",)) for resource in resources]
        yield Hit(
            places[0],
            title=f"{naming(resources)}: Kubernetes serves {api.group}/{api.version} only from 1.{api.introduced}",
            impact="The API server does not know the kind: the apply stops there.",
            fix=_remedy(api),
            severity=Severity.LOW if old or not upgrade.facts.target_stated else None,
            confidence=None if upgrade.facts.target_stated else Confidence.LIKELY,
            also=tuple(places[1:]),
        )


def _remedy(api: ApiKind) -> str:
    return f"Upgrade the cluster to 1.{api.introduced} or later" + (
        " and enable the API." if api.off_by_default else "."
    )


_ONE = "apiVersion: %s\nkind: %s\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "it is new in 1.30",
            ("blocker", "apiVersion"),
            after=_ONE % ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
            facts={"target": (1, 28)},
        ),
        quiet(
            "an alpha that it has",
            after=_ONE % ("admissionregistration.k8s.io/v1alpha1", "MutatingAdmissionPolicy"),
            facts={"target": (1, 33)},
        ),
        quiet(
            "it exists",
            after=_ONE % ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
            facts={"target": (1, 30)},
        ),
    ),
)
