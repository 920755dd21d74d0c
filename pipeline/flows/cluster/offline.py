"""``pipeline plan --offline``: what apply would do, as far as is known without a cluster. To read, not to apply.

Known are the recorded inventory and the commits that it says were applied: manifests are compared with manifests.
What only a cluster knows (live objects, conflicts, permissions, webhooks, immutable fields) is not checked.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from pipeline.core.cluster.inventory.inventory import Inventory, InventoryEntry
from pipeline.core.cluster.inventory.ownership import PART_OF
from pipeline.core.cluster.plan.desired import DesiredObject, desired, sent
from pipeline.core.cluster.plan.field_edits import edits
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import InventoryRef, Operation, Plan, PlannedAction, PlanTarget
from pipeline.core.cluster.plan.policy import MANAGER
from pipeline.core.cluster.plan.preparing import base_action
from pipeline.core.cluster.plan.prune import Candidate, breakers, fate_of
from pipeline.core.kube.resource import Body, ManifestSet, Resource, ResourceId, mapping
from pipeline.core.redaction.copies import texts_at
from pipeline.core.redaction.mask import Mask
from pipeline.flows.cluster.hook_plan import hook_actions
from pipeline.flows.cluster.planning import Question, numbered
from pipeline.flows.cluster.prune_plan import order

_UNKNOWN = "what was applied is not known here"
_NOT_LOOKED_AT = "made without a cluster: live objects, conflicts, permissions and webhooks were not checked"


def offline_plan(question: Question, inventory: Inventory, applied: Iterable[tuple[str, Resource]]) -> Plan:
    """``applied`` are the files that the inventory's releases were applied from, as far as their commits are here."""
    wanted, problems = desired(question.objects, question.needs, inventory, question.namespaces)
    before = {resource.id: sent(resource, inventory).body for _, resource in applied}
    mask = Mask()
    mask.hidden(question.hidden.texts)
    mask.hidden(text for body in before.values() for text in texts_at(Resource.of(body), question.hidden.places))
    mask.manifests(ManifestSet(tuple(item.resource for item in wanted) + tuple(map(Resource.of, before.values()))))
    stay = [item for item in wanted if item.hook is None and not _there_already(item, inventory)]
    actions = [_action(item, inventory, before, mask) for item in stay]
    deleted = _deleted(question, inventory, {item.id for item in stay}, before)
    deletions = sum(action.op is Operation.DELETE for action in deleted)
    hooks = hook_actions(wanted, (*actions, *deleted), inventory, enabled=question.policy.hooks)
    stops = breakers(deletions, inventory, len(stay), question.policy)
    return Plan(
        tool=question.tool,
        created=question.created,
        expires=question.expires,
        author=question.author,
        source=question.source,
        target=PlanTarget(question.environment, question.context, question.expected_uid, ""),
        policy=question.policy,
        inventory=InventoryRef(inventory.uid, inventory.digest),
        actions=numbered((*actions, *hooks), deleted),
        releases=question.releases,
        problems=tuple(sorted({*problems, *stops}, key=lambda problem: (problem.code, problem.what, problem.message))),
        warnings=(_NOT_LOOKED_AT,),
        offline=True,
    )


def _there_already(item: DesiredObject, inventory: Inventory) -> bool:
    """A release's own namespace in which something of ours was applied."""
    return not item.release and any(rid.namespace == item.id.name for rid in inventory.entries)


def _action(item: DesiredObject, inventory: Inventory, before: Mapping[ResourceId, Body], mask: Mask) -> PlannedAction:
    base, old = base_action(item), before.get(item.id)
    if item.id not in inventory.entries:
        return base
    if old is None:
        return replace(base, op=Operation.UPDATE, reason=_UNKNOWN)
    if old == item.resource.body:
        return replace(base, op=Operation.UNCHANGED)
    return replace(base, op=Operation.UPDATE, fields=edits(old, item.resource.body, mask))


def _deleted(
    question: Question, inventory: Inventory, rendered: set[ResourceId], before: Mapping[ResourceId, Body]
) -> list[PlannedAction]:
    """What no one renders any more, judged as if it were still as it was applied."""
    deletions = []
    for rid, entry in inventory.entries.items():
        if rid in rendered or (question.releases and entry.release not in question.releases):
            continue
        candidate = Candidate(rid, entry, _as_applied(before.get(rid, {}), entry, inventory))
        op, reason = fate_of(candidate, inventory, question.policy, frozenset())
        deletions.append(
            PlannedAction(
                number=0,
                op=op,
                wave=0,
                phase=Phase.PRUNE,
                group=rid.group,
                version=entry.version,
                kind=rid.kind,
                namespace=rid.namespace,
                name=rid.name,
                release=entry.release,
                predicted="offline",
                reason=reason,
            )
        )
    return sorted(deletions, key=order)


def _as_applied(body: Body, entry: InventoryEntry, inventory: Inventory) -> Body:
    metadata = mapping(body.get("metadata"))
    labels = {**mapping(metadata.get("labels")), PART_OF: inventory.applyset}
    own = {
        "uid": entry.uid,
        "labels": labels,
        "managedFields": [{"manager": MANAGER, "operation": "Apply"}],
    }
    return {**body, "metadata": {**metadata, **own}}
