"""What the pods of a workload have of the privileges that the Pod Security Standards forbid, and what brings new ones.

Beyond security contexts of containers on both sides (:mod:`pipeline.core.analysis.pod_security`): whole containers,
volumes, mounts, ports, AppArmor annotations, the sandbox, and priorities of the system. From
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.host_access import HostAccess, new_host_access
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import CONTAINERS, in_container, is_container, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence

_HOST = ("hostNetwork", "hostPID", "hostIPC")
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
"""What a container's name follows in an annotation; its field is ``appArmorProfile`` from Kubernetes 1.30 on."""
_UNCONFINED = "unconfined"
_OF_SYSTEM = ("system-node-critical", "system-cluster-critical")
_CONFINED = ("RuntimeDefault", "Localhost")
_BASELINE = frozenset(
    ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
     "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]
)  # fmt: skip
"""Capabilities that the level baseline allows to add."""
_TYPES = (None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
"""SELinux types that the level baseline allows."""


def has_privileges(workload: Resource) -> bool:
    """Whether the pods have what the level baseline forbids: the host's namespaces, folders, ports, or added powers."""
    spec = pod_spec(workload)
    own = mapping(spec.get("securityContext"))
    return (
        any(spec.get(key) is True for key in _HOST)
        or mapping(own.get("windowsOptions")).get("hostProcess") is True
        or any("hostPath" in mapping(volume) for volume in sequence(spec.get("volumes")))
        or any(
            _of_context(container) - {"runAsUser", "runAsNonRoot"} or _ports(container)
            for container in _containers(spec)
        )
    )


def forbidden_by_baseline(workload: Resource) -> str:
    """The first thing of a pod that the level baseline forbids, in words; empty where there is none."""
    spec = pod_spec(workload)
    if hosts := [key for key in _HOST if spec.get(key) is True]:
        return f"{hosts[0]}: true"
    if any("hostPath" in mapping(volume) for volume in sequence(spec.get("volumes"))):
        return "a volume of the host"
    for container in _containers(spec):
        if _ports(container):
            return f"host port {_ports(container)[0]}"
        if asked := sorted(_of_context(container) - {"runAsUser", "runAsNonRoot"}):
            return f"{asked[0]} in container {container.get('name')}"
    return ""


def new_privileges(change: ResourceChange) -> Iterator[FieldChange]:
    """The changed paths with which the pods get a privilege that they did not have."""
    if change.before is None or change.after is None or change.action in (Action.ADDED, Action.REMOVED):
        return
    before, after = pod_spec(change.before), pod_spec(change.after)
    access = new_host_access(before, after)
    opened = [port for container in _containers(after) for port in _ports(container)]
    grown = len(opened) > len([port for container in _containers(before) for port in _ports(container)])
    for field, path in pod_fields(change):
        if (
            _alone(field, path)
            or (is_container(path) and _of_added(before, after, field))
            or _brings_access(field, path, access)
            or (grown and (in_container(path, "ports") or is_container(path)) and _opens(field))
        ):
            yield field
    yield from _unconfined(change, after)


def _alone(field: FieldChange, path: Path) -> bool:
    """Whether one setting of a pod says by itself that the pod may do more."""
    if path[:1] == ("ephemeralContainers",):
        return field.new is not MISSING
    if path == ("runtimeClassName",):  # a sandbox that is gone, or another one
        return field.old is not MISSING
    return path == ("priorityClassName",) and field.new in _OF_SYSTEM


def _containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [container for key in CONTAINERS for container in sequence(spec.get(key)) if isinstance(container, dict)]


def _of_added(before: Mapping[str, Any], after: Mapping[str, Any], field: FieldChange) -> set[str]:
    """What containers that are added may do, and none of those in whose place they come."""
    added = [field.new] if isinstance(field.new, dict) else sequence(field.new)
    names_after = {str(container.get("name")) for container in _containers(after)}
    gone = [
        _of_context(container) for container in _containers(before) if str(container.get("name")) not in names_after
    ]
    known = {str(container.get("name")): _of_context(container) for container in _containers(before)}
    had = set().union(*gone)
    return {
        privilege
        for container in map(mapping, added)
        for privilege in _of_context(container) - known.get(str(container.get("name")), set()) - had
    }


def _of_context(container: Mapping[str, Any]) -> set[str]:
    """The privileges that a container's own security context asks for, each in a word."""
    own = mapping(container.get("securityContext"))
    profiles = (mapping(own.get(key)).get("type") for key in ("seccompProfile", "appArmorProfile"))
    capabilities = (str(capability) for capability in sequence(mapping(own.get("capabilities")).get("add")))
    asked = {
        "privileged": own.get("privileged") is True,
        "runAsUser": own.get("runAsUser") == 0 and own.get("runAsUser") is not False,
        "runAsNonRoot": own.get("runAsNonRoot") is False,
        "procMount": own.get("procMount") not in (None, "Default"),
        "profile": "Unconfined" in profiles,
        "seLinuxOptions": mapping(own.get("seLinuxOptions")).get("type") not in _TYPES,
        "hostProcess": mapping(own.get("windowsOptions")).get("hostProcess") is True,
    }
    return {key for key, is_asked in asked.items() if is_asked} | {
        capability for capability in capabilities if capability.removeprefix("CAP_") not in _BASELINE
    }


def _ports(container: Mapping[str, Any]) -> list[object]:
    """The ports of the node that a container takes; 0 is none (core/v1 ContainerPort)."""
    return [port["hostPort"] for port in map(mapping, sequence(container.get("ports"))) if port.get("hostPort")]


def _opens(field: FieldChange) -> bool:
    """Whether a port, a list of ports, a container or a list of containers names a port of the node."""
    if field.new is MISSING:
        return False
    entries = field.new if isinstance(field.new, list) else [field.new]
    return field.path[-1] == "hostPort" or any(
        mapping(entry).get("hostPort") or _ports(mapping(entry)) for entry in entries
    )


def _brings_access(field: FieldChange, path: Path, access: HostAccess) -> bool:
    """Whether a changed volume, mount or container is one with which the pods reach more of the node's files."""
    if path[:1] == ("volumes",):
        return bool(access.volumes) and (len(path) == 1 or _key(path[1]) in access.volumes)
    if in_container(path, "volumeMounts"):
        return any(
            _key(path[1]) == container and (len(path) == 3 or _key(path[3]) == at)  # noqa: PLR2004 - the whole list
            for container, at in access.mounts
        )
    names = {str(mapping(entry).get("name")) for entry in (field.new if isinstance(field.new, list) else [field.new])}
    return is_container(path) and any(container in names for container, _ in access.mounts)


def _key(step: object) -> str:
    """``/data`` of ``[mountPath=/data]``."""
    pairs = getattr(step, "pairs", ())
    return str(pairs[0][1]) if pairs else str(step)


def _unconfined(change: ResourceChange, after: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Annotations that confined a container by AppArmor and no longer do, without a field in their place."""
    prefix = (*(template_path(change.resource) or ()), "metadata", "annotations")
    if template_path(change.resource) is None:
        return
    of_pod = mapping(after.get("securityContext"))
    confined = {
        str(with_profile.get("name")): {**of_pod, **mapping(with_profile.get("securityContext"))}.get("appArmorProfile")
        for with_profile in _containers(after)
    }
    for field in change.under(*map(str, prefix)):
        key = field.path[len(prefix) :]
        old, new = ({str(key[0]): side} if key else mapping(side) for side in (field.old, field.new))
        for name in sorted({*old, *new}, key=str):
            container = str(name).removeprefix(APP_ARMOR)
            if container == name or container not in confined or new.get(name) == old.get(name):
                continue
            replaced = mapping(confined[container]).get("type") in _CONFINED
            lost = new.get(name) in (None, MISSING) and old.get(name) not in (None, MISSING, _UNCONFINED)
            if new.get(name) == _UNCONFINED or (lost and not replaced):
                yield field
                break
