"""``pipeline status``: the inventory, the lock and the health of what is ours. Read-only."""

from pipeline.core.cluster.health import Health, State, health
from pipeline.core.cluster.status import Status
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.planning import read_inventory
from pipeline.flows.cluster.reading import live
from pipeline.flows.cluster.unlocking import read_lock

_WELL = frozenset({State.CURRENT, State.SUSPENDED})


def status(client: Client, environment: str, namespace: str) -> Status:
    """Raises WorldError where the cluster does not show it."""
    inventory = read_inventory(client, environment, namespace)
    serves = client.serves
    served = {rid: kind for rid, e in inventory.entries.items() if (kind := serves.any_version(rid, e.version))}
    bodies = live(client, served)
    found = []
    for rid in sorted(inventory.entries):
        body = bodies.get(rid)
        state = health(body) if body is not None else Health(State.FAILED, "it is not there")
        if state.state not in _WELL:
            found.append((rid, state))
    return Status(inventory, read_lock(client, environment, namespace), client.uid(), tuple(found))
