"""The inventory: one ConfigMap per environment that lists every object owned by us, and the last run.

It is also the parent of an ApplySet (KEP-3659), so that ``kubectl`` and people see what belongs together; the labels of
an ApplySet never permit a deletion. It is extended before the first write and reduced after confirmed deletes. Lines
that do not fit into one ConfigMap are in shards (inventory_shards.py).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import orjson

from pipeline import __version__
from pipeline.core.cluster.api.canonical import digest_of
from pipeline.core.cluster.inventory.inventory_shards import text_of
from pipeline.core.cluster.inventory.ownership import PART_OF
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, ResourceId, mapping

_FIELDS = 6


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """One object of ours.

    ``uid`` is empty from the moment that a create is intended until it is confirmed. ``record`` is the digest of the
    manifest together with the live object that it led to, empty where that may not be known (Secrets).
    """

    uid: str
    version: str
    release: str
    record: str = ""
    adopted: bool = False
    """It was there before us: if it belongs to no namespace, it is never deleted unless its kind is named."""


@dataclass(frozen=True, slots=True)
class ApplyRun:
    """One run: ``state`` is ``open``, ``done`` or ``abandoned``; ``fence`` the lease's transitions at its start."""

    id: str = ""
    plan: str = ""
    commit: str = ""
    state: str = ""
    fence: int = 0
    started: str = ""
    finished: str = ""
    exit: int = 0
    approvers: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    """The hooks that this run has finished: going on with it does not run them again."""
    journal: str = ""
    """The anchor of its journal when the inventory was saved (journal.Anchor)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """``commit`` is what was applied whole for the last time; ``hooks`` maps each hook to its manifest's digest."""

    environment: str
    namespace: str
    entries: Mapping[ResourceId, InventoryEntry] = field(default_factory=dict, hash=False)
    hooks: Mapping[str, str] = field(default_factory=dict, hash=False)
    commit: str = ""
    releases: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The commit of each release that was applied whole."""
    run: ApplyRun = ApplyRun()
    history: tuple[ApplyRun, ...] = ()
    uid: str = ""
    resource_version: str = ""
    shards: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Where the entries do not fit into one ConfigMap: the names of those that hold them, with their digests."""

    @property
    def name(self) -> str:
        return name_of(self.environment)

    @property
    def applyset(self) -> str:
        return applyset_id(self.name, self.namespace)

    @property
    def digest(self) -> str:
        """Of what a plan is made on: the entries, hooks and commits, not the notes about runs."""
        rows = sorted([str(rid), entry.uid, entry.release] for rid, entry in self.entries.items())
        return digest_of([rows, dict(self.hooks), dict(self.releases), self.run.state == "open" and self.run.plan])

    def widened(self, entries: Mapping[ResourceId, InventoryEntry], run: ApplyRun) -> "Inventory":
        """With these too; of an object that is known, what is known stays until it is confirmed."""
        return replace(self, entries={**entries, **self.entries}, run=run)


def name_of(environment: str) -> str:
    """Of the ConfigMap that holds the inventory, and of the Lease that locks it."""
    return f"pipeline-{environment}"


def applyset_id(name: str, namespace: str) -> str:
    """KEP-3659: the parent's name, namespace, kind and group."""
    text = f"{name}.{namespace}.ConfigMap."
    hashed = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"applyset-{hashed}-v1"


def lines_of(inventory: Inventory) -> str:
    """One line for each object."""
    return "".join(f"{_line(rid, entry)}\n" for rid, entry in sorted(inventory.entries.items()))


def to_body(inventory: Inventory, shards: Mapping[str, str] | None = None) -> Body:
    """The ConfigMap. ``shards`` are the names and digests of those that hold the objects; without them it holds all.

    A version of pipeline that knows no shards finds no ``objects``, and refuses the inventory as damaged.
    """
    data = {
        **({"shards": _json(dict(shards))} if shards else {"objects": lines_of(inventory)}),
        "hooks": _json(dict(inventory.hooks)),
        "releases": _json(dict(inventory.releases)),
        "commit": inventory.commit,
        "run": _json(_run(inventory.run)),
        "history": _json([_run(run) for run in inventory.history]),
    }
    kinds = sorted({f"{rid.kind}.{rid.group}" if rid.group else rid.kind for rid in inventory.entries})
    namespaces = sorted({rid.namespace for rid in inventory.entries} - {"", inventory.namespace})
    metadata: Body = {
        "name": inventory.name,
        "namespace": inventory.namespace,
        "labels": {"applyset.kubernetes.io/id": inventory.applyset, "app.kubernetes.io/managed-by": "pipeline"},
        "annotations": {
            "applyset.kubernetes.io/tooling": f"pipeline/v{__version__}",
            "applyset.kubernetes.io/contains-group-kinds": ",".join(kinds),
            "applyset.kubernetes.io/additional-namespaces": ",".join(namespaces),
        },
    }
    if inventory.resource_version:
        metadata |= {"uid": inventory.uid, "resourceVersion": inventory.resource_version}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def shards_in(body: Body) -> dict[str, str]:
    """The shards that a head names, with their digests; none where it holds all objects itself, or is damaged."""
    try:
        shards = orjson.loads(str(mapping(body.get("data")).get("shards", "{}")))
    except orjson.JSONDecodeError:
        return {}
    return {str(name): str(content) for name, content in mapping(shards).items()}


def from_body(
    body: Body, environment: str, namespace: str, parts: Mapping[str, Body] = MappingProxyType({})
) -> Inventory:
    """Read it back; ``parts`` are its shards by name.

    Raises:
        WorldError: it is another tool's, or damaged: then nothing may be pruned, so nothing is applied.
    """
    metadata, data = mapping(body.get("metadata")), mapping(body.get("data"))
    where = f"ConfigMap {namespace}/{name_of(environment)}"
    tooling = str(mapping(metadata.get("annotations")).get("applyset.kubernetes.io/tooling") or "")
    if not tooling.startswith("pipeline/"):
        raise WorldError(f"{where} is not an inventory of pipeline: its tooling is {tooling!r}", hint="move it away")
    shards = shards_in(body)
    try:
        texts = [text_of(parts[name], content) for name, content in shards.items()] or [str(data["objects"])]
        return Inventory(
            environment,
            namespace,
            dict(_read_line(line) for text in texts for line in text.splitlines()),
            {str(key): str(value) for key, value in orjson.loads(data["hooks"]).items()},
            str(data["commit"]),
            {str(key): str(value) for key, value in orjson.loads(data["releases"]).items()},
            _read_run(orjson.loads(data["run"])),
            tuple(map(_read_run, orjson.loads(data["history"]))),
            str(metadata.get("uid") or ""),
            str(metadata.get("resourceVersion") or ""),
            shards,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        hint = "bring it back from a backup of the cluster; do not delete it: it says which objects are ours"
        raise WorldError(f"{where} is damaged: {error}", hint=hint) from error


def labelled(body: Body, inventory: Inventory) -> Body:
    """The manifest with the label of a member."""
    metadata = mapping(body.get("metadata"))
    labels = {**mapping(metadata.get("labels")), PART_OF: inventory.applyset}
    return {**body, "metadata": {**metadata, "labels": labels}}


def _line(rid: ResourceId, entry: InventoryEntry) -> str:
    identity = f"{rid.group}/{rid.kind}/{rid.namespace}/{rid.name}"
    origin = "adopted" if entry.adopted else "created"
    return f"{identity} {entry.uid or '-'} {entry.version} {entry.release} {entry.record or '-'} {origin}"


def _read_line(line: str) -> tuple[ResourceId, InventoryEntry]:
    parts = line.split(" ")
    if len(parts) != _FIELDS:
        raise ValueError(f"the line {line[:80]!r} does not have {_FIELDS} parts")
    identity, uid, version, release, record, origin = parts
    group, kind, namespace, name = identity.split("/")
    return ResourceId(group, kind, namespace, name), InventoryEntry(
        "" if uid == "-" else uid, version, release, "" if record == "-" else record, origin == "adopted"
    )


def _run(run: ApplyRun) -> dict[str, Any]:
    return {name: getattr(run, name) for name in ApplyRun.__dataclass_fields__}


def _read_run(data: Mapping[str, Any]) -> ApplyRun:
    lists = {name: tuple(data[name]) for name in ("approvers", "hooks")}
    known = {name: data[name] for name in ApplyRun.__dataclass_fields__ if name != "journal"}
    return ApplyRun(**{**known, **lists}, journal=str(data.get("journal", "")))


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
