"""The inventory during a run: extended before the first write, confirmed per object, reduced at the end."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.inventory import inventory as inventories
from pipeline.core.cluster.inventory.inventory import ApplyRun, Inventory, InventoryEntry
from pipeline.core.cluster.inventory.inventory_shards import shards_of
from pipeline.core.errors import StaleError, WorldError
from pipeline.core.kube.resource import ResourceId, mapping
from pipeline.flows.cluster.client import with_budget
from pipeline.flows.cluster.ledger import Writer
from pipeline.flows.cluster.stored_inventory import left_behind, remove_shards, write_shards

_HISTORY = 50
_TRIES = 5


class Stock:
    """Thread-safe. Every save is a compare-and-swap: somebody else's write ends the run."""

    def __init__(self, writer: Writer, inventory: Inventory) -> None:
        self._writer, self._lock = writer, threading.RLock()
        self._inventory = inventory
        self._confirmed: dict[ResourceId, InventoryEntry | None] = {}

    @property
    def inventory(self) -> Inventory:
        """As it is now, with all that was confirmed."""
        with self._lock:
            if self._confirmed:
                entries = {**self._inventory.entries, **self._confirmed}
                kept = {rid: entry for rid, entry in entries.items() if entry is not None}
                self._inventory, self._confirmed = replace(self._inventory, entries=kept), {}
            return self._inventory

    @inventory.setter
    def inventory(self, changed: Inventory) -> None:
        self._inventory = changed

    def entry(self, rid: ResourceId) -> InventoryEntry | None:
        """What is known of one object."""
        with self._lock:
            return self._confirmed[rid] if rid in self._confirmed else self._inventory.entries.get(rid)

    def open(self, entries: Mapping[ResourceId, InventoryEntry], run: ApplyRun) -> None:
        """Widen and save: from now on nothing that we write can be lost sight of."""
        self.inventory = self.inventory.widened(entries, run)
        self.save("open the run")

    def confirm(self, rid: ResourceId, entry: InventoryEntry) -> None:
        """Cheap, however many there are: the whole is put together when somebody looks at it."""
        with self._lock:
            self._confirmed[rid] = entry

    def hook_done(self, key: str, manifest: str) -> None:
        with self._lock:
            run = replace(self.inventory.run, hooks=(*self.inventory.run.hooks, key))
            self.inventory = replace(self.inventory, hooks={**self.inventory.hooks, key: manifest}, run=run)

    def drop(self, rid: ResourceId) -> None:
        """Only for what is confirmed to be gone, or to be no longer ours."""
        with self._lock:
            self._confirmed[rid] = None

    def close(self, run: ApplyRun, commits: Mapping[str, str], commit: str) -> None:
        """The end of a run, good or bad. ``commits`` are the releases that are applied whole."""
        history = (run, *self.inventory.history)[:_HISTORY]
        releases = {**self.inventory.releases, **commits}
        self.inventory = replace(
            self.inventory, run=run, history=history, releases=releases, commit=commit or self.inventory.commit
        )
        self.save("close the run")
        remove_shards(self._writer, self.inventory, left_behind(self._writer.client, self.inventory))

    def hurry(self, seconds: float) -> None:
        """From now on no write is tried for longer: the cluster has given up on us already."""
        self._writer = replace(self._writer, client=with_budget(self._writer.client, seconds))

    def save(self, what: str) -> None:
        """With the anchor of the journal as it is now.

        Raises:
            StaleError: somebody else wrote it since.
            WorldError: the cluster refuses.
        """
        anchored = replace(self.inventory.run, journal=self._writer.journal.anchor())
        self.inventory = replace(self.inventory, run=anchored)
        texts = shards_of(
            inventories.lines_of(self.inventory), self.inventory.name, anchored.fence, self.inventory.shards
        )
        shards = {name: digest(text.encode()) for name, text in texts.items()}
        write_shards(self._writer, self.inventory, texts)
        body = inventories.to_body(self.inventory, shards)
        folder = f"/api/v1/namespaces/{self.inventory.namespace}/configmaps"
        own = f"{folder}/{self.inventory.name}"
        call = Call("PUT", own, body=body) if self.inventory.resource_version else Call("POST", folder, body=body)
        for _ in range(_TRIES):
            fate, answer = self._writer.write(call, what)
            live = answer.body if fate is Fate.DONE else None
            if fate in (Fate.AMBIGUOUS, Fate.REREAD) or answer.reason == "AlreadyExists":
                live = mapping(self._writer.client.read(own))  # of a lost answer it may be our own write
                if fate is Fate.AMBIGUOUS and _version(live) == self.inventory.resource_version:
                    continue  # it never arrived
                live = live if live.get("data") == body["data"] else None
            if live is not None:
                uid = str(mapping(live.get("metadata")).get("uid"))
                stale = self.inventory.shards.keys() - shards.keys()
                self.inventory = replace(self.inventory, resource_version=_version(live), uid=uid, shards=shards)
                remove_shards(self._writer, self.inventory, sorted(stale))
                return
            break
        if fate in (Fate.REREAD, Fate.OTHER_OBJECT, Fate.NOT_FOUND, Fate.AMBIGUOUS) or answer.reason == "AlreadyExists":
            raise StaleError("another run wrote the inventory in the meantime", hint="create a new plan: pipeline plan")
        raise WorldError(
            f"the cluster does not allow writing the inventory: {explain(answer)}",
            hint="pipeline rbac prints the required role",
        )


def _version(live: Mapping[str, object]) -> str:
    """Empty where there is no object."""
    return str(mapping(live.get("metadata")).get("resourceVersion") or "")
