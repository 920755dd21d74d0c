"""Decides the action for one object, and any plan problems, from what was gathered about it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from pipeline.core.cluster.api.canonical import digest_of
from pipeline.core.cluster.api.error_text import explain
from pipeline.core.cluster.inventory import ownership as marks
from pipeline.core.cluster.inventory.inventory import Inventory, InventoryEntry
from pipeline.core.cluster.plan import live_digest as live
from pipeline.core.cluster.plan.definition_changes import merge_patch, patched
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.field_edits import differs, edits, removed_with, stored_otherwise
from pipeline.core.cluster.plan.field_repairs import repaired
from pipeline.core.cluster.plan.managed_fields import dotted, entries, is_applied_by
from pipeline.core.cluster.plan.plan import Live, Operation, PlannedAction, PlanProblem
from pipeline.core.cluster.plan.policy import MANAGER, ApplyPolicy
from pipeline.core.cluster.plan.prediction import MIGRATED, Prediction
from pipeline.core.cluster.plan.preparing import base_action
from pipeline.core.cluster.plan.write_first import NOTHING_FIRST, WriteFirst
from pipeline.core.kube.resource import Body, ResourceId, mapping
from pipeline.core.redaction.copied import Copied
from pipeline.core.redaction.mask import Mask

NEVER_RECREATED = frozenset(
    {"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim", "Secret"}
)
_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})
_NO_SUCH_ROLE = frozenset({"roles", "clusterroles", "rolebindings", "clusterrolebindings"})
"""What the server says is not found where a role to be bound is not there: kube-apiserver 1.37 names the binding."""
_RIGHTS = "pipeline rbac prints the required role"
_CRASHES = (
    "kube-apiserver's log says whether it crashes over this object, or a proxy cuts it off; then change the object"
)


@dataclass(frozen=True, slots=True)
class ObservedObject:
    """One object and what is known of it. ``prediction`` is None where it was not asked for (``why`` says so)."""

    wanted: DesiredObject
    plural: str
    found: Body | None = field(default=None, hash=False)
    prediction: Prediction | None = None
    why: str = ""
    stand_in: str = ""
    """Why a failed dry run is not held against it (its definition changes in this plan), empty where it is."""
    first: WriteFirst = NOTHING_FIRST


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """What every case is judged by."""

    inventory: Inventory
    policy: ApplyPolicy
    mask: Mask
    copied: tuple[Copied, ...] = ()
    """Where the committed objects hold a copy of a Secret's value."""


def may_touch(body: Body, rid: ResourceId, terms: DecisionContext) -> PlanProblem | None:
    """Whether a live object may become or stay ours."""
    metadata = mapping(body.get("metadata"))
    if metadata.get("deletionTimestamp"):
        text = "it is being deleted, and waits for " + (", ".join(metadata.get("finalizers") or ()) or "its pods")
        return PlanProblem("terminating", str(rid), text, "wait until it is deleted, then create a new plan")
    if owned_by_us(body, rid, terms.inventory):
        return None
    owner = marks.foreign_owner(body, terms.inventory.applyset)
    if owner:
        fix = "take it out of that tool first, or leave it out of the release with an overlay"
        return PlanProblem("foreign", str(rid), f"it belongs to {owner}", fix)
    if any(rule.takes(rid) for rule in terms.policy.adopt):
        return None
    helm = marks.helm_release(body)
    whose = f"installed by helm as {helm}" if helm else "not in any inventory"
    fix = f"allow it in pipeline.yaml: apply.adopt: [{{kind: {rid.kind}, name: {rid.name}}}]"
    return PlanProblem("adoption", str(rid), f"it exists and is {whose}", fix)


def owned_by_us(body: Body, rid: ResourceId, inventory: Inventory) -> bool:
    """In the inventory with that uid; one whose create was intended and never confirmed must bear our marks."""
    entry = inventory.entries.get(rid)
    metadata = mapping(body.get("metadata"))
    if entry is None:
        return False
    if entry.uid:
        return entry.uid == metadata.get("uid")
    label = mapping(metadata.get("labels")).get(marks.PART_OF)
    return label == inventory.applyset and is_applied_by(body, MANAGER)


def record_of(manifest: str, digest: str, policy: ApplyPolicy) -> str:
    """What the inventory remembers of an object as a run left it; empty where it may not be known.

    Who wins which field is part of it: under other rules the same manifest leads elsewhere.
    """
    rules = [[rule.manager, rule.action, rule.field, rule.kind, rule.name] for rule in policy.conflicts]
    return digest_of([manifest, digest, rules]).removeprefix("sha256:")[:32] if manifest and digest else ""


def as_recorded(wanted: DesiredObject, body: Body, terms: DecisionContext) -> bool:
    """Whether both the manifest and the live object are what the last run left: then no dry run is needed."""
    entry: InventoryEntry | None = terms.inventory.entries.get(wanted.id)
    if entry is None or not entry.record or not owned_by_us(body, wanted.id, terms.inventory):
        return False
    reference = live.reference(body, wanted.id, terms.policy.ignore)
    return entry.record == record_of(wanted.manifest, reference.digest, terms.policy)


def decide(case: ObservedObject, terms: DecisionContext) -> tuple[PlannedAction, tuple[PlanProblem, ...]]:
    """The action (its number is still 0), and its plan problems."""
    wanted, existing = case.wanted, case.found
    predicted = "server" if case.prediction else "offline"
    base = replace(base_action(wanted), resource=case.plural, predicted=predicted, nulls=case.first.nulls)
    problems = tuple(_problems(case, terms))
    if existing is None:
        return replace(base, warnings=_warnings(case)), problems
    adopting = not owned_by_us(existing, wanted.id, terms.inventory)
    base = replace(base, live=_reference(case, existing, terms, adopting=adopting), patch=case.first.patch)
    if case.why == "record":
        return replace(base, op=Operation.UNCHANGED, predicted="record"), problems
    return _existing(base, case, existing, terms, adopting=adopting), problems


def _reference(case: ObservedObject, existing: Body, terms: DecisionContext, *, adopting: bool) -> Live:
    known = live.reference(existing, case.wanted.id, terms.policy.ignore, adopting=adopting)
    if case.first.read_by is None:
        return known
    fields = repaired(case.first.read_by, existing, case.first.read_by.storage_version)
    metadata = {**mapping(existing.get("metadata")), **({} if fields is None else {"managedFields": fields})}
    shown, paths = {**existing, "metadata": metadata}, case.first.patch
    return replace(known, beside=live.beside(shown, paths), replaced=live.replaced(existing, paths))


def _existing(
    base: PlannedAction, case: ObservedObject, existing: Body, terms: DecisionContext, *, adopting: bool
) -> PlannedAction:
    prediction = case.prediction
    op = Operation.ADOPT if adopting else Operation.UPDATE
    if prediction is None or prediction.body is None:
        recreate = prediction is not None and prediction.replaceable and _may_recreate(case.wanted.id, terms)
        predicted = "offline" if prediction is None or case.stand_in else base.predicted
        op = Operation.RECREATE if recreate else op
        after = patched(existing, merge_patch(existing, case.wanted.resource.body, case.first.patch))
        fields = edits(existing, after, terms.mask)
        return replace(base, op=op, predicted=predicted, fields=fields, warnings=_warnings(case, adopting=adopting))
    managers = {str(entry.get("manager")) for entry in entries(existing)} & MIGRATED if adopting else set()
    changed = edits(existing, prediction.body, terms.mask)
    changed += removed_with(managers, existing, prediction.body, terms.mask) if managers else ()
    if not adopting and not changed and not case.first.patch and not differs(existing, prediction.body):
        op = Operation.UNCHANGED
    return replace(
        base,
        op=op,
        force=any(conflict.action == "take" for conflict in prediction.conflicts),
        leave=tuple(sorted(prediction.left)),
        migrate=tuple(sorted(managers)),
        fields=changed,
        warnings=_warnings(case, adopting=adopting),
        reason="" if changed or op is Operation.UNCHANGED else "it becomes the owner of fields whose values are right",
    )


def _may_recreate(rid: ResourceId, terms: DecisionContext) -> bool:
    rules = [rule for rule in terms.policy.recreate if rule.takes(rid)]
    return any(rule.names_one for rule in rules) if rid.kind in NEVER_RECREATED else bool(rules)


def _problems(case: ObservedObject, terms: DecisionContext) -> Iterator[PlanProblem]:
    rid, existing, prediction = case.wanted.id, case.found, case.prediction
    if existing is not None:
        problem = may_touch(existing, rid, terms)
        if problem is not None:
            yield problem
            return
    if prediction is None or prediction.body is not None or case.stand_in or case.wanted.is_unnamed:
        return
    unsettled = [conflict for conflict in prediction.conflicts if not conflict.action]
    for unsolved in unsettled:
        text = f"{unsolved.field.lstrip('.')} belongs to the field manager {unsolved.manager!r}"
        rule = f"{{manager: '{unsolved.manager}', kind: {rid.kind}, action: take}}"
        yield PlanProblem("conflict", str(rid), text, f"decide in pipeline.yaml: apply.conflicts: [{rule}] (or leave)")
    if not unsettled:
        yield from _refused(case, prediction, terms)


def _refused(case: ObservedObject, prediction: Prediction, terms: DecisionContext) -> Iterator[PlanProblem]:
    rid = case.wanted.id
    said = explain(prediction.answer, secret=rid.kind == "Secret")
    if prediction.replaceable:
        if _may_recreate(rid, terms):
            return
        rule = f"apply.recreate: [{{kind: {rid.kind}, name: {rid.name}}}]"
        fix = f"do not change that field, or allow the object to be recreated: {rule} in pipeline.yaml"
        yield PlanProblem("immutable", str(rid), terms.mask.text(said), fix)
    elif not prediction.answer.status:
        text = f"the API server repeatedly drops the connection for this object: {said}"
        yield PlanProblem("unanswered", str(rid), terms.mask.text(text), _CRASHES)
    elif rid.kind in _BINDINGS and prediction.answer.missing in _NO_SUCH_ROLE:
        text = f"you may not bind that role (verb bind), and it does not exist yet, so it cannot be checked: {said}"
        yield PlanProblem("forbidden", str(rid), terms.mask.text(text), _RIGHTS)
    elif prediction.answer.status == 403:  # noqa: PLR2004 - RFC 9110
        yield PlanProblem("forbidden", str(rid), terms.mask.text(said), _RIGHTS)
    else:
        where = f"fix {case.wanted.file}: values, an overlay, or another chart version" if case.wanted.file else ""
        yield PlanProblem("refused", str(rid), terms.mask.text(said), where)


def _otherwise(case: ObservedObject) -> tuple[str, ...]:
    """What the server does not take as it is sent; nothing is compared where others keep fields of ours."""
    prediction = case.prediction
    if prediction is None or prediction.body is None:
        return ()
    return stored_otherwise(case.wanted.resource.body, prediction.body, [dotted(path) for path in prediction.left])


def _warnings(case: ObservedObject, *, adopting: bool = False) -> tuple[str, ...]:
    answer = case.prediction.answer if case.prediction else None
    helm = marks.helm_release(case.found) if adopting and case.found else ""
    record = marks.helm_record(helm) if helm else ""
    texts = (*(answer.warnings if answer and answer.ok else ()), *_otherwise(case), case.stand_in, record)
    return tuple(dict.fromkeys(text for text in texts if text))
