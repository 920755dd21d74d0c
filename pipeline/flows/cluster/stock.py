"""The inventory during a run: widened before the first write, confirmed object by object, narrowed at the end."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from pipeline.core.cluster import inventory as inventories
from pipeline.core.cluster.answer import Call
from pipeline.core.cluster.inventory import Entry, Inventory, Run
from pipeline.core.cluster.retry import Fate
from pipeline.core.cluster.say import explain
from pipeline.core.errors import StaleError, WorldError
from pipeline.core.resource import Body, ResourceId, mapping
from pipeline.flows.cluster.ledger import Writer

_HISTORY = 50


class Stock:
    """Thread-safe. Every save is a compare-and-swap: somebody else's write ends the run."""

    def __init__(self, writer: Writer, inventory: Inventory) -> None:
        self._writer, self._lock = writer, threading.Lock()
        self.inventory = inventory

    def open(self, entries: Mapping[ResourceId, Entry], run: Run) -> None:
        """Widen and save: from now on nothing that we write can be lost sight of."""
        self.inventory = self.inventory.widened(entries, run)
        self.save("open the run")

    def confirm(self, rid: ResourceId, entry: Entry) -> None:
        with self._lock:
            self.inventory = replace(self.inventory, entries={**self.inventory.entries, rid: entry})

    def confirm_all(self, entries: Mapping[ResourceId, Entry]) -> None:
        with self._lock:
            self.inventory = replace(self.inventory, entries={**self.inventory.entries, **entries})

    def hook_done(self, key: str, manifest: str) -> None:
        with self._lock:
            run = replace(self.inventory.run, hooks=(*self.inventory.run.hooks, key))
            self.inventory = replace(self.inventory, hooks={**self.inventory.hooks, key: manifest}, run=run)

    def drop(self, rid: ResourceId) -> None:
        """Only for what is confirmed to be gone, or to be no longer ours."""
        with self._lock:
            rest = {other: entry for other, entry in self.inventory.entries.items() if other != rid}
            self.inventory = replace(self.inventory, entries=rest)

    def close(self, run: Run, commits: Mapping[str, str], commit: str) -> None:
        """The end of a run, good or bad. ``commits`` are the releases that are applied whole."""
        history = (run, *self.inventory.history)[:_HISTORY]
        releases = {**self.inventory.releases, **commits}
        self.inventory = replace(
            self.inventory, run=run, history=history, releases=releases, commit=commit or self.inventory.commit
        )
        self.save("close the run")

    def save(self, what: str) -> None:
        """Raises StaleError where somebody else wrote it since, WorldError where the cluster refuses."""
        body = inventories.to_body(self.inventory)
        folder = f"/api/v1/namespaces/{self.inventory.namespace}/configmaps"
        there = bool(self.inventory.resource_version)
        path = f"{folder}/{self.inventory.name}" if there else folder
        fate, answer = self._writer.write(Call("PUT" if there else "POST", path, body=body), what)
        live: Body | None = answer.body if fate is Fate.DONE else None
        if fate is Fate.AMBIGUOUS:
            live = self._read_back(body, f"{folder}/{self.inventory.name}")
        if live is not None:
            metadata = mapping(live.get("metadata"))
            version, uid = str(metadata.get("resourceVersion")), str(metadata.get("uid"))
            self.inventory = replace(self.inventory, resource_version=version, uid=uid)
            return
        if fate in (Fate.REREAD, Fate.OTHER_OBJECT, Fate.NOT_FOUND, Fate.AMBIGUOUS) or answer.reason == "AlreadyExists":
            raise StaleError("somebody else wrote the inventory meanwhile", hint="plan anew")
        raise WorldError(
            f"the cluster refuses the inventory: {explain(answer)}", hint="pipeline rbac prints the rights"
        )

    def _read_back(self, wanted: Body, path: str) -> Body | None:
        found = self._writer.client.read(path)
        same = found is not None and mapping(found).get("data") == wanted["data"]
        return found if same else None
