"""The body as the API server would hold it: defaults filled, nulls gone, so that a default made explicit is no change.

Only built-in kinds are touched: what a custom resource means is its controller's to say. The defaults are those of
the API reference and of k8s.io/kubernetes (pkg/apis/*/v1/defaults.go), as of 1.37; those of CRDs are of
k8s.io/apiextensions-apiserver (pkg/apis/apiextensions/v1/defaults.go).
"""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.core.apis import built_in_group
from pipeline.core.pod_defaults import fill, pod
from pipeline.core.resource import CRD_KIND, Body, Resource, mapping, sequence
from pipeline.core.workload_defaults import cron_job, daemon_set, deployment, job, replica_set, stateful_set

# Empty is absent for these: the API drops them.
_EMPTY_IS_ABSENT = frozenset(
    {
        "labels",
        "annotations",
        "nodeSelector",
        "tolerations",
        "affinity",
        "env",
        "envFrom",
        "volumes",
        "volumeMounts",
        "imagePullSecrets",
        "args",
        "command",
        "initContainers",
        "hostAliases",
        "topologySpreadConstraints",
        "securityContext",
        "resources",
        "limits",
        "requests",
        "finalizers",
        "loadBalancerSourceRanges",
        "externalIPs",
        "mountOptions",
    }
)
_RBAC = "rbac.authorization.k8s.io"


def normal(resource: Resource) -> Body:
    """A body for comparison; the resource's own is not touched."""
    if resource.id.group == "apiextensions.k8s.io":
        return _definition(resource)
    if not built_in_group(resource.id.group):
        return resource.body
    body: Body = _cleaned(resource.body)
    filler = _FILLERS.get(resource.kind)
    if filler is not None:
        filler(body, resource)
    return body


def _definition(resource: Resource) -> Body:
    """A CRD with what the server fills in above the schemas, which are large and are left as they are."""
    body = resource.body
    if resource.version != "v1" or resource.kind != CRD_KIND:
        return body
    spec = mapping(body.get("spec"))
    names, kind = mapping(spec.get("names")), str(mapping(spec.get("names")).get("kind") or "")
    filled = {"singular": kind.lower(), "listKind": f"{kind}List"} | {k: v for k, v in names.items() if v}
    rest = {key: value for key, value in spec.items() if key != "preserveUnknownFields" or value}
    return body | {"spec": {"conversion": {"strategy": "None"}} | rest | {"names": filled}}


def _cleaned(value: Any) -> Any:
    """A copy without nulls and without empties that mean nothing."""
    if isinstance(value, dict):
        kept = {key: _cleaned(item) for key, item in value.items() if item is not None}
        return {key: item for key, item in kept.items() if item not in ({}, []) or key not in _EMPTY_IS_ABSENT}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _pod(body: Body, _resource: Resource) -> None:
    if isinstance(body.get("spec"), dict):
        pod(body["spec"])


def _service(body: Body, _resource: Resource) -> None:
    spec = body.setdefault("spec", {})
    fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["type"] != "ExternalName":
        fill(spec, {"internalTrafficPolicy": "Cluster"})
    if spec["type"] in ("NodePort", "LoadBalancer"):
        fill(spec, {"externalTrafficPolicy": "Cluster"})
    if spec["type"] == "LoadBalancer":
        fill(spec, {"allocateLoadBalancerNodePorts": True})
    for port in sequence(spec.get("ports")):
        if isinstance(port, dict):
            fill(port, {"protocol": "TCP", "targetPort": port.get("port")})


def _webhooks(body: Body, resource: Resource) -> None:
    """Admissionregistration v1beta1 had other defaults than v1: a migration may flip them in silence."""
    beta = resource.version == "v1beta1"
    defaults: dict[str, Any] = {
        "failurePolicy": "Ignore" if beta else "Fail",
        "matchPolicy": "Exact" if beta else "Equivalent",
        "timeoutSeconds": 30 if beta else 10,
        "namespaceSelector": {},
        "objectSelector": {},
    }
    for webhook in sequence(body.get("webhooks")):
        if not isinstance(webhook, dict):
            continue
        fill(webhook, defaults)
        if resource.kind == "MutatingWebhookConfiguration":
            fill(webhook, {"reinvocationPolicy": "Never"})
        for rule in sequence(webhook.get("rules")):
            if isinstance(rule, dict):
                fill(rule, {"scope": "*"})
        service = mapping(webhook.get("clientConfig")).get("service")
        if isinstance(service, dict):
            fill(service, {"port": 443})


def _binding(body: Body, _resource: Resource) -> None:
    if isinstance(body.get("roleRef"), dict):
        fill(body["roleRef"], {"apiGroup": _RBAC})
    for subject in sequence(body.get("subjects")):
        if isinstance(subject, dict):
            fill(subject, {"apiGroup": "" if subject.get("kind") == "ServiceAccount" else _RBAC})


def _resource_claim(body: Body, _resource: Resource) -> None:
    _device_requests(mapping(body.get("spec")))


def _resource_claim_template(body: Body, _resource: Resource) -> None:
    _device_requests(mapping(mapping(body.get("spec")).get("spec")))


def _device_requests(spec: Mapping[str, Any]) -> None:
    for request in sequence(mapping(spec.get("devices")).get("requests")):
        exactly = mapping(request).get("exactly")
        if isinstance(exactly, dict):
            fill(exactly, {"allocationMode": "ExactCount"})
            if exactly["allocationMode"] == "ExactCount":
                fill(exactly, {"count": 1})


def _flat(defaults: Mapping[str, Any], *, spec: bool = False) -> Callable[[Body, Resource], None]:
    """Defaults of the body's own fields, or of its spec's."""

    def filler(body: Body, _resource: Resource) -> None:
        target = body.setdefault("spec", {}) if spec else body
        if isinstance(target, dict):
            fill(target, defaults)

    return filler


_CSI_DRIVER = {
    "attachRequired": True,
    "podInfoOnMount": False,
    "storageCapacity": False,
    "requiresRepublish": False,
    "seLinuxMount": False,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "volumeLifecycleModes": ["Persistent"],
}
_STORAGE_CLASS = {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate", "allowVolumeExpansion": False}
_FILLERS: Mapping[str, Callable[[Body, Resource], None]] = {
    "Deployment": deployment,
    "DaemonSet": daemon_set,
    "StatefulSet": stateful_set,
    "ReplicaSet": replica_set,
    "Job": job,
    "CronJob": cron_job,
    "Pod": _pod,
    "Service": _service,
    "MutatingWebhookConfiguration": _webhooks,
    "ValidatingWebhookConfiguration": _webhooks,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "HorizontalPodAutoscaler": _flat({"minReplicas": 1}, spec=True),
    "PersistentVolumeClaim": _flat({"volumeMode": "Filesystem"}, spec=True),
    "PersistentVolume": _flat({"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"}, spec=True),
    "StorageClass": _flat(_STORAGE_CLASS),
    "PriorityClass": _flat({"preemptionPolicy": "PreemptLowerPriority", "globalDefault": False}),
    "Secret": _flat({"type": "Opaque"}),
    "CSIDriver": _flat(_CSI_DRIVER, spec=True),
    "ResourceClaim": _resource_claim,
    "ResourceClaimTemplate": _resource_claim_template,
}
