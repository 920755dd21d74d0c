"""What is known of an environment in its cluster at one moment."""

from dataclasses import dataclass

from pipeline.core.cluster.health import Health
from pipeline.core.cluster.inventory import Inventory
from pipeline.core.cluster.lease import Lease
from pipeline.core.resource import ResourceId


@dataclass(frozen=True, slots=True)
class Status:
    """``unwell`` are the objects that do not work, with why, sorted."""

    inventory: Inventory
    lock: Lease | None
    cluster_uid: str
    unwell: tuple[tuple[ResourceId, Health], ...] = ()
