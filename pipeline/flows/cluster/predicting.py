"""Asks the API server what an apply would do, and what conflicts with it (server-side dry run). Writes nothing."""

import re

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.api.request import MERGE_PATCH, Answer, Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan import managed_fields as managed
from pipeline.core.cluster.plan.choose_action import DecisionContext, owned_by_us
from pipeline.core.cluster.plan.definition_changes import merge_patch, patched
from pipeline.core.cluster.plan.policy import STEP_MANAGER, ApplyPolicy
from pipeline.core.cluster.plan.prediction import MIGRATED, Conflict, Prediction
from pipeline.core.cluster.plan.write_first import WriteFirst
from pipeline.core.kube.resource import Body, Resource, ResourceId, mapping
from pipeline.flows.cluster.client import Client, apply_call

_MANAGER = re.compile(r'conflict with "((?:[^"\\]|\\.)*)"(?: with subresource "([^"]*)")?')
_INVALID = 422
REFUSALS = frozenset({422, 500})
"""Of a custom resource that server-side apply cannot read, or cannot write as it is sent."""


def predict(client: Client, served: Served, body: Body, existing: Body | None, terms: DecisionContext) -> Prediction:
    """The dry run, with the policy's rules for conflicts applied; ``existing`` is the live object.

    Where it is not ours yet, the entries of kubectl and helm are taken over in a step of their own before the apply.
    """
    rid = Resource.of(body).id
    fate, answer = client.send(apply_call(served, body, dry_run=True))
    conflicts: tuple[Conflict, ...] = ()
    left: frozenset[managed.FieldPath] = frozenset()
    if fate is Fate.CONFLICT and existing is not None:
        migrated = frozenset() if owned_by_us(existing, rid, terms.inventory) else MIGRATED
        conflicts = tuple(_decided(conflict, rid, terms.policy, migrated) for conflict in _conflicts(answer))
        if not all(conflict.action for conflict in conflicts):
            return Prediction(answer, None, conflicts)
        left = _left(conflicts, existing)
        rest = managed.without(body, left)
        fate, answer = client.send(apply_call(served, rest, force=True, dry_run=True))
    if fate is Fate.DONE:
        return Prediction(answer, answer.body, conflicts, left)
    if answer.status == _INVALID and existing is not None:
        return Prediction(answer, None, conflicts, left, _as_new(client, served, body))
    return Prediction(answer, None, conflicts, left)


def predicted_with(
    client: Client, served: Served, body: Body, existing: Body | None, terms: DecisionContext, *, first: WriteFirst
) -> Prediction:
    """The same for a custom resource that is written by a merge patch before its apply: one dry run cannot do both.

    So each is asked for by itself: the patch, and the apply of the rest where the live object can be read.
    """
    rest = managed.without(body, frozenset((*first.nulls, *first.patch)))
    if existing is None or not first.patch:
        return predict(client, served, managed.without(body, frozenset(first.nulls)), existing, terms)
    patch = merge_patch(existing, body, first.patch)
    metadata = mapping(existing.get("metadata"))
    path = served.path(str(metadata.get("namespace") or ""), str(metadata.get("name")))
    query = (("dryRun", "All"), ("fieldManager", STEP_MANAGER), ("fieldValidation", "Strict"))
    _, answer = client.send(Call("PATCH", path, query, patch, MERGE_PATCH))
    if not answer.ok:
        return Prediction(answer)
    beside = predict(client, served, rest, existing, terms)
    shown = patched(beside.body, merge_patch(beside.body, answer.body, first.patch)) if beside.body else answer.body
    return Prediction(answer, shown, beside.conflicts if beside.body else (), beside.left)


def _conflicts(answer: Answer) -> list[Conflict]:
    conflicts = []
    for cause in answer.causes:
        said = _MANAGER.search(cause.message)
        manager, subresource = said.groups() if said else ("", "")
        conflicts.append(Conflict(cause.field, f"{manager}/{subresource}" if subresource else manager))
    return conflicts


def _decided(conflict: Conflict, rid: ResourceId, policy: ApplyPolicy, migrated: frozenset[str]) -> Conflict:
    field_name = conflict.field.removeprefix(".")
    if any(rule.covers(rid, field_name) for rule in policy.ignore):
        return Conflict(conflict.field, conflict.manager, "leave")
    for rule in policy.conflicts:
        if rule.decides(rid, conflict.manager, field_name):
            return Conflict(conflict.field, conflict.manager, rule.action)
    return Conflict(conflict.field, conflict.manager, "take") if conflict.manager in migrated else conflict


def _left(conflicts: tuple[Conflict, ...], existing: Body) -> frozenset[managed.FieldPath]:
    names = {conflict.field for conflict in conflicts if conflict.action == "leave"}
    return (
        frozenset(path for path in managed.owners(existing) if managed.dotted(path) in names) if names else frozenset()
    )


def _as_new(client: Client, served: Served, body: Body) -> bool:
    """Whether the same body is taken as a new object of another name: then it is the change that is refused."""
    metadata = {key: value for key, value in mapping(body.get("metadata")).items() if key != "name"}
    fresh = {**body, "metadata": {**metadata, "generateName": "pipeline-check-"}}
    namespace = str(metadata.get("namespace") or "")
    query = (("dryRun", "All"), ("fieldManager", "pipeline"))
    _, answer = client.send(Call("POST", served.collection(namespace), query, fresh))
    return answer.ok
