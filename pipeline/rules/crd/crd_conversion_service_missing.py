"""A CRD starts to convert through a webhook whose Service no one here renders.

## Why it matters

Custom resources that are stored in another version than the requested one can be neither read nor written while the
conversion webhook does not answer, and lists of the kind fail whole. That stops controllers, and also the garbage
collector and the deletion of namespaces. The storage version itself can still be read and written.

## What to do

Render the Service and its Deployment with the CRD, or correct the name, the namespace and the port in the CRD.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import never_rendered
from pipeline.core.crd.pairs import pairs
from pipeline.core.kube.path import Path, get
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SERVICE_PATH: Path = ("spec", "conversion", "webhook", "clientConfig", "service")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair in pairs(upgrade):
        if pair.after is None or pair.after.within:
            continue
        before = get(pair.before.body, _SERVICE_PATH) if pair.before else None
        if before == get(pair.after.body, _SERVICE_PATH):
            continue
        for backend in never_rendered(upgrade, pair.after.resource):
            yield Hit(
                pair.place(backend.path),
                title=f"CRD {pair.name} converts through {backend}, which nothing here renders",
                impact="Custom resources of other versions than the stored one can be neither read nor written.",
                fix=f"CRD {pair.name}: render the Service with the CRD, or correct the reference.",
                claims=(Claim(pair.id, backend.path),),
            )


_CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.x.io}
spec:
  group: x.io
  names: {kind: Pool, plural: pools}
%s  versions: [{name: v1, served: true, storage: true}]
"""
_CONVERTS = "  conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: a, namespace: shop}}}}\n"
_SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 443}]}\n"
_PATH = "spec.conversion.webhook.clientConfig.service"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("the conversion is new", ("blocker", _PATH), before=_CRD % "", after=_CRD % _CONVERTS),
        speaks("the CRD is new", ("blocker", _PATH), after=_CRD % _CONVERTS),
        quiet("its Service is rendered", before=_CRD % "", after=_CRD % _CONVERTS + _SERVICE),
        quiet(
            "it was like that before", before=_CRD % _CONVERTS, after=_CRD % _CONVERTS.replace("strategy", "  strategy")
        ),
        quiet("no conversion", before=_CRD % "", after=(_CRD % "").replace("Pool,", "Pool, singular: pool,")),
    ),
)
