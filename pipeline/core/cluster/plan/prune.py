"""What may be deleted: only objects in the inventory that carry our marks and that nothing asks to keep."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.core.cluster.inventory import ownership as marks
from pipeline.core.cluster.inventory.inventory import Inventory, InventoryEntry
from pipeline.core.cluster.plan.data_kinds import holds_data
from pipeline.core.cluster.plan.managed_fields import is_applied_by
from pipeline.core.cluster.plan.plan import Operation, PlanProblem
from pipeline.core.cluster.plan.policy import MANAGER, ApplyPolicy
from pipeline.core.kube.resource import CRD_KIND, Body, ResourceId, mapping
from pipeline.core.words import counted

FEWEST_TO_STOP_AT = 10
SHARE_TO_STOP_AT = 5
"""One fifth of the inventory."""
NEVER_UNLESS_NAMED = frozenset(
    {"Namespace", CRD_KIND, "PersistentVolume", "PersistentVolumeClaim", "StorageClass", "APIService"}
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object of the inventory that is no longer rendered.

    ``inside`` counts what would go with it: a namespace's objects that are not ours, a definition's custom resources.
    ``volumes`` names an object with data that a custom resource owns: ``PersistentVolumeClaim data-0``.
    """

    id: ResourceId
    entry: InventoryEntry
    found: Body | None = field(default=None, hash=False)
    inside: int = 0
    volumes: str = ""


def fate_of(
    candidate: Candidate, inventory: Inventory, policy: ApplyPolicy, taken: frozenset[str]
) -> tuple[Operation, str]:
    """DELETE; KEEP, which stays in the inventory; or FORGET, which leaves it; and why. ``taken``: uids still wanted."""
    existing = candidate.found
    if existing is None:
        return Operation.FORGET, "it no longer exists"
    metadata = mapping(existing.get("metadata"))
    uid = str(metadata.get("uid") or "")
    if candidate.entry.uid and candidate.entry.uid != uid:
        return Operation.FORGET, "it was replaced by another object of that name"
    if uid in taken:
        return Operation.FORGET, "it is still rendered, under another API group"
    if mapping(metadata.get("labels")).get(marks.PART_OF) != inventory.applyset:
        return Operation.FORGET, f"it lost our label {marks.PART_OF}: somebody took it out"
    if not is_applied_by(existing, MANAGER):
        return Operation.FORGET, "it has no field of ours any more: somebody took it over"
    if metadata.get("deletionTimestamp"):
        return Operation.KEEP, "it is being deleted already"
    return _kept(candidate, existing, policy)


def breakers(deletions: int, inventory: Inventory, wanted: int, policy: ApplyPolicy) -> Iterable[PlanProblem]:
    """What stops a plan that deletes too much to be meant."""
    limit = max(FEWEST_TO_STOP_AT, len(inventory.entries) // SHARE_TO_STOP_AT)
    limit = limit if policy.max_deletions is None else policy.max_deletions
    if deletions and not wanted:
        text = f"nothing is rendered, so {counted(deletions, 'object')} would be deleted"
        yield PlanProblem(
            "empty", "prune", text, "run pipeline render; to remove a release, at least one other must remain"
        )
    elif deletions > limit:
        text = f"{counted(deletions, 'object')} would be deleted, but at most {limit} may be"
        yield PlanProblem(
            "deletions", "prune", text, f"if this is intended, set apply.maxDeletions: {deletions} in pipeline.yaml"
        )


def unknown(inventory: Inventory, stale: frozenset[str]) -> Iterable[PlanProblem]:
    """Nothing is deleted while an API group does not answer: its objects cannot be distinguished from deleted ones."""
    groups = sorted({rid.group for rid in inventory.entries} & stale)
    if groups:
        text = f"the API group {groups[0]} does not respond (kubectl get apiservices)"
        yield PlanProblem("unknown", "prune", text, "fix or remove that APIService, then create a new plan")


def _kept(candidate: Candidate, existing: Body, policy: ApplyPolicy) -> tuple[Operation, str]:
    rid = candidate.id
    owner = marks.controller(existing)
    if owner:
        return Operation.KEEP, f"{owner} owns it"
    mark = marks.kept(existing)
    if mark:
        return Operation.KEEP, mark
    named = rid.kind in policy.prune_kinds
    protected = _protected(candidate, existing)
    if protected and not named:
        return Operation.KEEP, f"{protected}; apply.pruneKinds: [{rid.kind}] allows its deletion"
    if candidate.inside:
        what = "objects in it are not owned by us" if rid.kind == "Namespace" else "custom resources of it exist"
        return Operation.KEEP, f"{candidate.inside} {what}"
    return Operation.DELETE, ""


def _protected(candidate: Candidate, existing: Body) -> str:
    rid, spec = candidate.id, mapping(existing.get("spec"))
    if rid.kind in NEVER_UNLESS_NAMED:
        return f"deleting a {rid.kind} also deletes data or other objects"
    if rid.kind == "StatefulSet" and spec.get("volumeClaimTemplates"):
        return "a StatefulSet with volumes"
    if rid.kind == "Secret" and existing.get("type") == "kubernetes.io/service-account-token":
        return "a service account's token"
    data = f"{candidate.volumes} belongs to it" if candidate.volumes else holds_data(rid, existing)
    if data:
        return data
    return "it was adopted, and is cluster-scoped" if candidate.entry.adopted and not rid.namespace else ""
