"""Which changes of a pod's spec give it more privileges on its node (Pod Security Standards)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import CONTAINERS, container_name, in_container, pod_spec
from pipeline.core.kube.resource import mapping, sequence

_OF_POD = frozenset({"securityContext", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"})
_PROFILES = frozenset({"seccompProfile", "appArmorProfile", "seLinuxOptions"})
_INHERITED = frozenset({"runAsUser", "runAsGroup", "runAsNonRoot", "windowsOptions"}) | _PROFILES
_ROOT = 0


def concerns(path: Path) -> bool:
    """Whether a path below a pod's spec is about its privileges."""
    return (path[:1] != () and path[0] in _OF_POD) or in_container(path, "securityContext")


def privilege_changes(change: ResourceChange) -> Iterator[tuple[FieldChange, bool]]:
    """Each changed path that is about the pods' privileges, and whether the pods may do more than before."""
    for field, path in pod_fields(change):
        if concerns(path):
            yield field, loosens(change, field, path)


def loosens(change: ResourceChange, field: FieldChange, path: Path) -> bool:
    """Whether the pods may do more than before by what stands at ``path`` below their spec.

    A container takes from the pod what it does not say itself (core/v1 PodSecurityContext), so a setting that moves
    from the pod to its containers loosens nothing: judged is what holds for each container in the end.
    """
    key = field.path[-1]
    if "capabilities" in path:
        return _more_capabilities(field)
    if path[0] != "securityContext" and not in_container(path, "securityContext"):
        return _worse(_alone(key, field.old), _alone(key, field.new))
    before, after = (pod_spec(side) if side is not None else {} for side in (change.before, change.after))
    keys = _keys(field, path)
    if path[0] == "securityContext" and _worse(_of_pod_alone(before, keys), _of_pod_alone(after, keys)):
        return True
    names = {container_name(path)} if path[0] in CONTAINERS else {*_names(before), *_names(after)}
    return any(
        _worse(_holding(before, name, keys), _holding(after, name, keys)) for name in sorted(names & _names(after))
    )


def _keys(field: FieldChange, path: Path) -> frozenset[str]:
    """The settings of a security context that a path is about: one, or all that come or go with it."""
    below = path[path.index("securityContext") + 1 :]
    if below:
        return frozenset({str(below[0])})
    return frozenset({*mapping(field.old), *mapping(field.new)})


def _holding(spec: Mapping[str, Any], name: str, keys: frozenset[str]) -> dict[str, Any]:
    """What holds for one container: its own settings, then the pod's."""
    own = next(
        (mapping(container.get("securityContext")) for container in _containers(spec) if container.get("name") == name),
        {},
    )
    of_pod = {key: value for key, value in mapping(spec.get("securityContext")).items() if key in _INHERITED}
    return {key: value for key, value in {**of_pod, **own}.items() if key in keys}


def _of_pod_alone(spec: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """The settings of a pod that its containers do not have."""
    own = mapping(spec.get("securityContext"))
    return {key: value for key, value in own.items() if key in keys - _INHERITED}


def _names(spec: Mapping[str, Any]) -> set[str]:
    return {str(container.get("name")) for container in _containers(spec)}


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (container for key in CONTAINERS for container in sequence(spec.get(key)) if isinstance(container, dict))


def _alone(key: object, value: Any) -> dict[str, Any]:
    return {} if value is MISSING else {str(key): value}


def _worse(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether any setting allows more than before, or may: what is not known to be harmless allows more."""
    return any(
        old.get(key) != new.get(key) and not _HARMLESS.get(key, _never)(old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
    )


def _never(_old: Any, _new: Any) -> bool:
    return False


def _always(_old: Any, _new: Any) -> bool:
    return True


def _off(_old: Any, new: Any) -> bool:
    """A privilege that is absent by default."""
    return new is not True


def _on(old: Any, new: Any) -> bool:
    """A restriction that is absent by default."""
    return new is True or old is not True


def _denied(old: Any, new: Any) -> bool:
    """A privilege that is there by default: harmless is to deny it, and what did not deny it before."""
    return new is False or old is not False


def _user(old: Any, new: Any) -> bool:
    """Absent is the image's own user, perhaps root."""
    return new != _ROOT and (new is not None or old in (None, _ROOT))


def _profile(old: Any, new: Any) -> bool:
    """A seccomp or AppArmor profile: harmless is one of the runtime or the node, and what was unconfined before."""
    before, after = mapping(old).get("type"), mapping(new).get("type")
    return after in ("RuntimeDefault", "Localhost") or (before == "Unconfined" and after in (None, "Unconfined"))


def _level_alone(old: Any, new: Any) -> bool:
    """SELinux: another level separates pods from each other, another type may free them (spc_t)."""
    others = {key: value for key, value in mapping(old).items() if key != "level"}
    return others == {key: value for key, value in mapping(new).items() if key != "level"} and bool(mapping(new))


def _safe_sysctls(old: Any, new: Any) -> bool:
    """Those that the kubelet allows by default."""
    names = [{str(mapping(entry).get("name")) for entry in sequence(side)} for side in (old, new)]
    return names[1] - names[0] <= _SAFE_SYSCTLS


def _no_host_process(_old: Any, new: Any) -> bool:
    return mapping(new).get("hostProcess") is not True


def _fewer_capabilities(old: Any, new: Any) -> bool:
    added = [set(map(str, sequence(mapping(side).get("add")))) for side in (old, new)]
    dropped = [set(map(str, sequence(mapping(side).get("drop")))) for side in (old, new)]
    return added[1] <= added[0] and (dropped[0] <= dropped[1] or "ALL" in dropped[1])


_HARMLESS: Mapping[str, Callable[[Any, Any], bool]] = {
    "allowPrivilegeEscalation": _denied,
    "appArmorProfile": _profile,
    "capabilities": _fewer_capabilities,
    "fsGroup": _always,
    "fsGroupChangePolicy": _always,
    "hostIPC": _off,
    "hostNetwork": _off,
    "hostPID": _off,
    "hostUsers": _denied,
    "privileged": _off,
    "procMount": lambda _old, new: new in (None, "Default"),
    "readOnlyRootFilesystem": _on,
    "runAsGroup": _always,
    "runAsNonRoot": _on,
    "runAsUser": _user,
    "seLinuxChangePolicy": _always,
    "seLinuxOptions": _level_alone,
    "seccompProfile": _profile,
    "shareProcessNamespace": _off,
    "supplementalGroups": _always,
    "supplementalGroupsPolicy": _always,
    "sysctls": _safe_sysctls,
    "windowsOptions": _no_host_process,
}
"""By setting (core/v1 PodSecurityContext, SecurityContext), which changes allow nothing more. A closed list."""
_SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
"""Kubernetes documentation, "Using sysctls in a Kubernetes cluster"."""


def _more_capabilities(field: FieldChange) -> bool:
    """Added ones, or dropped ones that are no longer dropped."""
    if "add" in field.path:
        return field.new is not MISSING
    if "drop" in field.path:
        return field.new is MISSING
    old, new = mapping(field.old), mapping(field.new)
    return bool(new.get("add")) or (bool(old.get("drop")) and not new.get("drop"))
