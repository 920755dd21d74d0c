"""Deletes an object and creates it again, if its change is rejected and the policy allows that."""

from collections.abc import Callable
from dataclasses import replace

from msgspec.structs import replace as with_changes

from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan.live_digest import stripped
from pipeline.core.cluster.plan.plan import Operation
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.kube.resource import Body, ResourceId
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.writing import Objects, Task

Backup = Callable[[ResourceId, Body], str]
"""Keeps a live object where only its owner can read it, and says where."""


def recreate(task: Task, objects: Objects, removal: Removal, backup: Backup) -> Outcome:
    """Backup, delete of that very object, create. If the new one is refused the old one is brought back."""
    existing = objects.read(task)
    create = replace(task, action=with_changes(task.action, op=Operation.CREATE, live=None), found=None)
    if existing is None and task.resumed:
        return _as_recreated(task, objects.apply(create))
    if existing is not None and task.resumed and objects.is_done(task, existing):
        return Outcome(task.action, OutcomeState.RECREATED, "by the interrupted run", existing)
    stale = objects.against(task, existing)
    if stale or existing is None:
        return Outcome(task.action, OutcomeState.STALE, stale, existing)
    where = backup(task.action.id, existing)
    refused = removal.remove(task, existing, "recreate: delete", lambda now: objects.against(task, now))
    if refused is not None:
        return refused
    deleted = removal.deleted(task, str(existing["metadata"]["uid"]))
    if deleted.state is not OutcomeState.DELETED:
        return replace(deleted, action=task.action)
    made = objects.apply(create)
    if made.good:
        return _as_recreated(task, made)
    said = f"{made.message}; {_restore(task, objects, existing)} (its backup: {where})"
    return Outcome(task.action, OutcomeState.FAILED, said)


def _restore(task: Task, objects: Objects, old: Body) -> str:
    call = Call("POST", task.served.collection(task.action.namespace), (), stripped(old))
    fate, _ = objects.writer.write(call, "recreate: bring the old one back", object=str(task.action.id))
    return "the old object was brought back" if fate is Fate.DONE else "the old object could NOT be brought back"


def _as_recreated(task: Task, outcome: Outcome) -> Outcome:
    state = OutcomeState.RECREATED if outcome.good else outcome.state
    return replace(outcome, action=task.action, state=state)
