"""Rules across fields of a pod: names that must be unique, and references within the pod.

Source: k8s.io/kubernetes/pkg/apis/core/validation.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.quantity import quantity
from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, mapping, text
from pipeline.core.yaml.positions import Steps

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_VOLUME_FIELDS = {"name"}
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_LIFECYCLE = ("exec", "httpGet", "tcpSocket", "sleep")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def _pod(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    volumes = [text(volume.get("name")) for _, volume in entries(value.get("volumes"))]
    yield from _unique(volumes, (*path, "volumes"), "name")
    names = set(volumes) | _claims(path, context)
    seen: set[str] = set()
    for field in _CONTAINERS:
        for index, container in entries(value.get(field)):
            where = (*path, field, index)
            name = text(container.get("name"))
            if name and name in seen:
                yield Invalid((*where, "name"), "name", "unique in the pod", name)
            seen.add(name)
            yield from _mounts(container, where, names)
    if value.get("hostNetwork") is True:
        yield from _host_ports(value, path)
    if value.get("dnsPolicy") == "None" and not mapping(value.get("dnsConfig")).get("nameservers"):
        wanted = "set where dnsPolicy is None"
        yield Invalid((*path, "dnsConfig", "nameservers"), "nameservers", wanted, "", missing=False)


def _claims(path: Steps, context: Context) -> set[str]:
    """The volumes that a StatefulSet makes of its claims."""
    if context.kind != "apps.v1.StatefulSet" or path != ("spec", "template", "spec"):
        return set()
    templates = entries(mapping(context.body.get("spec")).get("volumeClaimTemplates"))
    return {text(mapping(template.get("metadata")).get("name")) for _, template in templates}


def _mounts(container: Mapping[str, Any], path: Steps, volumes: set[str]) -> Iterator[Invalid]:
    places: set[str] = set()
    for index, mount in entries(container.get("volumeMounts")):
        where = (*path, "volumeMounts", index)
        name, place = text(mount.get("name")), text(mount.get("mountPath"))
        if name not in volumes:
            yield Invalid((*where, "name"), "name", "the name of a volume of this pod", name)
        if place and place in places:
            yield Invalid((*where, "mountPath"), "mountPath", "unique in the container", place)
        places.add(place)
    for index, device in entries(container.get("volumeDevices")):
        name = text(device.get("name"))
        if name not in volumes:
            yield Invalid((*path, "volumeDevices", index, "name"), "name", "the name of a volume of this pod", name)


def _host_ports(value: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
    for field in _CONTAINERS[:2]:
        for index, container in entries(value.get(field)):
            for at, port in entries(container.get("ports")):
                host, own = port.get("hostPort"), port.get("containerPort")
                if host and host != own:
                    where = (*path, field, index, "ports", at, "hostPort")
                    yield Invalid(where, "hostPort", "the containerPort, in a pod on the host's network", host)


def _unique(names: list[str], path: Steps, field: str) -> Iterator[Invalid]:
    for index, name in enumerate(names):
        if name and name in names[:index]:
            yield Invalid((*path, index, field), field, "unique", name)


def _resources(resources: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
    limits, requests = mapping(resources.get("limits")), mapping(resources.get("requests"))
    for name, asked in requests.items():
        where, low, high = (*path, "requests", name), quantity(asked), quantity(limits.get(name))
        if low is not None and high is not None and low > high:
            yield Invalid(where, "requests", f"at most the limit, {limits[name]}", asked)
        elif low is not None and low != high and _never_shared(name):
            yield Invalid(where, "requests", "the same as its limit", asked)
    for part, given in (("limits", limits), ("requests", requests)):
        yield from whole_devices(given, (*path, part))


def whole_devices(given: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
    """Devices and other extended resources are counted in whole numbers."""
    for name, asked in given.items():
        number = quantity(asked) if _extended(name) else None
        if number is not None and number.denominator != 1:
            yield Invalid((*path, name), str(path[-1]), "a whole number", asked)


def _extended(name: object) -> bool:
    return isinstance(name, str) and "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def _never_shared(name: object) -> bool:
    return _extended(name) or (isinstance(name, str) and name.startswith("hugepages-"))


def _container(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    yield from _unique([text(p.get("name")) for _, p in entries(value.get("ports"))], (*path, "ports"), "name")
    yield from _resources(mapping(value.get("resources")), (*path, "resources"))
    for probe in ("livenessProbe", "startupProbe"):
        threshold = mapping(value.get(probe)).get("successThreshold")
        if isinstance(threshold, int) and threshold not in (0, 1):
            yield Invalid((*path, probe, "successThreshold"), "successThreshold", "1", threshold)
    yield from _privileges(value, path)


def _privileges(value: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
    context = mapping(value.get("securityContext"))
    if context.get("allowPrivilegeEscalation") is False:
        added = mapping(context.get("capabilities")).get("add")
        admin = isinstance(added, list) and ("SYS_ADMIN" in added or "CAP_SYS_ADMIN" in added)
        if context.get("privileged") is True or admin:
            where = (*path, "securityContext", "allowPrivilegeEscalation")
            wanted = "true for a container that is privileged or has SYS_ADMIN"
            yield Invalid(where, "allowPrivilegeEscalation", wanted, "false")


def one_of(fields: tuple[str, ...], *, least: int = 1) -> Span:
    """Of these fields at most one is set, and at least ``least``."""

    def check(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
        present = [field for field in fields if value.get(field) is not None]
        if len(present) > 1:
            wanted = f"absent: {present[0]} is set, and only one of them may be"
            yield Invalid((*path, present[1]), present[1], wanted, value[present[1]])
        elif len(present) < least:
            yield Invalid(path, fields[0], f"given one of {', '.join(fields)}", value)

    return check


def _volume(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """Exactly one source; a volume without one is an emptyDir (the server's default)."""
    sources = [field for field, item in value.items() if field not in _VOLUME_FIELDS and item is not None]
    if len(sources) > 1:
        wanted = f"absent: a volume has one source, and {sources[0]} is set"
        yield Invalid((*path, sources[1]), sources[1], wanted, value[sources[1]])


def _env(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if value.get("value") and value.get("valueFrom") is not None:
        yield Invalid((*path, "valueFrom"), "valueFrom", "absent where value is set", value["valueFrom"])


def _mount(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    sub = text(value.get("subPath"))
    if sub.startswith("/") or ".." in sub.split("/"):
        yield Invalid((*path, "subPath"), "subPath", "a relative path without ..", sub)
    if sub and text(value.get("subPathExpr")):
        yield Invalid((*path, "subPathExpr"), "subPathExpr", "absent where subPath is set", value["subPathExpr"])


def _toleration(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    operator = value.get("operator") or "Equal"
    if not value.get("key") and operator != "Exists":
        yield Invalid((*path, "operator"), "operator", "Exists where key is empty", operator)
    if operator == "Exists" and value.get("value"):
        yield Invalid((*path, "value"), "value", "empty where operator is Exists", value["value"])
    if value.get("tolerationSeconds") is not None and value.get("effect") != "NoExecute":
        yield Invalid((*path, "effect"), "effect", "NoExecute where tolerationSeconds is set", value.get("effect", ""))


def expressions(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """The values of an expression fit its operator."""
    operator, values = value.get("operator"), value.get("values") or []
    if not isinstance(values, list):
        return
    if operator in ("In", "NotIn") and not values:
        yield Invalid((*path, "values"), "values", "set", "", missing=True)
    elif operator in ("Exists", "DoesNotExist") and values:
        yield Invalid((*path, "values"), "values", f"empty where operator is {operator}", values)
    elif operator in ("Gt", "Lt") and len(values) != 1:
        yield Invalid((*path, "values"), "values", "one whole number", values)


PODS: Mapping[str, tuple[Span, ...]] = {
    "core.v1.PodSpec": (_pod,),
    "core.v1.Container": (_container,),
    "core.v1.Probe": (one_of(_HANDLERS),),
    "core.v1.LifecycleHandler": (one_of(_LIFECYCLE),),
    "core.v1.EnvVarSource": (one_of(_SOURCES),),
    "core.v1.EnvFromSource": (one_of(("configMapRef", "secretRef")),),
    "core.v1.DownwardAPIVolumeFile": (one_of(("fieldRef", "resourceFieldRef")),),
    "core.v1.Volume": (_volume,),
    "core.v1.VolumeMount": (_mount,),
    "core.v1.EnvVar": (_env,),
    "core.v1.Toleration": (_toleration,),
    "core.v1.NodeSelectorRequirement": (expressions,),
    "meta.v1.LabelSelectorRequirement": (expressions,),
}
