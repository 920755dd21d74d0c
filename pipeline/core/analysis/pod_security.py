"""Which changes of a pod's spec give it more privileges on its node (Pod Security Standards)."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import CONTAINERS, container_name, in_container, pod_spec
from pipeline.core.kube.resource import mapping, sequence

_OF_POD = frozenset({"securityContext", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"})
_WORSE_ON = frozenset({"hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation"})
_BETTER_ON = frozenset({"runAsNonRoot", "readOnlyRootFilesystem"})
_PROFILES = frozenset({"seccompProfile", "appArmorProfile", "seLinuxOptions"})
_INHERITED = frozenset({"runAsUser", "runAsGroup", "runAsNonRoot", "windowsOptions"}) | _PROFILES
_ROOT = 0


def concerns(path: Path) -> bool:
    """Whether a path below a pod's spec is about its rights."""
    return (path[:1] != () and path[0] in _OF_POD) or in_container(path, "securityContext")


def rights(change: ResourceChange) -> Iterator[tuple[FieldChange, bool]]:
    """Each changed path that is about the pods' rights, and whether the pods may do more than before."""
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
    names = {container_name(path)} if path[0] in CONTAINERS else {*_names(before), *_names(after)}
    keys = _keys(field, path)
    return any(
        _worse(_holding(before, name, keys), _holding(after, name, keys))
        for name in sorted(names & _names(before) & _names(after))
    )


def _keys(field: FieldChange, path: Path) -> frozenset[str]:
    """The settings of a security context that a path is about: one, or all that come or go with it."""
    below = path[path.index("securityContext") + 1 :]
    if below:
        return frozenset({str(below[0])})
    return frozenset({*mapping(field.old), *mapping(field.new)})


def _holding(spec: Mapping[str, Any], name: str, keys: frozenset[str]) -> dict[str, Any]:
    """What holds for one container: its own settings, then the pod's."""
    own = next((mapping(one.get("securityContext")) for one in _containers(spec) if one.get("name") == name), {})
    of_pod = {key: value for key, value in mapping(spec.get("securityContext")).items() if key in _INHERITED}
    return {key: value for key, value in {**of_pod, **own}.items() if key in keys}


def _names(spec: Mapping[str, Any]) -> set[str]:
    return {str(one.get("name")) for one in _containers(spec)}


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (one for key in CONTAINERS for one in sequence(spec.get(key)) if isinstance(one, dict))


def _alone(key: object, value: Any) -> dict[str, Any]:
    return {} if value is MISSING else {str(key): value}


def _worse(old: dict[str, Any], new: dict[str, Any]) -> bool:
    if any(new.get(key) is True and old.get(key) is not True for key in _WORSE_ON):
        return True
    if any(old.get(key) is True and new.get(key) is not True for key in _BETTER_ON):
        return True
    if any(key in old and key not in new for key in _PROFILES) or new.get("runAsUser") == _ROOT != old.get("runAsUser"):
        return True
    profile = mapping(new.get("seccompProfile"))
    if profile.get("type") == "Unconfined" or (new.get("type") == "Unconfined" != old.get("type")):
        return True
    added = set(map(str, sequence(mapping(new.get("capabilities")).get("add"))))
    return bool(added - set(map(str, sequence(mapping(old.get("capabilities")).get("add")))))


def _more_capabilities(field: FieldChange) -> bool:
    """Added ones, or dropped ones that are no longer dropped."""
    if "add" in field.path:
        return field.new is not MISSING
    if "drop" in field.path:
        return field.new is MISSING
    old, new = mapping(field.old), mapping(field.new)
    return bool(new.get("add")) or (bool(old.get("drop")) and not new.get("drop"))
