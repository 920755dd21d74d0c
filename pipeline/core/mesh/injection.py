"""Which pods Istio gives a proxy: its webhooks' selectors, then what the pod itself says.

Where the repository has no injector, the selectors are those that Istio's chart renders, for any revision.
Source: istio pkg/kube/inject/inject.go (injectRequired), manifests/charts/istio-control/istio-discovery (the webhooks).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import PodTemplate, SideIndex, namespaces
from pipeline.core.kube.pods import containers, pod_spec
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.memo import once

INJECT = "sidecar.istio.io/inject"
REVISION = "istio.io/rev"
NAMESPACE_LABEL = "istio-injection"
AMBIENT = "istio.io/dataplane-mode"
PROXY = "istio-proxy"
_YES = frozenset({"y", "yes", "true", "on"})
_NEVER = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
_INJECTOR = "sidecar-injector.istio.io"


class Injector(NamedTuple):
    """One webhook that injects proxies: what it selects, and the revision that its selectors name."""

    namespaces: Mapping[str, Any]
    objects: Mapping[str, Any]
    revisions: frozenset[str]


@once
def injectors(side: SideIndex) -> tuple[Injector, ...]:
    """The injection webhooks of a side, of every revision and tag."""
    return tuple(
        Injector(mapping(webhook.get("namespaceSelector")), mapping(webhook.get("objectSelector")), _revisions(webhook))
        for configuration in side.of("MutatingWebhookConfiguration", "admissionregistration.k8s.io")
        for webhook in map(mapping, sequence(configuration.body.get("webhooks")))
        if str(webhook.get("name")).endswith(_INJECTOR)
    )


def _revisions(webhook: Mapping[str, Any]) -> frozenset[str]:
    revisions: set[str] = set()
    for key in ("namespaceSelector", "objectSelector"):
        selector = mapping(webhook.get(key))
        revisions.update(str(value) for name, value in mapping(selector.get("matchLabels")).items() if name == REVISION)
        for match_expression in map(mapping, sequence(selector.get("matchExpressions"))):
            if match_expression.get("key") == REVISION and match_expression.get("operator") == "In":
                revisions.update(map(str, sequence(match_expression.get("values"))))
    return frozenset(revisions)


def namespace_labels(name: str, side: SideIndex) -> Mapping[str, Any]:
    """The labels of a namespace; those that Kubernetes sets are all where the repository does not hold it."""
    known = namespaces(side).get(name)
    return {"kubernetes.io/metadata.name": name, **(known.labels if known else {})}


def is_injected(pods: PodTemplate, side: SideIndex) -> bool:
    """Whether the pods get a proxy, or bring their own."""
    if any(container.get("name") == PROXY for container in containers(pods.workload)):
        return True
    if pods.namespace in _NEVER or pod_spec(pods.workload).get("hostNetwork") is True or not _selected(pods, side):
        return False
    said = pods.labels.get(INJECT, pods.annotations.get(INJECT))
    return said in (None, "") or str(said).lower() in _YES


def _selected(pods: PodTemplate, side: SideIndex) -> bool:
    home = namespace_labels(pods.namespace, side)
    if known := injectors(side):
        return any(selects(injector.namespaces, home) and selects(injector.objects, pods.labels) for injector in known)
    if str(pods.labels.get(INJECT)).lower() == "false":
        return False
    if NAMESPACE_LABEL in home:
        return bool(home[NAMESPACE_LABEL] == "enabled")
    return REVISION in home or REVISION in pods.labels or str(pods.labels.get(INJECT)).lower() == "true"


def is_ambient(pods: PodTemplate, side: SideIndex) -> bool:
    """Whether the node's proxy carries the pods' traffic in place of a sidecar."""
    own = pods.labels.get(AMBIENT, namespace_labels(pods.namespace, side).get(AMBIENT))
    return isinstance(own, str) and own == "ambient"
