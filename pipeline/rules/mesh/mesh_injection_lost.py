"""A workload's pods no longer get Istio's proxy.

It is computed as Istio does: the injector's selectors on the labels of namespace and pod, then label, annotation and
``hostNetwork`` of the pod.

## Why it matters

Peers with strict mTLS refuse pods without a proxy. Its policies, routes and telemetry are gone.

## What to do

Restore the label that is named, or the namespace's revision. Pods of the ambient mode need none.
"""

from collections.abc import Iterator

from pipeline.core.mesh.injection_changes import injection_changes
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in injection_changes(upgrade, gained=False):
        workload = change.pods.workload
        yield Hit(
            place(workload, change.path),
            title=f"{workload.kind} {workload.id.name}: its pods no longer get Istio's proxy ({change.cause})",
            impact="Peers with strict mTLS refuse it; its policies, routes and telemetry are gone.",
            fix="Restore the label, or the namespace's revision.",
        )


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {%s}}\n---\n"
_POD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {%s}, annotations: {%s}}, spec: {%s containers: [{name: a}]}}}\n---\n"
)
_ON = _NAMESPACE % "istio-injection: enabled"
_PLAIN = _POD % ("app: web", "", "")
_INJECTOR = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: istiod-%s}\n"
    "webhooks: [{name: rev.sidecar-injector.istio.io, namespaceSelector: {matchLabels: {istio.io/rev: %s}}}]\n---\n"
)
_CANARY = _NAMESPACE % "istio.io/rev: canary"
_AT = 'spec.template.metadata.labels["sidecar.istio.io/inject"]'

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("pod-labels-changed", "pod-annotations-changed", "labels-changed", "security-context-loosened"),
    cases=(
        speaks("the namespace loses its label", ("high", ""), before=_ON + _PLAIN, after=_NAMESPACE % "" + _PLAIN),
        speaks(
            "a pod label says no",
            ("high", _AT),
            before=_ON + _PLAIN,
            after=_ON + _POD % ("sidecar.istio.io/inject: 'false'", "", ""),
        ),
        speaks(
            "the node's network",
            ("high", "spec.template.spec.hostNetwork"),
            before=_ON + _PLAIN,
            after=_ON + _POD % ("", "", "hostNetwork: true,"),
        ),
        speaks(
            "no injector selects the namespace's revision any more",
            ("high", ""),
            before=_INJECTOR % ("canary", "canary") + _CANARY + _PLAIN,
            after=_INJECTOR % ("stable", "stable") + _CANARY + _PLAIN,
        ),
        quiet(
            "the label wins over the annotation",
            before=_ON + _POD % ("sidecar.istio.io/inject: 'true'", "", ""),
            after=_ON + _POD % ("sidecar.istio.io/inject: 'true'", "sidecar.istio.io/inject: 'false'", ""),
        ),
        quiet("from one label to the other", before=_ON + _PLAIN, after=_CANARY + _PLAIN),
        quiet("ambient mode", before=_ON + _PLAIN, after=_NAMESPACE % "istio.io/dataplane-mode: ambient" + _PLAIN),
        quiet("no mesh at all", before=_NAMESPACE % "" + _PLAIN, after=_NAMESPACE % "a: b" + _PLAIN),
        quiet(
            "it brings its proxy",
            before=_ON + _PLAIN,
            after=_NAMESPACE % "" + _PLAIN.replace("[{name: a}]", "[{name: a}, {name: istio-proxy}]"),
        ),
    ),
)
