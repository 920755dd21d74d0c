"""A workload's pods get Istio's proxy from now on.

## Why it matters

They restart with another container in the path of all traffic. Init containers that use the network, programs that
start before the proxy is ready, and pods that run as user 1337 break.

## What to do

Set the pod label ``sidecar.istio.io/inject: "false"`` until the workload is tested with a proxy.
"""

from collections.abc import Iterator

from pipeline.core.mesh.injection_changes import injection_changes
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in injection_changes(upgrade, gained=True):
        workload = change.pods.workload
        yield Hit(
            place(workload, change.path),
            title=f"{workload.kind} {workload.id.name}: its pods get Istio's proxy from now on ({change.cause})",
            impact="All its traffic goes through a new container; what starts before that has no network.",
            fix='Set the pod label sidecar.istio.io/inject: "false" until it is tested with a proxy.',
        )


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {%s}}\n---\n"
_POD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {%s}}, spec: {%s containers: [{name: a}]}}}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    shares=("pod-labels-changed", "pod-annotations-changed", "labels-changed", "security-context-changed"),
    cases=(
        speaks(
            "the namespace is labelled",
            ("medium", ""),
            before=_NAMESPACE % "" + _POD % ("", ""),
            after=_NAMESPACE % "istio-injection: enabled" + _POD % ("", ""),
        ),
        speaks(
            "the pods ask for a revision",
            ("medium", 'spec.template.metadata.labels["istio.io/rev"]'),
            before=_POD % ("", ""),
            after=_POD % ("istio.io/rev: canary", ""),
        ),
        quiet(
            "its pods use the node's network",
            before=_NAMESPACE % "" + _POD % ("", "hostNetwork: true,"),
            after=_NAMESPACE % "istio-injection: enabled" + _POD % ("", "hostNetwork: true,"),
        ),
        quiet("a new workload", after=_NAMESPACE % "istio-injection: enabled" + _POD % ("", "")),
        quiet(
            "both labels, of which one says no",
            before=_NAMESPACE % "istio-injection: disabled" + _POD % ("", ""),
            after=_NAMESPACE % "istio-injection: disabled, istio.io/rev: canary" + _POD % ("", ""),
        ),
    ),
)
