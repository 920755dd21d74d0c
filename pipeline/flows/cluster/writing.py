"""Writes one object: compares its digest with the plan's, then does a compare-and-swap. Never sends blindly twice."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

import orjson

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.api.error_text import clean, explain
from pipeline.core.cluster.api.request import JSON_PATCH, Answer, Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan import live_digest as live
from pipeline.core.cluster.plan import managed_fields as managed
from pipeline.core.cluster.plan.field_edits import differs
from pipeline.core.cluster.plan.plan import Operation, PlannedAction
from pipeline.core.cluster.plan.policy import MANAGER, Ignored
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.kube.resource import Body, mapping, sequence
from pipeline.core.redaction.mask import Mask
from pipeline.flows.cluster.client import Client, apply_call, with_precondition
from pipeline.flows.cluster.ledger import Writer

_TRIES = 5
NEVER_ANSWERED = (
    "the server took it {} times and dropped the connection without an answer: kube-apiserver may crash over this"
    " object (its log says); apply the rest without it"
)
_NEVER_CURRENT = "1"
"""A resource version that no object has any more: with it an apply only ever creates (an existing one answers 409)."""
_STATES = {
    Operation.CREATE: OutcomeState.CREATED,
    Operation.UPDATE: OutcomeState.UPDATED,
    Operation.ADOPT: OutcomeState.ADOPTED,
    Operation.UNCHANGED: OutcomeState.UNCHANGED,
}
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class WriteFate(Enum):
    """What one write has led to."""

    YES = auto()
    CHANGED = auto()
    """Somebody wrote the object meanwhile, and nothing was written: it is read again."""
    UNANSWERED = auto()
    """The answer was lost, and the object does not show the write: it may still arrive."""


@dataclass(frozen=True, slots=True)
class Task:
    """An action with what is sent.

    ``found`` is what the check before the run read; ``resumed``: an earlier run of the same plan may have done it.
    """

    action: PlannedAction
    served: Served
    body: Body = field(hash=False)
    found: Body | None = field(default=None, hash=False)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Objects:
    """Carries out tasks. Everything it says is masked."""

    client: Client
    writer: Writer
    ignored: tuple[Ignored, ...]
    mask: Mask

    def apply(self, task: Task) -> Outcome:
        """Create, update or adopt; whatever may be ambiguous is settled by reading back."""
        action = task.action
        found = task.found
        unanswered = 0
        for attempt in range(_TRIES):
            if attempt:
                found = self.read(task)
            if found is not None and task.resumed and self.is_done(task, found):
                return Outcome(action, _STATES[action.op], "by the interrupted run", found)
            stale = self.against(action, found)
            if stale:
                return Outcome(action, OutcomeState.STALE, stale, found)
            if action.op is Operation.UNCHANGED:
                return Outcome(action, OutcomeState.UNCHANGED, body=found)
            if found is not None and action.migrate:
                found = self._migrated(task, found)
                if found is None:
                    continue
            settled, outcome = self._send(task, found)
            if settled is WriteFate.YES:
                return outcome
            if settled is WriteFate.UNANSWERED:  # it may still arrive: what we find next may be our own doing
                task = replace(task, resumed=True)
                unanswered += 1
        return _given_up(action, found, unanswered)

    def against(self, action: PlannedAction, found: Body | None) -> str:
        """Why the live object is not the one that was planned on; empty where it is."""
        if action.live is None:
            return "" if found is None else "it exists now, and did not when the plan was made"
        if found is None:
            return "it was deleted since the plan was made"
        now = live.reference(found, action.id, self.ignored, adopting=action.op is Operation.ADOPT)
        if now.uid != action.live.uid:
            return "it was deleted and created again since the plan was made"
        if live.same(action.live, now):
            return ""
        who = ", ".join(sorted({clean(str(entry.get("manager"))) for entry in managed.entries(found)} - {MANAGER}))
        return f"it was changed since the plan was created{f' (others who write it: {who})' if who else ''}"

    def is_done(self, task: Task, found: Body) -> bool:
        """Whether the object is already what the plan makes of it: then an apply would change nothing."""
        if task.action.op is Operation.UNCHANGED or not managed.is_applied_by(found, MANAGER):
            return False
        call = apply_call(task.served, self._sent(task, found), force=task.action.force, dry_run=True)
        fate, answer = self.client.send(call)
        return fate is Fate.DONE and not differs(found, answer.body)

    def read(self, task: Task) -> Body | None:
        return self.client.get(task.served, task.action.namespace, task.action.name)

    def failed(self, action: PlannedAction, answer: Answer, what: str = "") -> Outcome:
        said = self.mask.text(explain(answer, secret=action.kind == "Secret"))
        return Outcome(action, OutcomeState.FAILED, f"{what}{said}")

    def _sent(self, task: Task, found: Body | None) -> Body:
        """Without the fields that the policy leaves to others, by the plan or because they took them since."""
        left = frozenset(task.action.leave)
        left |= live.left_to_others(found, task.action.id, self.ignored) if found is not None else frozenset()
        return managed.without(task.body, left) if left and found is not None else task.body

    def _send(self, task: Task, found: Body | None) -> tuple[WriteFate, Outcome]:
        """One compare-and-swap: whether that settles it, and how."""
        action = task.action
        metadata = mapping((found or {}).get("metadata"))
        uid, version = str(metadata.get("uid") or ""), str(metadata.get("resourceVersion") or _NEVER_CURRENT)
        body = with_precondition(self._sent(task, found), uid, version)
        call = apply_call(task.served, body, force=action.force)
        fate, answer = self.writer.write(call, str(action.op), object=str(action.id), uid=uid)
        outcome = Outcome(action, _STATES[action.op], body=answer.body, warnings=answer.warnings)
        if fate is Fate.DONE:
            return WriteFate.YES, outcome
        if fate is Fate.AMBIGUOUS:
            now = self.read(task)
            if now is not None and managed.is_applied_by(now, MANAGER) and self.is_done(task, now):
                return WriteFate.YES, Outcome(
                    action, outcome.state, "the answer was lost; the object was read again", now
                )
            return WriteFate.UNANSWERED, outcome
        if fate in (Fate.REREAD, Fate.OTHER_OBJECT):
            return WriteFate.CHANGED, outcome
        if fate is Fate.CONFLICT:  # of somebody who came since it was read, or else of whom the policy does not know
            now = self.read(task)
            stale = self.against(action, now)
            failure = Outcome(action, OutcomeState.STALE, stale, now) if stale else self.failed(action, answer)
            return WriteFate.YES, failure
        return WriteFate.YES, self.failed(action, answer)

    def _migrated(self, task: Task, found: Body) -> Body | None:
        """The object with the entries of kubectl and helm made ours; None where it changed meanwhile."""
        patch = migration(found, frozenset(task.action.migrate))
        if not patch:
            return found
        call = Call("PATCH", task.served.path(task.action.namespace, task.action.name), (), patch, JSON_PATCH)
        fate, answer = self.writer.write(call, "take over fields", object=str(task.action.id))
        return answer.body if fate is Fate.DONE else None


def _given_up(action: PlannedAction, found: Body | None, unanswered: int) -> Outcome:
    if unanswered == _TRIES:
        return Outcome(action, OutcomeState.FAILED, NEVER_ANSWERED.format(_TRIES), found)
    return Outcome(action, OutcomeState.STALE, f"it was changed {_TRIES} times while we tried", found)


def migration(found: Body, managers: frozenset[str]) -> list[dict[str, object]]:
    """A JSON patch that joins the entries of ``managers`` into one of ours (client-go, csaupgrade), for that version.

    Fields that they set and we do not send are then removed by the next apply, as they should be.
    """
    entries = [dict(entry) for entry in managed.entries(found)]
    theirs = [entry for entry in entries if entry.get("manager") in managers and not entry.get("subresource")]
    if not theirs:
        return []
    fields: dict[str, object] = {}
    for entry in theirs:
        fields = _union(fields, orjson.loads(orjson.dumps(entry.get("fieldsV1") or {})))
    rest = [entry for entry in entries if entry not in theirs]
    merged = {**theirs[0], "manager": MANAGER, "operation": "Apply", "fieldsV1": fields}
    metadata = mapping(found.get("metadata"))
    patch: list[dict[str, object]] = [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*rest, merged]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata.get("resourceVersion")},
    ]
    if _LAST_APPLIED in mapping(metadata.get("annotations")):
        patch.insert(0, {"op": "remove", "path": f"/metadata/annotations/{_LAST_APPLIED.replace('/', '~1')}"})
    return patch


def _union(one: dict[str, object], other: dict[str, object]) -> dict[str, object]:
    found = dict(one)
    for key, value in other.items():
        mine = found.get(key)
        found[key] = _union(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else mine or value
    return found


def finalizers(body: Body) -> str:
    return ", ".join(map(str, sequence(mapping(body.get("metadata")).get("finalizers"))))
