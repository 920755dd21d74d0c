"""An inventory that does not fit into one ConfigMap: what is written, what is read, what is refused."""

from dataclasses import replace

import pytest

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.inventory import inventory as inventories
from pipeline.core.cluster.inventory.inventory import Inventory, InventoryEntry
from pipeline.core.cluster.inventory.inventory_shards import LARGEST_BYTES, may_need_shards, shard_body, shards_of
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, ResourceId


def inventory(objects: int) -> Inventory:
    entry = InventoryEntry("0" * 36, "v1", "web", "0" * 32)
    rids = (ResourceId("", "ConfigMap", "some-namespace", f"settings-with-a-name-{n:05}") for n in range(objects))
    return Inventory("prod", "system", dict.fromkeys(rids, entry))


def stored(made: Inventory) -> tuple[Body, dict[str, Body]]:
    texts = shards_of(inventories.lines_of(made), made.name, 7, made.shards)
    shards = {name: digest(text.encode()) for name, text in texts.items()}
    parts = {name: shard_body(name, made.namespace, made.name, text) for name, text in texts.items()}
    body = inventories.to_body(made, shards)
    body["metadata"]["annotations"] = {"applyset.kubernetes.io/tooling": "pipeline/v1"}
    return body, parts


def read(body: Body, parts: dict[str, Body]) -> Inventory:
    return inventories.from_body(body, "prod", "system", parts)


def test_five_thousand_objects_need_no_shard() -> None:
    made = inventory(5_000)
    body, parts = stored(made)
    assert parts == {}
    assert not may_need_shards(made.entries)
    assert read(body, parts) == made


@pytest.mark.slow
def test_twenty_thousand_objects_are_read_back_from_shards_that_each_fit() -> None:
    made = inventory(20_000)
    body, parts = stored(made)
    assert may_need_shards(made.entries)
    assert max(len(part["data"]["objects"]) for part in parts.values()) <= LARGEST_BYTES
    assert "objects" not in body["data"], "an older version would take it for an empty inventory"
    assert read(body, parts).entries == made.entries


@pytest.mark.slow
def test_one_more_object_changes_one_shard() -> None:
    made = inventory(20_000)
    body, parts = stored(made)
    one = {ResourceId("", "Secret", "a", "one"): InventoryEntry("1", "v1", "web")}
    _, then = stored(replace(read(body, parts), entries={**made.entries, **one}))
    assert len(then) == len(parts)
    assert len(then.keys() - parts.keys()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_shard_that_is_missing_or_changed_is_damage_and_not_an_inventory_without_those_objects(harm: str) -> None:
    body, parts = stored(inventory(20_000))
    name = min(parts)
    if harm == "missing":
        del parts[name]
    else:
        parts[name]["data"]["objects"] = parts[name]["data"]["objects"].partition("\n")[2]
    with pytest.raises(WorldError, match="is damaged"):
        read(body, parts)
