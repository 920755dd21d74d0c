"""A container names no request or limit, and the namespace's ResourceQuota counts them.

## Why it matters

The API server refuses pods that leave open what a quota counts, unless a LimitRange fills it in.

## What to do

Set the request or limit, or add a LimitRange with a default.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.pod_resources import COMPUTE, asked, filled_in, own_containers, quota_key, quotas
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import WORKLOADS, template_path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    home = side.home(resource)
    counted = {
        quota_key(key): quota
        for quota in quotas(side, home)
        for key in mapping(mapping(quota.body.get("spec")).get("hard"))
        if quota_key(key) in COMPUTE
    }
    filled = filled_in(side, home) if counted else {}
    base = (*(template_path(resource) or ()), "spec", "containers")
    for container in own_containers(resource) if counted else ():
        name = str(container.get("name"))
        for key, quota in sorted(counted.items()):
            if asked(container, key, filled) is None:
                title = f"names no {key} for container {name}, which ResourceQuota {quota.id.name} counts"
                yield StateFault(resource, (*base, Entry.of(name=name)), (name, key), title)


_QUOTA = (
    "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\n"
    "spec: {hard: {requests.cpu: '8'}}\n---\n"
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {spec: {containers: [{name: a%s}]}}}\n---\n"
)
_ASKS = ", resources: {%s: {cpu: 1}}"
_RANGE = (
    "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: shop}\n"
    "spec: {limits: [{type: Container, default: {cpu: 1}}]}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=fault_check(
        WORKLOADS,
        _faults,
        impact="The API server refuses its new pods, unless a LimitRange fills it in.",
        fix="Set the request or limit, or add a LimitRange with a default.",
    ),
    shares=("resources-changed",),
    cases=(
        speaks(
            "the request is gone",
            ("high", "spec.template.spec.containers[name=a]"),
            before=_QUOTA + _WEB % _ASKS % "requests",
            after=_QUOTA + _WEB % "",
        ),
        quiet("a limit stands in", before=_QUOTA + _WEB % _ASKS % "requests", after=_QUOTA + _WEB % _ASKS % "limits"),
        quiet("a LimitRange fills it in", before=_QUOTA, after=_QUOTA + _RANGE + _WEB % ""),
        quiet("no quota", before=_WEB % _ASKS % "requests", after=_WEB % ""),
    ),
)
