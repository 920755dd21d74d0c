"""Reads an environment's inventory from the cluster, and writes the shards of a large one before its head."""

from collections.abc import Iterable, Mapping

from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.inventory import inventory as inventories
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.inventory.inventory_shards import SHARD_OF, shard_body
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.ledger import Writer

_TRIES = 5


def read_inventory(client: Client, environment: str, namespace: str) -> Inventory:
    """The environment's inventory; an empty one where nothing was ever applied.

    Raises:
        WorldError: it is damaged or another tool's.
    """
    folder, name = _folder(namespace), inventories.name_of(environment)
    for _ in range(_TRIES):
        body = client.read(f"{folder}/{name}")
        if not body:
            return Inventory(environment, namespace)
        names = inventories.shards_in(body)
        parts = {shard: content for shard in names if (content := client.read(f"{folder}/{shard}")) is not None}
        if len(parts) == len(names) or client.read(f"{folder}/{name}") == body:
            break  # else a run wrote a new head meanwhile, and removed the shards of the old one
    return inventories.from_body(body, environment, namespace, parts)


def write_shards(writer: Writer, inventory: Inventory, texts: Mapping[str, str]) -> None:
    """Those that are not stored yet. The head does not name them before all are there.

    Raises:
        WorldError: the cluster refuses.
    """
    folder = _folder(inventory.namespace)
    for name, text in texts.items():
        if name not in inventory.shards:
            body = shard_body(name, inventory.namespace, inventory.name, text)
            _write_one(writer, Call("POST", folder, body=body), f"{folder}/{name}")


def remove_shards(writer: Writer, inventory: Inventory, stale: Iterable[str]) -> None:
    """What no head names any more. One that stays behind harms nobody, so no refusal ends the run."""
    for name in stale:
        path = f"{_folder(inventory.namespace)}/{name}"
        body = mapping(writer.client.read(path))
        uid = mapping(body.get("metadata")).get("uid")
        if uid:
            options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
            writer.write(Call("DELETE", path, body=options), "remove a shard")


def left_behind(client: Client, inventory: Inventory) -> list[str]:
    """Shards of this inventory that its head does not name: those of a run that was killed between two of them."""
    query = (("labelSelector", f"{SHARD_OF}={inventory.name}"),)
    _, answer = client.send(Call("GET", _folder(inventory.namespace), query))
    items = map(mapping, sequence(mapping(answer.body).get("items")))
    names = [str(mapping(item.get("metadata")).get("name")) for item in items]
    return [name for name in names if name not in inventory.shards]


def _write_one(writer: Writer, call: Call, own: str) -> None:
    for _ in range(_TRIES):
        fate, answer = writer.write(call, "write a shard of the inventory")
        if fate is Fate.DONE:
            return
        if fate is Fate.AMBIGUOUS or answer.reason == "AlreadyExists":
            live = mapping(writer.client.read(own))
            if live.get("data") == call.body["data"]:
                return
        if fate is not Fate.AMBIGUOUS:
            break
    raise WorldError(
        f"the cluster does not allow writing a shard of the inventory: {explain(answer)}",
        hint="pipeline rbac prints the required role",
    )


def _folder(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"
