"""What a new object does beyond being there, by its kind: which pods run, and whose requests or objects it decides on.

From the API reference of each kind, https://kubernetes.io/docs/reference/kubernetes-api/.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.analysis.pod_standards import has_privileges
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity


@dataclass(frozen=True, slots=True)
class AddedEffect:
    """How severe the addition of an object is, why, and what to do."""

    severity: Severity | None
    impact: str
    fix: str
    confidence: Confidence | None = None


NO_EFFECT = AddedEffect(
    None,
    "If an object of that name already exists, it is taken over.",
    "Check that no object of that name exists already.",
)
_RUNS = AddedEffect(
    Severity.MEDIUM,
    "New pods run: they need capacity, and images that the nodes may pull; a component installed apart may clash.",
    "Check what the component does; switch it off with a value if you do not want it, or have it already.",
)
_RUNS_PRIVILEGED = AddedEffect(
    Severity.HIGH,
    "Its pods get privileges on their nodes, such as the host's namespaces, folders or ports.",
    "Check whether you trust it with the nodes; if not, switch it off with a value.",
    Confidence.LIKELY,
)
SERVES_CLASS = AddedEffect(
    Severity.MEDIUM,
    "Its controller serves the Ingresses of this class.",
    "Check that no other release has a class of that name, and which Ingresses use it.",
)
CLAIMS_INGRESSES = AddedEffect(
    Severity.HIGH,
    "The controller now serves only its class: an Ingress without it, or with the old annotation, may be ignored.",
    "Set spec.ingressClassName on every Ingress of this controller before the upgrade.",
)
_LIMITS = AddedEffect(
    Severity.MEDIUM,
    "Pods of its namespace that exceed it, or do not state what it limits, are rejected from now on.",
    "Compare it with what the pods of the namespace request.",
)
_DEFAULT = AddedEffect(
    Severity.MEDIUM,
    "It is the default: new objects that name no class get it, whichever release they belong to.",
    "Check that no other class is the default, and that this one suits the objects that name none.",
)
_ANSWERS = AddedEffect(
    Severity.MEDIUM,
    "The API server forwards the requests of a whole API group to it; an APIService of that name is replaced.",
    "Check that no other release serves this API group.",
)
_OPENS = AddedEffect(
    Severity.MEDIUM,
    "It can be reached from outside the cluster.",
    "Check that it should be exposed, and that its address or host is free.",
)
_BY_KIND: Mapping[tuple[str, str], AddedEffect] = {
    ("apps", "Deployment"): _RUNS,
    ("apps", "StatefulSet"): _RUNS,
    ("apps", "DaemonSet"): _RUNS,
    ("networking.k8s.io", "IngressClass"): SERVES_CLASS,
    ("networking.k8s.io", "Ingress"): _OPENS,
    ("", "ResourceQuota"): _LIMITS,
    ("", "LimitRange"): _LIMITS,
    ("apiregistration.k8s.io", "APIService"): _ANSWERS,
}
_IS_DEFAULT = frozenset(
    {
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
        "snapshot.storage.kubernetes.io/is-default-class",
    }
)


def effect_of(resource: Resource) -> AddedEffect | None:
    """What the object does to others; None where nothing is known."""
    if any(str(resource.annotations.get(key)).lower() == "true" for key in _IS_DEFAULT):
        return _DEFAULT
    if resource.kind == "PriorityClass" and resource.body.get("globalDefault") is True:
        return _DEFAULT
    if has_privileges(resource):
        return _RUNS_PRIVILEGED
    if resource.kind == "Service" and not resource.id.group:
        exposed = mapping(resource.body.get("spec")).get("type") in ("LoadBalancer", "NodePort")
        return _OPENS if exposed else None
    return _BY_KIND.get((resource.id.group, resource.kind))
