"""Which kinds live in a namespace: the built-in ones, and those that CRDs at hand declare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.core.resource import CRD_KIND, Resource, mapping

# Groups that a Kubernetes API server has or once had of its own (API reference 1.8 to 1.37).
_BUILT_IN_GROUPS = frozenset(
    {"", "apps", "autoscaling", "batch", "extensions", "policy"}
    | {
        f"{name}.k8s.io"
        for name in (
            *("admissionregistration", "apiextensions", "apiregistration", "auditregistration", "authentication"),
            *("authorization", "certificates", "coordination", "discovery", "events", "flowcontrol.apiserver"),
            *("imagepolicy", "internal.apiserver", "networking", "node", "rbac.authorization", "resource"),
            *("scheduling", "settings", "storage", "storagemigration"),
        )
    }
)

# Every other kind of those groups is namespaced.
_CLUSTER_KINDS: Mapping[str, frozenset[str]] = {
    group: frozenset(kinds.split())
    for group, kinds in {
        "": "ComponentStatus Namespace Node PersistentVolume",
        "admissionregistration.k8s.io": (
            "InitializerConfiguration MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
            "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
            "ValidatingWebhookConfiguration"
        ),
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "auditregistration.k8s.io": "AuditSink",
        "authentication.k8s.io": "SelfSubjectReview TokenReview",
        "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
        "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
        "extensions": "PodSecurityPolicy",
        "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
        "imagepolicy.k8s.io": "ImageReview",
        "internal.apiserver.k8s.io": "StorageVersion",
        "networking.k8s.io": "ClusterCIDR IPAddress IngressClass ServiceCIDR",
        "node.k8s.io": "RuntimeClass",
        "policy": "PodSecurityPolicy",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
        "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceClass ResourceSlice",
        "scheduling.k8s.io": "PriorityClass",
        "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
        "storagemigration.k8s.io": "StorageVersionMigration",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Scopes:
    """What is known of kinds that are not built in: ``(group, kind) -> namespaced``."""

    custom: Mapping[tuple[str, str], bool] = field(default_factory=dict, hash=False)

    def namespaced(self, group: str, kind: str) -> bool | None:
        """None where nobody says: a custom resource whose CRD is not at hand."""
        if group in _BUILT_IN_GROUPS:
            return kind not in _CLUSTER_KINDS.get(group, frozenset())
        return self.custom.get((group, kind))

    def with_crds(self, resources: Iterable[Resource]) -> "Scopes":
        """These, and what the CRDs among ``resources`` declare."""
        found = dict(self.custom)
        for resource in resources:
            if resource.kind != CRD_KIND or resource.id.group != "apiextensions.k8s.io":
                continue
            spec = mapping(resource.body.get("spec"))
            key = (str(spec.get("group") or ""), str(mapping(spec.get("names")).get("kind") or ""))
            found[key] = spec.get("scope") != "Cluster"
        return Scopes(found)


BUILT_IN = Scopes()
