"""A program that stores data runs as a different user or group.

## Why it matters

The files on its volume belong to the user that wrote them: the new user may not be able to read or write them. With
``fsGroup`` the kubelet gives the volume to a group, so a change of user with the same ``fsGroup`` is mostly harmless;
some volume types (NFS, hostPath) ignore it.

## What to do

Set ``fsGroup``, or change the owner once (an initial container that runs chown) before the program starts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.storage import keepers
from pipeline.core.diff.change import ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import WORKLOADS, pod_spec
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEYS = ("runAsUser", "runAsGroup", "fsGroup")
_CONTEXT = "securityContext"


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    old, new = _owners(change.before), _owners(change.after)
    said = {key: None for name in old.keys() & new.keys() for key in _differing(old[name], new[name])}
    fields = [field for field, below in pod_fields(change) if _is_user(below, said)]
    if not fields:
        return
    name = next(name for name in sorted(old.keys() & new.keys()) if old[name] != new[name])
    values = ", ".join(f"{key} {_shown(old[name], key)} -> {_shown(new[name], key)}" for key in said)
    grouped = "fsGroup" in new[name]
    yield Hit(
        at(change, fields[0]),
        title=f"{change.id.kind} {change.id.name} stores data, and its user or group changes: {values}",
        impact="fsGroup gives the new user access at the next start, but only if the volume type supports it."
        if grouped
        else "The files on its volume belong to the old user or group: permission denied.",
        fix="Test it on a copy, or change the owner of the files once before the start (chown)."
        if grouped
        else "Set fsGroup, or change the owner of the files once before the start (chown).",
        severity=Severity.MEDIUM if grouped or not _told(old[name], said) else None,
        also=tuple(at(change, field) for field in fields[1:]),
        claims=tuple(Claim.of(change, field) for field in fields if field.path[-1] in said),
    )


def _owners(resource: Resource) -> dict[str, dict[str, Any]]:
    """The users that files are read and written as, for each container that mounts a volume which lasts."""
    pod = mapping(pod_spec(resource).get(_CONTEXT))
    return {name: _user(pod, mapping(keeper.get(_CONTEXT))) for name, keeper in keepers(resource).items()}


def _user(pod: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = {**pod, **{key: value for key, value in own.items() if value is not None}}
    return {key: both[key] for key in _KEYS if both.get(key) is not None}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in _KEYS if old.get(key) != new.get(key)]


def _told(old: Mapping[str, Any], keys: Mapping[str, None]) -> bool:
    """Whether the old user was said; where the image decided, it may be the same one."""
    return any(key in old for key in keys)


def _shown(user: Mapping[str, Any], key: str) -> str:
    return str(user.get(key, "as the image says" if key != "fsGroup" else "none"))


def _is_user(below: Path, said: Mapping[str, None]) -> bool:
    """A changed path of a security context, or one as a whole, that ``said`` is about."""
    return _CONTEXT in below and (below[-1] == _CONTEXT or below[-1] in said) and bool(said)


_DB = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
    "  volumeClaimTemplates: [{metadata: {name: data}}]\n"
    "  template: {spec: {securityContext: {%s}, containers: [{name: db, volumeMounts: [{name: %s, mountPath: /d}]}]}}\n"
)
_PATH = "spec.template.spec.securityContext.%s"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("security-context-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=WORKLOADS,
    cases=(
        speaks(
            "another user",
            ("high", _PATH % "runAsUser"),
            before=_DB % ("runAsUser: 999", "data"),
            after=_DB % ("runAsUser: 1001", "data"),
        ),
        speaks(
            "another user of the same group",
            ("medium", _PATH % "runAsUser"),
            before=_DB % ("runAsUser: 999, fsGroup: 5", "data"),
            after=_DB % ("runAsUser: 1001, fsGroup: 5", "data"),
        ),
        speaks(
            "the group that owns its files is removed",
            ("high", _PATH % "fsGroup"),
            before=_DB % ("runAsUser: 9, fsGroup: 5", "data"),
            after=_DB % ("runAsUser: 9", "data"),
        ),
        quiet(
            "it keeps nothing",
            before=_DB % ("runAsUser: 999", "tmp"),
            after=_DB % ("runAsUser: 1001", "tmp"),
        ),
        quiet(
            "hardened", before=_DB % ("runAsUser: 9", "data"), after=_DB % ("runAsUser: 9, runAsNonRoot: true", "data")
        ),
    ),
)
