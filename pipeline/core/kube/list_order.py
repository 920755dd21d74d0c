"""Lists whose order has no effect: a key identifies their entries, and no reader depends on their order.

The list is deliberately short. Examples of lists that the API keeps as maps and whose order has an effect: containers
(started in turn), initContainers, env (``$(VAR)`` sees only what is above it), volumeMounts, imagePullSecrets,
mutating webhooks, ports of a Service (the first one becomes ``NAME_SERVICE_PORT`` in pods), variables of an admission
policy. In a pod template any other order replaces the pods, because controllers compare templates as they are written.
"""

from collections.abc import Mapping

from pipeline.core.kube.path import Path, matches
from pipeline.core.kube.resource import CRD_KIND

_OWNERS = "ownerReferences is a map by uid (x-kubernetes-list-map-keys); the garbage collector asks for each owner"
_FINALIZERS = "finalizers is a set (x-kubernetes-list-type); an object is deleted once all of them are gone"
_CONDITIONS = "matchConditions is a map by name; one that is false or fails decides whatever its place (admission API)"
_ANY_KIND: tuple[tuple[tuple[str, ...], str], ...] = (
    (("metadata", "ownerReferences"), _OWNERS),
    (("metadata", "finalizers"), _FINALIZERS),
)
_SUBJECTS = "a role is granted to each subject alike (rbac.authorization.k8s.io/v1)"
_VERSIONS = "names are unique, and discovery sorts versions by name (apiextensions.k8s.io/v1 spec.versions)"
_BY_KIND: Mapping[tuple[str, str], tuple[tuple[tuple[str, ...], str], ...]] = {
    ("rbac.authorization.k8s.io", "RoleBinding"): ((("subjects",), _SUBJECTS),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ((("subjects",), _SUBJECTS),),
    ("apiextensions.k8s.io", CRD_KIND): ((("spec", "versions"), _VERSIONS),),
} | {
    ("admissionregistration.k8s.io", kind): ((pattern, _CONDITIONS),)
    for kind, pattern in (
        ("ValidatingWebhookConfiguration", ("webhooks", "*", "matchConditions")),
        ("MutatingWebhookConfiguration", ("webhooks", "*", "matchConditions")),
        ("ValidatingAdmissionPolicy", ("spec", "matchConditions")),
        ("MutatingAdmissionPolicy", ("spec", "matchConditions")),
    )
}
_SCHEMA = "openAPIV3Schema"
_SCHEMA_SETS = {
    "required": "JSON Schema takes required as a set",
    "enum": "JSON Schema takes enum as a set",
    "allOf": "JSON Schema asks for all of them",
    "anyOf": "JSON Schema asks for one of them",
    "oneOf": "JSON Schema asks for exactly one of them",
    "x-kubernetes-validations": "a map by rule (apiextensions/v1): each of them must hold",
    "x-kubernetes-list-map-keys": "the keys of an entry are taken together (apiextensions/v1)",
}


def order_acts_on_nothing(group: str, kind: str, path: Path) -> str:
    """Why another order of the list at ``path`` is noise; empty if it is not. ``group`` is that of the identity."""
    for pattern, source in (*_ANY_KIND, *_BY_KIND.get((group, kind), ())):
        if len(path) == len(pattern) and matches(path, pattern):
            return source
    if kind == CRD_KIND and _SCHEMA in path and path[-2] != "properties":
        return _SCHEMA_SETS.get(str(path[-1]), "")
    return ""
