"""Deletes objects by the uid and version just read, never by name alone, and waits until they no longer exist."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.cluster.api.request import Answer, Call, Clock
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan import live_digest as live
from pipeline.core.cluster.plan.plan import Operation, PlannedAction
from pipeline.core.cluster.plan.policy import ApplyPolicy
from pipeline.core.cluster.plan.prune import Candidate, fate_of
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.kube.resource import Body, mapping
from pipeline.flows.cluster.writing import Objects, Task, finalizers

_TRIES = 5
_POLL_SECONDS = 0.1
_SLOWEST_POLL_SECONDS = 2.0
_CHANGED = (Fate.REREAD, Fate.AMBIGUOUS, Fate.OTHER_OBJECT)


@dataclass(frozen=True, slots=True)
class Removal:
    """Deletes what a plan names. ``taken`` are the uids of objects that are still wanted."""

    objects: Objects
    clock: Clock
    policy: ApplyPolicy
    inventory: Inventory
    taken: frozenset[str] = frozenset()

    def delete(self, task: Task) -> Outcome:
        """One deletion of the plan: everything that made it one is looked at once more."""
        action = task.action
        for _ in range(_TRIES):
            body = self.objects.read(task)
            if body is None:
                return Outcome(action, OutcomeState.DELETED)
            uid, terminating = _who(body)
            planned = action.live.uid if action.live else ""
            if uid == planned and terminating:
                return self.deleted(task, uid)
            against = self._against(action, body, uid, planned)
            if against is not None:
                return against
            fate, answer = self.send(task, body, "delete")
            if fate in (Fate.DONE, Fate.NOT_FOUND):
                return self.deleted(task, uid)
            if fate not in _CHANGED:
                return self.objects.failed(action, answer)
        return Outcome(action, OutcomeState.STALE, f"it was changed {_TRIES} times while we tried")

    def send(self, task: Task, body: Body, what: str) -> tuple[Fate, Answer]:
        """The delete itself, of that object in that version and of no other."""
        metadata = mapping(body.get("metadata"))
        uid = str(metadata.get("uid"))
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid, "resourceVersion": metadata.get("resourceVersion")},
        }
        action = task.action
        call = Call("DELETE", task.served.path(action.namespace, action.name), body=options)
        return self.objects.writer.write(call, what, object=str(action.id), uid=uid)

    def remove(
        self, task: Task, existing: Body, what: str, against: Callable[[Body], str] = lambda _now: ""
    ) -> Outcome | None:
        """Delete that very object, as long as nothing is ``against`` it. None: it is gone, or on its way out."""
        uid, ambiguous = _who(existing)[0], False
        for _ in range(_TRIES):
            fate, answer = self.send(task, existing, what)
            if fate is Fate.DONE:
                return None
            if fate not in (*_CHANGED, Fate.NOT_FOUND):
                return self.objects.failed(task.action, answer)
            ambiguous = ambiguous or fate is Fate.AMBIGUOUS
            now = self.objects.read(task)
            if now is None or _who(now)[0] != uid:
                return None if ambiguous else Outcome(task.action, OutcomeState.STALE, "it was deleted meanwhile", now)
            if _who(now)[1]:
                return None
            why = against(now)
            if why:
                return Outcome(task.action, OutcomeState.STALE, why, now)
            existing = now
        return Outcome(task.action, OutcomeState.STALE, f"it was changed {_TRIES} times while we tried", existing)

    def deleted(self, task: Task, uid: str) -> Outcome:
        """Wait until that object is gone; what holds it is named."""
        end = self.clock.monotonic() + self.policy.health_timeout_seconds
        pause = _POLL_SECONDS
        while True:
            body = self.objects.read(task)
            if body is None or _who(body)[0] != uid:
                return Outcome(task.action, OutcomeState.DELETED)
            if self.clock.monotonic() > end:
                held = finalizers(body) or "its dependents"
                return Outcome(task.action, OutcomeState.UNHEALTHY, f"it is being deleted and waits for {held}", body)
            self.objects.writer.may_write()
            self.clock.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_POLL_SECONDS)

    def _against(self, action: PlannedAction, body: Body, uid: str, planned: str) -> Outcome | None:
        """Why it is left alone; None where it may go."""
        entry = self.inventory.entries.get(action.id)
        if entry is None or action.live is None:
            return Outcome(action, OutcomeState.KEPT, "it is not in the inventory", body)
        if uid != planned:
            return Outcome(action, OutcomeState.KEPT, "it was replaced by another object of that name", body)
        op, why = fate_of(Candidate(action.id, entry, body), self.inventory, self.policy, self.taken)
        if op is not Operation.DELETE:
            return Outcome(action, OutcomeState.KEPT, why, body)
        if not live.same(action.live, live.reference(body, action.id, self.objects.ignored)):
            return Outcome(action, OutcomeState.STALE, "it was changed since the plan was created", body)
        return None


def _who(body: Body) -> tuple[str, bool]:
    metadata = mapping(body.get("metadata"))
    return str(metadata.get("uid")), bool(metadata.get("deletionTimestamp"))
