"""Defaults that the API server fills in since a certain minor, in fields that it left empty before.

From pkg/apis/*/v1/defaults.go of k8s.io/kubernetes and the feature gates that guard it. ``tests/cluster`` holds those
of the newest minors against a server that emulates the ones before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipeline.core.kube.path import MISSING, Path, get
from pipeline.core.kube.resource import Resource, mapping

_KEEP: Final = "whenDeleted and whenScaled: Retain"


@dataclass(frozen=True, slots=True)
class NewDefault:
    """``value`` (in words) stands at ``path`` since minor ``since`` where the manifest leaves it out."""

    path: Path
    value: str
    since: int


_ROWS: Final[dict[str, tuple[NewDefault, ...]]] = {
    "apps/StatefulSet": (
        NewDefault(("spec", "persistentVolumeClaimRetentionPolicy"), _KEEP, 27),
        NewDefault(("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "1", 37),
    ),
    "batch/Job": (
        NewDefault(("spec", "completionMode"), "NonIndexed", 22),
        NewDefault(("spec", "suspend"), "false", 22),
        NewDefault(("spec", "podReplacementPolicy"), "TerminatingOrFailed", 29),
    ),
    "batch/CronJob": (NewDefault(("spec", "jobTemplate", "spec", "podReplacementPolicy"), "TerminatingOrFailed", 29),),
    "/Service": (NewDefault(("spec", "internalTrafficPolicy"), "Cluster", 22),),
    "networking.k8s.io/IngressClass": (NewDefault(("spec", "parameters", "scope"), "Cluster", 22),),
    "storage.k8s.io/CSIDriver": (
        NewDefault(("spec", "seLinuxMount"), "false", 28),
        NewDefault(("spec", "preventPodSchedulingIfMissing"), "false", 37),
    ),
}


def new_defaults(resource: Resource, before: int, after: int) -> Iterator[NewDefault]:
    """What a server of minor ``after`` fills into an object, and one of minor ``before`` does not."""
    for row in _ROWS.get(f"{resource.group}/{resource.kind}", ()):
        absent = get(resource.body, row.path) in (None, MISSING)
        if absent and before < row.since <= after and _applies(resource.body, row):
            yield row


def _applies(body: Any, row: NewDefault) -> bool:
    """Whether the server comes to fill it in: an enclosing union may be another one, or absent."""
    spec = mapping(mapping(body).get("spec"))
    match row.path[-1]:
        case "maxUnavailable":
            strategy = mapping(spec.get("updateStrategy"))
            stated = strategy.get("type")
            return not stated or (stated == "RollingUpdate" and isinstance(strategy.get("rollingUpdate"), dict))
        case "internalTrafficPolicy":
            return spec.get("type") != "ExternalName"
        case "scope":
            return isinstance(spec.get("parameters"), dict)
        case "podReplacementPolicy":
            holder = mapping(mapping(spec.get("jobTemplate")).get("spec")) if "jobTemplate" in spec else spec
            return holder.get("podFailurePolicy") is None
        case _:
            return True
