"""An object uses an API version that the target cluster does not serve by default.

## Why it matters

Alpha versions are off by default, and so are beta versions introduced in Kubernetes 1.24 or later (KEP-3136). The
API server then answers "no matches for kind".

## What to do

Write the object in a version that is served, where there is one. Else switch the version on with ``--runtime-config``
of kube-apiserver, or leave the object out.
"""

from collections.abc import Iterator

from pipeline.core.analysis.api_use import naming, users, uses
from pipeline.core.kube.apis import ApiKind, kinds
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    minor = target[1]
    for api, resources in uses(upgrade.after.manifests, lambda api: api.off_by_default and api.exists(minor)):
        before = users(upgrade.before.manifests, api)
        old = (
            api.off_by_default
            and api.exists(upgrade.facts.minor_before)
            and all(resource.id in before for resource in resources)
        )
        places = [place(resource, ("apiVersion",)) for resource in resources]
        yield Hit(
            places[0],
            title=f"{naming(resources)}: Kubernetes 1.{minor} does not serve {api.group}/{api.version} by default",
            impact="Unless it is enabled on the cluster, the apply fails: no matches for kind.",
            fix=_remedy(api, minor),
            severity=Severity.LOW if old or not upgrade.facts.target_stated else None,
            also=tuple(places[1:]),
        )


def _remedy(api: ApiKind, minor: int) -> str:
    served = [a.version for a in kinds() if (a.group, a.kind) == (api.group, api.kind) and a.served(minor)]
    if served:
        return f"Write it as {api.group}/{served[0]}, which is served."
    return f"Enable {api.group}/{api.version} with --runtime-config on the API server, or remove the object."


_ONE = "apiVersion: admissionregistration.k8s.io/%s\nkind: MutatingAdmissionPolicy\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks("an alpha", ("high", "apiVersion"), after=_ONE % "v1alpha1", facts={"target": (1, 33)}),
        speaks(
            "a beta that is off by default", ("high", "apiVersion"), after=_ONE % "v1beta1", facts={"target": (1, 35)}
        ),
        speaks(
            "it was like that before",
            ("low", "apiVersion"),
            before=_ONE % "v1alpha1",
            after=_ONE % "v1alpha1",
            facts={"target": (1, 33)},
        ),
        quiet("the target does not have it", after=_ONE % "v1beta1", facts={"target": (1, 33)}),
        quiet("it is served", after=_ONE % "v1", facts={"target": (1, 36)}),
        quiet(
            "a beta of old",
            after="apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\n",
            facts={"target": (1, 24)},
        ),
    ),
)
