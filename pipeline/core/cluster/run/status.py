"""The state of an environment in its cluster at one moment."""

from dataclasses import dataclass

from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.inventory.lease import Lease
from pipeline.core.cluster.run.health import Health
from pipeline.core.kube.resource import ResourceId


@dataclass(frozen=True, slots=True)
class Status:
    """``unwell`` are the objects that do not work, with why, sorted."""

    inventory: Inventory
    lock: Lease | None
    cluster_uid: str
    unwell: tuple[tuple[ResourceId, Health], ...] = ()
