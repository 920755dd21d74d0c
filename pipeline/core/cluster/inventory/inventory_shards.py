"""The lines of an inventory that is larger than one ConfigMap, cut into shards: ConfigMaps that never change.

A shard is named after its content and the run that wrote it. The head (the inventory's own ConfigMap) lists the shards
with their digests and is written last: whatever happens between two shards, the head names a whole set.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.kube.resource import Body, ResourceId, mapping

LARGEST_BYTES = 900_000
"""etcd takes 1.5 MiB and the API server 1 MiB of a ConfigMap's data: some room is left."""
SHARD_OF = "pipeline/shard-of"
"""The label of a shard: the name of its head."""
_KEY = "objects"
_BESIDE = 110
"""What a line holds beside its identity, at most: uid, record, version, and the name of a release."""


def shards_of(lines: str, name: str, fence: int, known: Mapping[str, str]) -> dict[str, str]:
    """The text of each shard by its name; nothing where all lines fit into the head.

    ``known`` are the names and digests of shards that are stored: what did not change keeps its name.
    """
    if len(lines.encode()) <= LARGEST_BYTES:
        return {}
    names = {content: shard for shard, content in known.items()}
    shards = {}
    for text in _parts(lines.splitlines(keepends=True)):
        content = digest(text.encode())
        shards[names.get(content) or f"{name}-{fence}-{content.removeprefix('sha256:')[:12]}"] = text
    return shards


def may_need_shards(rids: Iterable[ResourceId]) -> bool:
    """Whether an inventory of these may be larger than one ConfigMap, so that whoever applies may write several."""
    return sum(len(str(rid)) + _BESIDE for rid in rids) > LARGEST_BYTES


def shard_body(name: str, namespace: str, head: str, text: str) -> Body:
    labels = {SHARD_OF: head, "app.kubernetes.io/managed-by": "pipeline"}
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": {_KEY: text}}


def text_of(shard: Body, expected: str) -> str:
    """Raises ValueError where it is not what the head knows."""
    text = str(mapping(shard.get("data")).get(_KEY) or "")
    if digest(text.encode()) != expected:
        raise ValueError(f"the shard {mapping(shard.get('metadata')).get('name')} is not the one that was written")
    return text


def _parts(lines: list[str]) -> list[str]:
    """By a hash of the object's identity: one more object changes one shard, or doubles their number."""
    count = 2
    while True:
        parts: list[list[str]] = [[] for _ in range(count)]
        for line in lines:
            hashed = hashlib.sha256(line.partition(" ")[0].encode()).digest()
            parts[int.from_bytes(hashed[:4], "big") % count].append(line)
        texts = ["".join(part) for part in parts]
        if max(map(len, texts)) <= LARGEST_BYTES:
            return [text for text in texts if text]
        count *= 2
