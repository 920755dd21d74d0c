"""The order of an apply: namespaces and CRDs first, webhooks and policies last; prune goes in reverse."""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import CRD_KIND, Resource, ResourceId, mapping, sequence


class Phase(IntEnum):
    REPAIRS = 0
    """Before a definition loses what live custom resources name."""
    NAMESPACES = 1
    DEFINITIONS = 2
    PRE_HOOKS = 3
    CLASSES = 4
    ROLES = 5
    BINDINGS = 6
    GUARDS = 7
    SETTINGS = 8
    SERVICES = 9
    WORKLOADS = 10
    API_SERVICES = 11
    CUSTOM = 12
    ADMISSION = 13
    ADMITTED = 14
    """Custom resources that a webhook of the same environment will look at: it must answer by then."""
    POST_HOOKS = 15
    MIGRATIONS = 16
    """Of what is stored: once all that reads and writes it is healthy."""
    PRUNE = 20

    @property
    def title(self) -> str:
        return _TITLES[self]


_TITLES = {
    Phase.REPAIRS: "repairs before definitions change",
    Phase.NAMESPACES: "namespaces",
    Phase.DEFINITIONS: "custom resource definitions",
    Phase.PRE_HOOKS: "pre hooks",
    Phase.CLASSES: "classes",
    Phase.ROLES: "service accounts and roles",
    Phase.BINDINGS: "role bindings",
    Phase.GUARDS: "quotas, network policies, disruption budgets",
    Phase.SETTINGS: "config maps, secrets, volumes",
    Phase.SERVICES: "services",
    Phase.WORKLOADS: "workloads",
    Phase.API_SERVICES: "API services",
    Phase.CUSTOM: "custom resources and routes",
    Phase.ADMISSION: "admission webhooks and policies",
    Phase.ADMITTED: "custom resources behind webhooks",
    Phase.POST_HOOKS: "post hooks",
    Phase.MIGRATIONS: "storage migrations",
    Phase.PRUNE: "prune",
}
_BY_KIND = {
    "Namespace": Phase.NAMESPACES,
    CRD_KIND: Phase.DEFINITIONS,
    "ServiceAccount": Phase.ROLES,
    "ClusterRole": Phase.ROLES,
    "Role": Phase.ROLES,
    "ClusterRoleBinding": Phase.BINDINGS,
    "RoleBinding": Phase.BINDINGS,
    "ResourceQuota": Phase.GUARDS,
    "LimitRange": Phase.GUARDS,
    "NetworkPolicy": Phase.GUARDS,
    "PodDisruptionBudget": Phase.GUARDS,
    "ConfigMap": Phase.SETTINGS,
    "Secret": Phase.SETTINGS,
    "PersistentVolume": Phase.SETTINGS,
    "PersistentVolumeClaim": Phase.SETTINGS,
    "Service": Phase.SERVICES,
    "Endpoints": Phase.SERVICES,
    "EndpointSlice": Phase.SERVICES,
    "DaemonSet": Phase.WORKLOADS,
    "Deployment": Phase.WORKLOADS,
    "StatefulSet": Phase.WORKLOADS,
    "ReplicaSet": Phase.WORKLOADS,
    "ReplicationController": Phase.WORKLOADS,
    "Pod": Phase.WORKLOADS,
    "PodTemplate": Phase.WORKLOADS,
    "Job": Phase.WORKLOADS,
    "CronJob": Phase.WORKLOADS,
    "HorizontalPodAutoscaler": Phase.WORKLOADS,
    "APIService": Phase.API_SERVICES,
}
_ADMISSION = "admissionregistration.k8s.io"


def phase_of(rid: ResourceId, guarded: frozenset[tuple[str, str]] = frozenset()) -> Phase:
    """``guarded`` are the groups and plural names (``*`` is any) that webhooks of the same environment look at."""
    if rid.group == _ADMISSION:
        return Phase.ADMISSION
    built_in = built_in_group(rid.group) or rid.group == "apiregistration.k8s.io"
    if built_in and rid.kind in _BY_KIND:
        return _BY_KIND[rid.kind]
    if rid.kind.endswith("Class"):
        return Phase.CLASSES
    if not built_in and any(_may_be(rid, group, plural) for group, plural in guarded):
        return Phase.ADMITTED
    return Phase.CUSTOM


def guarded_by(resources: Iterable[Resource]) -> frozenset[tuple[str, str]]:
    """The groups and plural names that webhook configurations among ``resources`` match."""
    return frozenset(
        (str(group), str(plural).partition("/")[0])
        for resource in resources
        if resource.id.group == _ADMISSION
        for rule in _rules(resource)
        for group in sequence(rule.get("apiGroups"))
        for plural in sequence(rule.get("resources"))
    )


def backing_services(resources: Iterable[Resource]) -> frozenset[tuple[str, str]]:
    """Namespace and name of each Service that a webhook, an API service or a conversion of ``resources`` calls."""
    return frozenset(
        (str(service.get("namespace") or ""), str(service.get("name") or ""))
        for resource in resources
        for service in _services(resource)
        if service.get("name")
    )


def waves(needs: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Each release's wave: 0 where it needs none, else one more than the latest of those it needs. No circles."""
    wave_of: dict[str, int] = {}

    def wave(name: str) -> int:
        if name not in wave_of:
            wave_of[name] = max((wave(need) + 1 for need in needs.get(name, ()) if need in needs), default=0)
        return wave_of[name]

    for name in needs:
        wave(name)
    return wave_of


def _may_be(rid: ResourceId, group: str, plural: str) -> bool:
    return group in ("*", rid.group) and (plural == "*" or plural.startswith(rid.kind.lower()[:-1]))


def _rules(resource: Resource) -> Iterator[Mapping[str, object]]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        yield from map(mapping, sequence(webhook.get("rules")))


def _services(resource: Resource) -> Iterator[Mapping[str, object]]:
    spec = mapping(resource.body.get("spec"))
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        yield mapping(mapping(webhook.get("clientConfig")).get("service"))
    if resource.kind == "APIService":
        yield mapping(spec.get("service"))
    if resource.kind == CRD_KIND:
        webhook = mapping(mapping(spec.get("conversion")).get("webhook"))
        yield mapping(mapping(webhook.get("clientConfig")).get("service"))
