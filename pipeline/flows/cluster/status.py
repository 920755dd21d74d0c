"""``pipeline status``: the inventory, the lock, and the health of what is owned by us. Read-only."""

from pipeline.core.cluster.run.health import Health, HealthState, health
from pipeline.core.cluster.run.status import Status
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, mapping
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import live
from pipeline.flows.cluster.stored_inventory import read_inventory
from pipeline.flows.cluster.unlocking import read_lock

_WELL = frozenset({HealthState.CURRENT, HealthState.SUSPENDED})


def status(client: Client, environment: str, namespace: str) -> Status:
    """Raises WorldError where the cluster does not show it."""
    inventory = read_inventory(client, environment, namespace)
    serves = client.serves
    served = {rid: kind for rid, e in inventory.entries.items() if (kind := serves.any_version(rid, e.version))}
    bodies = live(client, served)
    states = []
    for rid in sorted(inventory.entries):
        body = bodies.get(rid)
        state = _health(client, body) if body is not None else Health(HealthState.FAILED, "it does not exist")
        if state.state not in _WELL:
            states.append((rid, state))
    return Status(inventory, read_lock(client, environment, namespace), client.uid(), tuple(states))


def _health(client: Client, body: Body) -> Health:
    """A pending claim is well where its class waits for a pod to come (volumeBindingMode)."""
    state = health(body)
    if state.state in _WELL or body.get("kind") != "PersistentVolumeClaim":
        return state
    name = str(mapping(body.get("spec")).get("storageClassName") or "")
    try:
        kind = mapping(client.read(f"/apis/storage.k8s.io/v1/storageclasses/{name}")) if name else {}
    except WorldError:
        return state
    return health(body, binds_late=kind.get("volumeBindingMode") == "WaitForFirstConsumer")
