"""Entries of managedFields that are rewritten: those of other tools, and what a definition no longer has. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.cluster.plan.definition_changes import IMPLIED, PRESERVE, DefinitionChange, field_schema
from pipeline.core.cluster.plan.managed_fields import entries as entries_of
from pipeline.core.cluster.plan.policy import MANAGER
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.kube.resource import Body, mapping

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def loses_versions(change: DefinitionChange) -> bool:
    """Whether a version goes, so that managedFields may name what nobody knows any more."""
    return bool(change.before.versions.keys() - change.after.versions.keys())


def version_of_both(change: DefinitionChange) -> str:
    """A version that the definition has before and after its change; the new storage version where there is none."""
    both = [name for name in (change.after.storage_version, *change.after.versions) if name in change.before.versions]
    return both[0] if both else change.after.storage_version


def repaired(known: Definition, body: Body, instead: str) -> list[Body] | None:
    """The object's managedFields without versions that its definition does not have; None where all of them are there.

    Entries of a version that is gone name ``instead``, and keep the fields that it has: a server-side apply fails on
    them, whoever sends it (kube-apiserver 1.37: "request to convert CR to an invalid group/version"). A field that is
    gone does no harm in an entry of a version that is there.
    """
    entries = [dict(entry) for entry in entries_of(body)]
    if not any(_is_gone(known, entry) for entry in entries):
        return None
    repaired_entries: list[Body] = []
    for entry in entries:
        if _is_gone(known, entry):
            fields = _kept(known.schema(instead), mapping(entry.get("fieldsV1")), top=True)
            repaired_entries.append({**entry, "apiVersion": f"{known.group}/{instead}", "fieldsV1": fields})
        else:
            repaired_entries.append(entry)
    return [entry for entry in _joined(repaired_entries) if entry.get("fieldsV1")]


def _is_gone(known: Definition, entry: Body) -> bool:
    group, _, version = str(entry.get("apiVersion") or "").rpartition("/")
    return group == known.group and version not in known.versions


def taken_over(body: Body, managers: frozenset[str]) -> list[Body] | None:
    """ManagedFields with the entries of ``managers`` joined into ours (client-go, csaupgrade); None: there are none.

    Fields that they set and we do not send are then removed by the next apply, as they should be.
    """
    entries = [dict(entry) for entry in entries_of(body)]
    theirs = [entry for entry in entries if entry.get("manager") in managers and not entry.get("subresource")]
    if not theirs:
        return None
    ours = [entry for entry in entries if entry.get("manager") == MANAGER and entry.get("operation") == "Apply"]
    ours = [one for one in ours if not one.get("subresource") and one.get("apiVersion") == theirs[0].get("apiVersion")]
    fields: dict[str, Any] = {}
    for entry in (*ours, *theirs):
        fields = union(fields, mapping(entry.get("fieldsV1")))
    rest = [entry for entry in entries if entry not in theirs and entry not in ours]
    return [*rest, {**theirs[0], "manager": MANAGER, "operation": "Apply", "fieldsV1": fields}]


def _kept(schema: Schema, fields: Mapping[str, Any], *, top: bool = False) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for step, below in fields.items():
        kind, name = step[:2], step[2:]
        if step == "." or (top and name in IMPLIED) or schema.get(PRESERVE):
            kept[step] = below
            continue
        inner = field_schema(schema, name) if kind == "f:" else mapping(schema.get("items"))
        if inner is not None:
            rest = _kept(inner, below) if _is_described(inner) else below
            if rest or not below:
                kept[step] = rest
    return kept


def _is_described(schema: Schema) -> bool:
    """Whether a schema says which fields there are."""
    return any(key in schema for key in ("properties", "items", "additionalProperties"))


def _joined(entries: list[Body]) -> Iterator[Body]:
    """Entries that now have the same manager, operation and version are one."""
    seen: dict[tuple[str, ...], Body] = {}
    for entry in entries:
        key = tuple(str(entry.get(name)) for name in ("manager", "operation", "apiVersion", "subresource"))
        if key in seen:
            seen[key]["fieldsV1"] = union(seen[key]["fieldsV1"], entry["fieldsV1"])
        else:
            seen[key] = entry
    yield from seen.values()


def union(fields: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two sets of FieldsV1 as one."""
    joined = dict(fields)
    for key, value in other.items():
        ours = joined.get(key)
        joined[key] = union(ours, value) if isinstance(ours, dict) and isinstance(value, dict) else ours or value
    return joined


def fields_patch(existing: Body, fields: list[Body], *, forget: bool) -> list[dict[str, object]]:
    """A JSON patch that writes managedFields, of that very version. ``forget``: kubectl's annotation goes."""
    metadata = mapping(existing.get("metadata"))
    patch: list[dict[str, object]] = [
        {"op": "replace", "path": "/metadata/managedFields", "value": fields},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.get("resourceVersion")},
    ]
    if forget and _LAST_APPLIED in mapping(metadata.get("annotations")):
        patch.insert(0, {"op": "remove", "path": f"/metadata/annotations/{_LAST_APPLIED.replace('/', '~1')}"})
    return patch
