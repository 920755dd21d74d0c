"""Rules across fields of disruption budgets, roles, quotas, volumes and flow control.

Source: the validation packages of k8s.io/kubernetes/pkg/apis/{policy,rbac,core,flowcontrol}.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.validation.invalid import STATEFUL_TEMPLATES_SINCE, Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, mapping, text
from pipeline.core.kube.validation.pod_rules import one_of, whole_devices
from pipeline.core.kube.validation.predicates import OBJECT_COUNTS, label
from pipeline.core.yaml.positions import Steps

_NOT_SOURCES = {
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
}


def _budget(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if value.get("minAvailable") is not None and value.get("maxUnavailable") is not None:
        yield Invalid(
            (*path, "maxUnavailable"), "maxUnavailable", "absent where minAvailable is set", value["maxUnavailable"]
        )


def _role_rule(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    resources, groups = value.get("resources"), value.get("apiGroups")
    if value.get("nonResourceURLs"):
        if resources or groups or value.get("resourceNames"):
            where = (*path, "nonResourceURLs")
            yield Invalid(where, "nonResourceURLs", "in a rule of its own, without resources", value["nonResourceURLs"])
        return
    for field, item in (("apiGroups", groups), ("resources", resources)):
        if not item:
            yield Invalid((*path, field), field, "set", "", missing=True)


def _role(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    """A Role has no paths of the server."""
    del context
    for index, rule in entries(value.get("rules")):
        if rule.get("nonResourceURLs"):
            where = (*path, "rules", index, "nonResourceURLs")
            yield Invalid(where, "nonResourceURLs", "absent in a Role", rule["nonResourceURLs"])


def _subject(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    kind, group = value.get("kind"), value.get("apiGroup")
    if kind == "ServiceAccount":
        if group:
            yield Invalid((*path, "apiGroup"), "apiGroup", "empty for a ServiceAccount", group)
        if not value.get("namespace") and context.kind == "rbac.v1.ClusterRoleBinding":
            yield Invalid((*path, "namespace"), "namespace", "set", "", missing=True)
    elif kind in ("User", "Group") and group not in (None, "rbac.authorization.k8s.io"):
        yield Invalid((*path, "apiGroup"), "apiGroup", "rbac.authorization.k8s.io", group)


def _cluster_binding(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    kind = mapping(value.get("roleRef")).get("kind")
    if kind == "Role":
        yield Invalid((*path, "roleRef", "kind"), "kind", "ClusterRole in a ClusterRoleBinding", kind)


def _persistent_volume(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    sources = [field for field, item in value.items() if field not in _NOT_SOURCES and item is not None]
    if not sources:
        yield Invalid(path, "hostPath", "given a source: nfs, csi, local, hostPath, …", value)
    elif len(sources) > 1:
        yield Invalid((*path, sources[1]), sources[1], f"absent: {sources[0]} is set", value[sources[1]])
    if not value.get("capacity"):
        yield Invalid((*path, "capacity"), "capacity", "set", "", missing=True)
    elif set(mapping(value["capacity"])) - {"storage"}:
        yield Invalid((*path, "capacity"), "capacity", "storage alone", value["capacity"])
    if value.get("local") is not None and not mapping(value.get("nodeAffinity")).get("required"):
        yield Invalid((*path, "nodeAffinity"), "nodeAffinity", "set", "", missing=True)


def _claim(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    requests = mapping(mapping(value.get("resources")).get("requests"))
    where = (*path, "resources", "requests", "storage")
    if "storage" not in requests:
        yield Invalid(where, "requests", "set", "", missing=True)
    else:
        asked = quantity(requests["storage"])
        if asked is not None and asked <= 0:
            yield Invalid(where, "requests", "above 0", requests["storage"])


def _quota(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    for name, item in mapping(value.get("hard")).items():
        count = quantity(item)
        if (name in OBJECT_COUNTS or name.startswith("count/")) and count is not None and count.denominator != 1:
            yield Invalid((*path, "hard", name), "hard", "a whole number", item)


def _limits(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """Of one resource: min <= defaultRequest <= default <= max."""
    order = [mapping(value.get(field)) for field in ("min", "defaultRequest", "default", "max")]
    names = ("min", "defaultRequest", "default", "max")
    for low in range(len(order)):
        for high in range(low + 1, len(order)):
            for name in order[low].keys() & order[high].keys():
                small, large = quantity(order[low][name]), quantity(order[high][name])
                if small is not None and large is not None and small > large:
                    wanted = f"at most {names[high]}, {order[high][name]}"
                    yield Invalid((*path, names[low], name), names[low], wanted, order[low][name])


def _flow_rule(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if not value.get("resourceRules") and not value.get("nonResourceRules"):
        yield Invalid(path, "resourceRules", "given resourceRules or nonResourceRules", value)


def _flow(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    where = (*path, "spec", "matchingPrecedence")
    if (
        mapping(value.get("spec")).get("matchingPrecedence") == 1
        and mapping(value.get("metadata")).get("name") != "exempt"
    ):
        yield Invalid(where, "matchingPrecedence", "above 1: only the FlowSchema exempt has that", 1)


def _overhead(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    yield from whole_devices(mapping(value.get("podFixed")), (*path, "podFixed"))


def _flow_subject(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    own = {"User": "user", "Group": "group", "ServiceAccount": "serviceAccount"}.get(text(value.get("kind")))
    if own and value.get(own) is None:
        yield Invalid((*path, own), own, "set", "", missing=True)
    for other in ("user", "group", "serviceAccount"):
        if own and other != own and value.get(other) is not None:
            yield Invalid((*path, other), other, f"absent where kind is {value['kind']}", value[other])


def _level(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    kind = value.get("type")
    if kind == "Limited" and value.get("limited") is None:
        yield Invalid((*path, "limited"), "limited", "set", "", missing=True)
    elif kind == "Exempt" and value.get("limited") is not None:
        yield Invalid((*path, "limited"), "limited", "absent where type is Exempt", value["limited"])


def _response(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    kind, queuing = value.get("type"), value.get("queuing")
    if kind == "Reject" and queuing is not None:
        yield Invalid((*path, "queuing"), "queuing", "absent where type is Reject", queuing)
    elif kind == "Queue" and queuing is None:
        yield Invalid((*path, "queuing"), "queuing", "set", "", missing=True)


def _claim_name(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    """The claims of a StatefulSet become volumes of its pods: their names are labels."""
    if context.minor >= STATEFUL_TEMPLATES_SINCE:
        for index, claim in entries(value.get("volumeClaimTemplates")):
            name = mapping(claim.get("metadata")).get("name")
            if not label(text(name) or "-"):
                where = (*path, "volumeClaimTemplates", index, "metadata", "name")
                yield Invalid(where, "name", "a lowercase DNS label", name or "")


def _queues(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    hand, queues = value.get("handSize"), value.get("queues")
    if isinstance(hand, int) and isinstance(queues, int) and queues and hand > queues:
        yield Invalid((*path, "handSize"), "handSize", f"at most queues, {queues}", hand)


def _attributes(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if value.get("parameters") == {}:
        yield Invalid((*path, "parameters"), "parameters", "set", "", missing=True)


POLICIES: Mapping[str, tuple[Span, ...]] = {
    "flowcontrol.v1.QueuingConfiguration": (_queues,),
    "resource.v1.DeviceRequest": (one_of(("exactly", "firstAvailable")),),
    "policy.v1.PodDisruptionBudgetSpec": (_budget,),
    "rbac.v1.PolicyRule": (_role_rule,),
    "rbac.v1.Role": (_role,),
    "rbac.v1.Subject": (_subject,),
    "rbac.v1.ClusterRoleBinding": (_cluster_binding,),
    "core.v1.PersistentVolumeSpec": (_persistent_volume,),
    "core.v1.PersistentVolumeClaimSpec": (_claim,),
    "core.v1.ResourceQuotaSpec": (_quota,),
    "core.v1.LimitRangeItem": (_limits,),
    "flowcontrol.v1.FlowSchema": (_flow,),
    "node.v1.Overhead": (_overhead,),
    "flowcontrol.v1.PolicyRulesWithSubjects": (_flow_rule,),
    "flowcontrol.v1.Subject": (_flow_subject,),
    "flowcontrol.v1.PriorityLevelConfigurationSpec": (_level,),
    "flowcontrol.v1.LimitResponse": (_response,),
    "apps.v1.StatefulSetSpec": (_claim_name,),
    "storage.v1.VolumeAttributesClass": (_attributes,),
}
