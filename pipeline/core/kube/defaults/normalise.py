"""An object as the API server would store it: defaults filled in; nulls, and zeros that mean absent, removed.

Only built-in kinds are touched: only its controller knows what a custom resource means. The defaults are those of
the API reference and of k8s.io/kubernetes (pkg/apis/*/v1/defaults.go), as of 1.37; those of CRDs are of
k8s.io/apiextensions-apiserver (pkg/apis/apiextensions/v1/defaults.go).
"""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.crd_shape import in_v1_shape
from pipeline.core.kube.defaults.kinds import (
    admission_policy,
    api_service,
    autoscaler,
    crd,
    endpoint_slice,
    ingress,
    ingress_class,
    limit_range,
    network_policy,
    persistent_volume,
    priority_level,
    resource_claim,
    resource_claim_template,
    webhooks,
)
from pipeline.core.kube.defaults.pod_defaults import fill, pod
from pipeline.core.kube.defaults.workload_defaults import (
    cron_job,
    daemon_set,
    deployment,
    job,
    replica_set,
    replication_controller,
    stateful_set,
)
from pipeline.core.kube.defaults.zero_values import without_zeros
from pipeline.core.kube.resource import Body, Resource, sequence

_EXTENSIONS, _AGGREGATION = "apiextensions.k8s.io", "apiregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"


def normal(resource: Resource) -> Body:
    """A body for comparison; the resource's own is not touched."""
    if resource.id.group == _EXTENSIONS:
        return crd({**in_v1_shape(resource.body), "apiVersion": resource.body.get("apiVersion")})
    if not built_in_group(resource.id.group) and resource.id.group != _AGGREGATION:
        return resource.body
    body: Body = without_zeros(resource.api_version, resource.kind, resource.body)
    filler = _FILLERS.get(resource.kind)
    if filler is not None:
        filler(body, resource)
    return body


def _pod(body: Body, _resource: Resource) -> None:
    if isinstance(body.setdefault("spec", {}), dict):
        pod(body["spec"])


def _service(body: Body, _resource: Resource) -> None:
    spec = body.setdefault("spec", {})
    if not isinstance(spec, dict):
        return
    fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["type"] != "ExternalName":
        fill(spec, {"internalTrafficPolicy": "Cluster"})
    if spec["type"] in ("NodePort", "LoadBalancer"):
        fill(spec, {"externalTrafficPolicy": "Cluster"})
    if spec["type"] == "LoadBalancer":
        fill(spec, {"allocateLoadBalancerNodePorts": True})
    if spec["sessionAffinity"] == "ClientIP":
        fill(spec, {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}})
    for port in sequence(spec.get("ports")):
        if isinstance(port, dict):
            fill(port, {"protocol": "TCP", "targetPort": port.get("port")})


def _binding(body: Body, _resource: Resource) -> None:
    if isinstance(body.get("roleRef"), dict):
        fill(body["roleRef"], {"apiGroup": _RBAC})
    for subject in sequence(body.get("subjects")):
        if isinstance(subject, dict):
            fill(subject, {"apiGroup": "" if subject.get("kind") == "ServiceAccount" else _RBAC})


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
    "preventPodSchedulingIfMissing": False,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "volumeLifecycleModes": ["Persistent"],
}
_STORAGE_CLASS = {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
_FILLERS: Mapping[str, Callable[[Body, Resource], None]] = {
    "Deployment": deployment,
    "DaemonSet": daemon_set,
    "StatefulSet": stateful_set,
    "ReplicaSet": replica_set,
    "ReplicationController": replication_controller,
    "Job": job,
    "CronJob": cron_job,
    "Pod": _pod,
    "Service": _service,
    "MutatingWebhookConfiguration": webhooks,
    "ValidatingWebhookConfiguration": webhooks,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "HorizontalPodAutoscaler": autoscaler,
    "PersistentVolumeClaim": _flat({"volumeMode": "Filesystem"}, spec=True),
    "PersistentVolume": persistent_volume,
    "LimitRange": limit_range,
    "EndpointSlice": endpoint_slice,
    "Ingress": ingress,
    "IngressClass": ingress_class,
    "FlowSchema": _flat({"matchingPrecedence": 1000}, spec=True),
    "PriorityLevelConfiguration": priority_level,
    "APIService": api_service,
    "StorageClass": _flat(_STORAGE_CLASS),
    "PriorityClass": _flat({"preemptionPolicy": "PreemptLowerPriority", "globalDefault": False}),
    "Secret": _flat({"type": "Opaque"}),
    "CSIDriver": _flat(_CSI_DRIVER, spec=True),
    "ServiceAccount": _flat({"automountServiceAccountToken": True}),
    "NetworkPolicy": network_policy,
    "ValidatingAdmissionPolicy": admission_policy,
    "MutatingAdmissionPolicy": admission_policy,
    "ResourceClaim": resource_claim,
    "ResourceClaimTemplate": resource_claim_template,
}
