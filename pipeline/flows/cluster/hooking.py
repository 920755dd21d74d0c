"""Runs one of Helm's hooks as Helm does: its predecessor goes, a Job is awaited, then it goes as its policy says."""

from dataclasses import replace

from pipeline.core.cluster import hooks
from pipeline.core.cluster.health import State as HealthState
from pipeline.core.cluster.outcome import Outcome, State
from pipeline.core.cluster.retry import Fate
from pipeline.core.manifests import HOOK_ANNOTATION
from pipeline.core.resource import Body, mapping
from pipeline.flows.cluster.client import apply_call, with_precondition
from pipeline.flows.cluster.hook_plan import key
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.stock import Stock
from pipeline.flows.cluster.waiting import Waiting
from pipeline.flows.cluster.writing import Objects, Task


def run_hook(task: Task, objects: Objects, removal: Removal, waiting: Waiting, stock: Stock) -> Outcome:
    """One hook. A run that is taken up again does not repeat what it had finished."""
    action = task.action
    if key(action) in stock.inventory.run.hooks:
        return Outcome(action, State.RAN, "by the interrupted run")
    stopped = _without_predecessor(task, objects, removal)
    if stopped is not None:
        return stopped
    call = apply_call(task.served, with_precondition(task.body, "", "1"), force=True)
    fate, answer = objects.writer.write(call, "hook", object=str(action.id))
    live = answer.body if fate is Fate.DONE else objects.read(task) if fate is Fate.AMBIGUOUS else None
    if live is None:
        return objects.failed(action, answer)
    outcome = _awaited(task, live, waiting)
    done = hooks.SUCCEEDED if outcome.good else hooks.FAILED
    if done in action.deletes:
        _delete(task, objects, removal)
    if outcome.good:
        stock.hook_done(key(action), action.manifest)
        stock.save("a hook is done")
    return outcome


def _without_predecessor(task: Task, objects: Objects, removal: Removal) -> Outcome | None:
    """Delete what an earlier run left; None where the way is free."""
    action = task.action
    found = objects.read(task)
    if found is None:
        return None
    annotations = mapping(mapping(found.get("metadata")).get("annotations"))
    if HOOK_ANNOTATION not in annotations:
        return Outcome(action, State.STALE, "an object of that name exists, and is no hook", found)
    if hooks.BEFORE not in action.deletes:
        return Outcome(
            action, State.FAILED, "the hook of an earlier run is still there, and its policy keeps it", found
        )
    gone = _delete(task, objects, removal)
    return None if gone.state is State.DELETED else gone


def _delete(task: Task, objects: Objects, removal: Removal) -> Outcome:
    found = objects.read(task)
    if found is None:
        return Outcome(task.action, State.DELETED)
    fate, answer = removal.send(task, found, "hook: delete")
    if fate not in (Fate.DONE, Fate.NOT_FOUND):
        return objects.failed(task.action, answer)
    return removal.gone(task, str(mapping(found.get("metadata")).get("uid")))


def _awaited(task: Task, live: Body, waiting: Waiting) -> Outcome:
    action = task.action
    outcome = Outcome(action, State.RAN, body=live)
    if action.kind not in hooks.RUNS_TO_ITS_END:
        return outcome
    found = waiting.until_healthy({action.id: task.served}, lambda _done, _total, _what: None)[action.id]
    if found.state is HealthState.CURRENT:
        return outcome
    return replace(outcome, state=State.FAILED, message=f"the hook did not succeed: {found.reason}")
