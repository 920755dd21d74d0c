"""The lock: a Lease (coordination.k8s.io/v1), taken and kept by compare-and-swap on its resource version.

No wall clock is compared: a holder counts as dead once its Lease was *seen* unchanged for its whole duration.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.core.kube.resource import Body, mapping

RENEWALS = 4
"""How often a Lease is renewed within its duration."""
_ANCHOR = "pipeline/journal"
GIVE_UP = 2 / 3
"""Of the duration: without a renewal for that long no more write is begun."""


@dataclass(frozen=True, slots=True)
class Lease:
    """``holder`` is empty where no one holds it; ``transitions`` only ever grows: it fences off earlier holders."""

    holder: str
    duration_seconds: int
    transitions: int
    renewed: str
    resource_version: str
    uid: str = ""
    journal: str = ""
    """The anchor of the last holder's journal (journal.Anchor)."""


def read(body: Body) -> Lease:
    spec, metadata = mapping(body.get("spec")), mapping(body.get("metadata"))
    return Lease(
        str(spec.get("holderIdentity") or ""),
        _number(spec.get("leaseDurationSeconds")),
        _number(spec.get("leaseTransitions")),
        str(spec.get("renewTime") or ""),
        str(metadata.get("resourceVersion") or ""),
        str(metadata.get("uid") or ""),
        str(mapping(metadata.get("annotations")).get(_ANCHOR) or ""),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def body(name: str, namespace: str, lease: Lease, now: float) -> Body:
    """``lease`` as the API server takes it; where it has a resource version, that must still be the current one."""
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    metadata: Body = {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "pipeline"}}
    if lease.resource_version:
        metadata["resourceVersion"] = lease.resource_version
    if lease.journal:
        metadata["annotations"] = {_ANCHOR: lease.journal}
    spec = {
        "holderIdentity": lease.holder,
        "leaseDurationSeconds": lease.duration_seconds,
        "leaseTransitions": lease.transitions,
        "renewTime": time,
    }
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
