"""What a run does, made from its plan: each action that touches an object, with what is sent and what lives there."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.core.cluster.api.discovery import Discovery, Served
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import WRITES, Operation, Plan, PlannedAction
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.kube.resource import CRD_KIND, Resource
from pipeline.core.render.offers import GroupKind
from pipeline.flows.cluster import checking
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.writing import Task

_UNTOUCHED = frozenset({Operation.KEEP, Operation.FORGET, Operation.IGNORE})


def tasks_of(plan: Plan, resources: Mapping[int, Resource], client: Client, *, resumed: bool) -> list[Task]:
    """In the order of the plan. Kinds that the plan itself brings are not served yet."""
    bodies = checking.found_objects(client, plan)
    written = _written(plan, resources)
    tasks = []
    for action in plan.actions:
        if action.op in _UNTOUCHED:
            continue
        new = written.get((action.group, action.kind))
        resource = resources.get(action.number)
        body = resource.body if resource else {}
        served = _served(action, client.serves, new)
        tasks.append(Task(action, served, body, bodies.get(action.id), resumed, new is not None))
    return tasks


def _written(plan: Plan, resources: Mapping[int, Resource]) -> dict[GroupKind, Definition]:
    """The definitions that the plan writes, by what they define."""
    written = (
        resources[action.number]
        for action in plan.of(*WRITES)
        if action.kind == CRD_KIND and action.number in resources
    )
    return {(defined.group, defined.kind): defined for defined in map(definition, written)}


def _served(action: PlannedAction, serves: Discovery, new: Definition | None) -> Served:
    """How the kind is served when it is the action's turn: by then the plan's own definitions are written."""
    known = serves.any_version(action.id, action.version)
    if new is None or action.phase < Phase.DEFINITIONS:
        return known or _to_come(action, action.version)
    version = action.version if action.version in new.served else new.storage_version
    return replace(known, version=version) if known is not None else _to_come(action, version)


def _to_come(action: PlannedAction, version: str) -> Served:
    """A kind that a definition of the plan brings."""
    return Served(action.group, version, action.kind, action.resource, bool(action.namespace))
