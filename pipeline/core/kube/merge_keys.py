"""Which lists of an object are really maps, and which fields identify their entries.

From ``x-kubernetes-list-map-keys`` and ``patch-merge-key`` of the Kubernetes OpenAPI documents, except where the API's
own key is not unique in practice (Service ports by number and protocol).
"""

from typing import Any

from pipeline.core.kube.path import Entry, part

# The list's own field name decides; the first key set that every entry has, uniquely on both sides, is taken.
_BY_FIELD: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "ephemeralContainers": (("name",),),
    "volumes": (("name",),),
    "env": (("name",),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "imagePullSecrets": (("name",),),
    "hostAliases": (("ip",),),
    "conditions": (("type",),),
    "versions": (("name",),),
    "webhooks": (("name",),),
    "additionalPrinterColumns": (("name",),),
    "volumeClaimTemplates": (("metadata.name",), ("name",)),
    "ownerReferences": (("uid",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "subjects": (("kind", "namespace", "name"), ("kind", "name")),
    "secrets": (("name",),),
    "rules": (("alert",), ("record",), ("host",), ("name",)),
    "groups": (("name",),),
    "ports": (
        ("containerPort", "protocol"),
        ("containerPort",),
        ("port", "protocol"),
        ("number",),
        ("port",),
        ("name",),
    ),
    "servers": (("port.number", "port.protocol", "name"), ("port.number", "port.protocol"), ("name",)),
    "listeners": (("name",),),
}
_GENERAL: tuple[tuple[str, ...], ...] = (("name",), ("key",), ("id",), ("type",))
# Order carries meaning, or the API replaces the whole list: entries have no identity.
_ORDERED = frozenset({"args", "command", "tolerations", "matchExpressions", "rules"})
_SIMPLE = (str, int, bool)


def merge_key(field: str, *lists: list[Any]) -> tuple[str, ...] | None:
    """The key fields of a list that stands under ``field``, valid for each of ``lists``; None where there is none."""
    if not any(lists) or not all(isinstance(entry, dict) for entries in lists for entry in entries):
        return None
    candidates = _BY_FIELD.get(field, ())
    if field not in _ORDERED:
        candidates += tuple(key for key in _GENERAL if key not in candidates)
    return next((key for key in candidates if all(_identifies(key, entries) for entries in lists)), None)


def entry_key(key: tuple[str, ...], entry: dict[str, Any]) -> Entry:
    """The step that names ``entry``."""
    return Entry(tuple((field, part(entry, field)) for field in key))


def _identifies(key: tuple[str, ...], entries: list[dict[str, Any]]) -> bool:
    seen = set()
    for entry in entries:
        values = tuple(part(entry, field) for field in key)
        if not all(isinstance(value, _SIMPLE) for value in values):
            return False
        seen.add(values)
    return len(seen) == len(entries)
