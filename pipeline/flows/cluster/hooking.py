"""Runs a hook as Helm does: delete its predecessor, wait for a Job, then delete it as its policy says."""

from dataclasses import replace

from pipeline.core.cluster.api.request import Answer
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan import apply_hooks
from pipeline.core.cluster.plan.managed_fields import is_applied_by
from pipeline.core.cluster.plan.policy import MANAGER
from pipeline.core.cluster.run.health import HealthState
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.kube.resource import Body, mapping
from pipeline.core.ports import no_progress
from pipeline.core.render.manifests import HOOK_ANNOTATION
from pipeline.flows.cluster.client import apply_call, with_precondition
from pipeline.flows.cluster.hook_plan import key
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.stock import Stock
from pipeline.flows.cluster.waiting import Waiting
from pipeline.flows.cluster.writing import NEVER_ANSWERED, Objects, Task

_TRIES = 5


def run_hook(task: Task, objects: Objects, removal: Removal, waiting: Waiting, stock: Stock) -> Outcome:
    """One hook. A resumed run does not repeat what it had finished."""
    action = task.action
    if key(action) in stock.inventory.run.hooks:
        return Outcome(action, OutcomeState.RAN, "by the interrupted run")
    live = _begun(task, objects)
    if live is None:
        stopped = _without_predecessor(task, objects, removal)
        if stopped is not None:
            return stopped
        live, answer = _made(task, objects)
        if live is None:
            return objects.failed(action, answer, "" if answer.status else f"{NEVER_ANSWERED.format(_TRIES)}: ")
    outcome = _awaited(task, live, waiting)
    done = apply_hooks.SUCCEEDED if outcome.good else apply_hooks.FAILED
    if done in action.deletes:
        _delete(task, objects, removal)
    if outcome.good:
        stock.hook_done(key(action), action.manifest)
        stock.save("a hook is done")
    return outcome


def _begun(task: Task, objects: Objects) -> Body | None:
    """The hook that an interrupted run of the same plan began, where its policy lets no one begin it again."""
    if not task.resumed or apply_hooks.BEFORE in task.action.deletes:
        return None
    body = objects.read(task)
    return body if body is not None and objects.is_done(task, body) else None


def _made(task: Task, objects: Objects) -> tuple[Body | None, Answer]:
    """The live hook. What was lost is sent again; it is only ever created, so at most one comes of it."""
    call = apply_call(task.served, with_precondition(task.body, "", "1"), force=True)
    ambiguous = False
    answer = Answer(0)
    for _ in range(_TRIES):
        fate, answer = objects.writer.write(call, "hook", object=str(task.action.id))
        if fate is Fate.DONE:
            return answer.body, answer
        ambiguous = ambiguous or fate is Fate.AMBIGUOUS
        existing = objects.read(task) if ambiguous and fate in (Fate.AMBIGUOUS, Fate.REREAD) else None
        if existing is not None and is_applied_by(existing, MANAGER):
            return existing, answer
        if fate is not Fate.AMBIGUOUS:
            break
    return None, answer


def _without_predecessor(task: Task, objects: Objects, removal: Removal) -> Outcome | None:
    """Delete what an earlier run left; None where the way is free."""
    action = task.action
    existing = objects.read(task)
    if existing is None:
        return None
    annotations = mapping(mapping(existing.get("metadata")).get("annotations"))
    if HOOK_ANNOTATION not in annotations:
        return Outcome(action, OutcomeState.STALE, "an object of that name exists, but is not a hook", existing)
    if apply_hooks.BEFORE not in action.deletes:
        return Outcome(
            action,
            OutcomeState.FAILED,
            "the hook of an earlier run still exists, and its delete policy keeps it",
            existing,
        )
    deleted = _delete(task, objects, removal)
    return None if deleted.state is OutcomeState.DELETED else deleted


def _delete(task: Task, objects: Objects, removal: Removal) -> Outcome:
    body = objects.read(task)
    if body is None:
        return Outcome(task.action, OutcomeState.DELETED)
    refused = removal.remove(task, body, "hook: delete")
    if refused is not None:
        return refused
    return removal.deleted(task, str(mapping(body.get("metadata")).get("uid")))


def _awaited(task: Task, live: Body, waiting: Waiting) -> Outcome:
    action = task.action
    outcome = Outcome(action, OutcomeState.RAN, body=live)
    if action.kind not in apply_hooks.RUNS_TO_ITS_END:
        return outcome
    health = waiting.until_healthy({action.id: task.served}, no_progress, {action.id: live})[action.id]
    if health.state is HealthState.CURRENT:
        return outcome
    return replace(outcome, state=OutcomeState.FAILED, message=f"the hook did not succeed: {health.reason}")
