"""Which changes of a pod's spec let it do more on its node (Pod Security Standards: baseline and restricted)."""

from typing import Any

from pipeline.core.change import MISSING, FieldChange
from pipeline.core.path import Path
from pipeline.core.pods import in_container
from pipeline.core.resource import mapping, sequence

_OF_POD = frozenset(
    {"securityContext", "hostNetwork", "hostPID", "hostIPC", "automountServiceAccountToken", "hostUsers"}
    | {"shareProcessNamespace"}
)
_WORSE_ON = frozenset({"hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation"})
_BETTER_ON = frozenset({"runAsNonRoot", "readOnlyRootFilesystem"})
_PROFILES = frozenset({"seccompProfile", "appArmorProfile", "seLinuxOptions"})
_ROOT = 0


def concerns(path: Path) -> bool:
    """Whether a path below a pod's spec is about its rights."""
    return (path[:1] != () and path[0] in _OF_POD) or in_container(path, "securityContext")


def loosens(field: FieldChange) -> bool:
    """Whether the pod may do more than before. A context that comes or goes whole is judged by what is in it."""
    key = field.path[-1]
    if key == "securityContext":
        return _worse(_context(field.old), _context(field.new))
    if key == "capabilities" or "capabilities" in field.path:
        return _more_capabilities(field)
    if isinstance(key, str):
        return _worse(
            {} if field.old is MISSING else {key: field.old}, {} if field.new is MISSING else {key: field.new}
        )
    return False


def _context(value: Any) -> dict[str, Any]:
    return dict(mapping(value)) if value is not MISSING else {}


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
