"""A pod or a container is hardened, or runs as a different user.

## Why it matters

It may lack privileges that it used: writing to the image's file system, a low port, files of another owner.

## What to do

Watch the pods after the rollout; if the user changes, check the owner of files on volumes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.pod_security import privilege_changes
from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.pods import pod_spec
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_FIXED = frozenset({"configMap", "secret", "projected", "downwardAPI", "image"})
"""Volumes that no one may write to."""
_WORDS = FindingText(
    "privileges or user of its pods change",
    "They may lack privileges that they used, or access to files of the old user.",
    "Watch the pods after the rollout; check the owner of files on volumes.",
    grade=lambda change, _fields: Severity.MEDIUM if _nowhere_to_write(change) or _felt(change) else None,
)


def _felt(change: ResourceChange) -> bool:
    """Whether its processes run as somebody else, may no longer be root, or lose the node's network."""
    before, after = (pod_spec(side) if side is not None else {} for side in (change.before, change.after))
    if before.get("hostNetwork") is True and after.get("hostNetwork") is not True:
        return True
    users, others = _users(before), _users(after)
    return any(_another(users[name], others[name]) for name in users.keys() & others.keys())


def _users(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What holds for each container: its own security context, and the pod's where it says nothing."""
    pod = mapping(spec.get("securityContext"))
    return {
        str(container.get("name")): {**pod, **mapping(container.get("securityContext"))}
        for container in _containers(spec)
    }


def _containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(container) for part in ("initContainers", "containers") for container in sequence(spec.get(part))]


def _another(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """A user that is stated for the first time may be the image's own; ``runAsNonRoot`` then only repeats it."""
    moved = any(old.get(key) is not None and old[key] != new.get(key) for key in ("runAsUser", "runAsGroup", "fsGroup"))
    refused = new.get("runAsNonRoot") is True and old.get("runAsNonRoot") is not True and not old.get("runAsUser")
    return moved or refused


def _nowhere_to_write(change: ResourceChange) -> bool:
    """Whether a container's file system becomes read-only, and no volume that may be written is mounted in it."""
    before, after = (pod_spec(side) if side is not None else {} for side in (change.before, change.after))
    known = {str(container.get("name")): _read_only(container) for container in _containers(before)}
    fixed = {
        str(volume.get("name")) for volume in map(mapping, sequence(after.get("volumes"))) if _FIXED & volume.keys()
    }
    for container in _containers(after):
        mounts = map(mapping, sequence(container.get("volumeMounts")))
        writable = any(mount.get("readOnly") is not True and str(mount.get("name")) not in fixed for mount in mounts)
        if _read_only(container) and not writable and known.get(str(container.get("name"))) is False:
            return True
    return False


def _read_only(container: Mapping[str, Any]) -> bool:
    return mapping(container.get("securityContext")).get("readOnlyRootFilesystem") is True


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    picked = [field for field, loosened in privilege_changes(change) if not loosened]
    if picked:
        yield hit(change, picked, _WORDS)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    cases=(
        speaks(
            "hardened",
            ("low", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {allowPrivilegeEscalation: false}",
        ),
        speaks(
            "an image that runs as root does not start",
            ("medium", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {runAsNonRoot: true}",
        ),
        speaks(
            "it was not root before",
            ("low", "spec.template.spec.containers[name=a].securityContext.runAsNonRoot"),
            before=_WEB % ", securityContext: {runAsUser: 1000}",
            after=_WEB % ", securityContext: {runAsUser: 1000, runAsNonRoot: true}",
        ),
        speaks(
            "another user",
            ("medium", "spec.template.spec.containers[name=a].securityContext.runAsUser"),
            before=_WEB % ", securityContext: {runAsUser: 1000}",
            after=_WEB % ", securityContext: {runAsUser: 65534}",
        ),
        speaks(
            "the node's network is no longer used",
            ("medium", "spec.template.spec.hostNetwork"),
            before=(_WEB % "").replace("spec: {containers", "spec: {hostNetwork: true, containers"),
            after=_WEB % "",
        ),
        speaks(
            "a file system that is read-only, and nowhere else to write",
            ("medium", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {readOnlyRootFilesystem: true}",
        ),
        speaks(
            "the same with a volume to write to",
            ("low", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {readOnlyRootFilesystem: true}, volumeMounts: [{name: t, mountPath: /t}]",
        ),
        quiet(
            "privileged",
            before=_WEB % ", securityContext: {privileged: false}",
            after=_WEB % ", securityContext: {privileged: true}",
        ),
    ),
)
