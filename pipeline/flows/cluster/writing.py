"""Writes one object: compares its digest with the plan's, then does a compare-and-swap. Never sends blindly twice."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.api.error_text import clean, explain
from pipeline.core.cluster.api.request import JSON_PATCH, MERGE_PATCH, Answer, Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan import live_digest as live
from pipeline.core.cluster.plan import managed_fields as managed
from pipeline.core.cluster.plan.definition_changes import is_patched, merge_patch
from pipeline.core.cluster.plan.definition_halves import first_half
from pipeline.core.cluster.plan.field_edits import differs
from pipeline.core.cluster.plan.field_repairs import fields_patch, repaired, taken_over
from pipeline.core.cluster.plan.plan import Operation, PlannedAction
from pipeline.core.cluster.plan.policy import MANAGER, STEP_MANAGER, Ignored
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.crd.definition import Definition
from pipeline.core.kube.resource import Body, mapping, sequence
from pipeline.core.redaction.mask import Mask
from pipeline.flows.cluster.client import Client, apply_call, with_precondition
from pipeline.flows.cluster.ledger import Writer

_TRIES = 5
_UNSETTLED_SECONDS = 5.0
"""So long a server may take to judge by a definition that it has already stored."""
_PAUSE_SECONDS = 0.25
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
    Operation.FINISH: OutcomeState.UPDATED,
}


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

    ``found`` is what the check before the run read; ``resumed``: an earlier run of the same plan may have done it;
    ``unsettled``: its definition is written in the same run, and the server may judge by the old one for a moment.
    """

    action: PlannedAction
    served: Served
    body: Body = field(hash=False)
    found: Body | None = field(default=None, hash=False)
    resumed: bool = False
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Objects:
    """Carries out tasks. Everything it says is masked."""

    client: Client
    writer: Writer
    ignored: tuple[Ignored, ...]
    mask: Mask

    def apply(self, task: Task) -> Outcome:
        """Create, update or adopt."""
        end = self.client.clock.monotonic() + _UNSETTLED_SECONDS
        outcome = self._applied(task)
        while task.unsettled and outcome.state is OutcomeState.FAILED and self.client.clock.monotonic() < end:
            self.client.clock.sleep(_PAUSE_SECONDS)
            outcome = self._applied(replace(task, resumed=True))
        return outcome

    def _applied(self, task: Task) -> Outcome:
        """Whatever may be ambiguous is settled by reading back."""
        action = task.action
        existing = task.found
        unanswered = 0
        for attempt in range(_TRIES):
            if attempt or action.follows or (action.live and action.live.beside):
                existing = self.read(task)
            if existing is not None and task.resumed and self.is_done(task, existing):
                return Outcome(action, _STATES[action.op], "by the interrupted run", existing)
            stale = self.against(task, existing)
            if stale:
                return Outcome(action, OutcomeState.STALE, stale, existing)
            if action.op is Operation.UNCHANGED:
                return Outcome(action, OutcomeState.UNCHANGED, body=existing)
            prepared = None if existing is None else self._prepared(task, existing)
            if isinstance(prepared, Outcome):
                return prepared
            if existing is not None and prepared is None:
                continue
            settled, outcome = self._send(task, prepared)
            if settled is WriteFate.YES:
                return outcome
            if settled is WriteFate.UNANSWERED:  # it may still arrive: what we find next may be our own doing
                task = replace(task, resumed=True)
                unanswered += 1
        return _given_up(action, existing, unanswered)

    def against(self, task: Task, existing: Body | None, *, begun: bool = True) -> str:
        """Why the live object is not the one that was planned on; empty where it is.

        ``begun``: what the plan writes before it may be written by now.
        """
        action = task.action
        if begun and action.follows and existing is not None and action.live is not None:
            same = mapping(existing.get("metadata")).get("uid") == action.live.uid
            return "" if same else "it was deleted and created again since the plan was made"
        if action.live is None:
            return "" if existing is None else "it exists now, and did not when the plan was made"
        if existing is None:
            return "it was deleted since the plan was made"
        now = live.reference(existing, action.id, self.ignored, adopting=action.op is Operation.ADOPT)
        if now.uid != action.live.uid:
            return "it was deleted and created again since the plan was made"
        if live.same(action.live, now) or live.same_beside(action.live, existing, task.body, action.patch):
            return ""
        who = ", ".join(sorted({clean(str(entry.get("manager"))) for entry in managed.entries(existing)} - {MANAGER}))
        return f"it was changed since the plan was created{f' (others who write it: {who})' if who else ''}"

    def is_done(self, task: Task, existing: Body) -> bool:
        """Whether the object is already what the plan makes of it: then an apply would change nothing."""
        if task.action.op is Operation.UNCHANGED or not managed.is_applied_by(existing, MANAGER):
            return False
        call = apply_call(task.served, self._sent(task, existing), force=task.action.force, dry_run=True)
        fate, answer = self.client.send(call)
        return fate is Fate.DONE and not differs(existing, answer.body)

    def read(self, task: Task) -> Body | None:
        return self.client.get(task.served, task.action.namespace, task.action.name)

    def failed(self, action: PlannedAction, answer: Answer, what: str = "") -> Outcome:
        said = self.mask.text(explain(answer, secret=action.kind == "Secret"))
        return Outcome(action, OutcomeState.FAILED, f"{what}{said}")

    def _sent(self, task: Task, existing: Body | None) -> Body:
        """Without the fields that the policy leaves to others, by the plan or because they took them since."""
        half = first_half(existing, task.body) if task.action.half and existing is not None else None
        left = frozenset(task.action.nulls)
        if existing is not None:
            left |= frozenset(task.action.leave) | live.left_to_others(existing, task.action.id, self.ignored)
        body = half or task.body
        return managed.without(body, left) if left else body

    def _send(self, task: Task, existing: Body | None) -> tuple[WriteFate, Outcome]:
        """One compare-and-swap: whether that settles it, and how."""
        action = task.action
        metadata = mapping((existing or {}).get("metadata"))
        uid, version = str(metadata.get("uid") or ""), str(metadata.get("resourceVersion") or _NEVER_CURRENT)
        body = with_precondition(self._sent(task, existing), uid, version)
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
            stale = self.against(task, now)
            failure = Outcome(action, OutcomeState.STALE, stale, now) if stale else self.failed(action, answer)
            return WriteFate.YES, failure
        return WriteFate.YES, self.failed(action, answer)

    def _prepared(self, task: Task, existing: Body) -> Body | Outcome | None:
        """The object after what must go before its apply; None where it changed meanwhile."""
        action, now = task.action, existing
        if not action.patch and not action.migrate:
            return existing
        if action.patch and not is_patched(existing, task.body, action.patch):
            own = {key: mapping(existing.get("metadata")).get(key) for key in ("uid", "resourceVersion")}
            patch = {**merge_patch(existing, task.body, action.patch), "metadata": own}
            path = task.served.path(action.namespace, action.name)
            query = (("fieldManager", STEP_MANAGER), ("fieldValidation", "Strict"))
            fate, answer = self.writer.write(
                Call("PATCH", path, query, patch, MERGE_PATCH), "patch before the apply", object=str(action.id)
            )
            if fate not in (Fate.DONE, Fate.AMBIGUOUS, Fate.REREAD, Fate.OTHER_OBJECT):
                return self.failed(action, answer)
            if fate is not Fate.DONE:
                return None
            now = answer.body
        fields = taken_over(now, frozenset(action.migrate) | {STEP_MANAGER})
        if fields is None:
            return now
        fate, answer = self._with_fields(task, now, fields, "take over fields")
        return answer.body if fate is Fate.DONE else None

    def repair(self, task: Task, known: Definition) -> Outcome:
        """Rewrite managedFields of what its definition is about to lose, of that very object and nothing else of it."""
        for _ in range(_TRIES):
            existing = self.read(task)
            if existing is None or task.action.live is None or existing["metadata"]["uid"] != task.action.live.uid:
                return Outcome(task.action, OutcomeState.UNCHANGED, "it was deleted meanwhile")
            fields = repaired(known, existing, task.action.version)
            if fields is None:
                return Outcome(task.action, OutcomeState.UNCHANGED, body=existing)
            fate, answer = self._with_fields(task, existing, fields, "repair")
            if fate is Fate.DONE:
                return Outcome(task.action, OutcomeState.UPDATED, body=answer.body)
            if fate not in (Fate.AMBIGUOUS, Fate.REREAD, Fate.NOT_FOUND):
                return self.failed(task.action, answer)
        return Outcome(task.action, OutcomeState.FAILED, f"it was changed {_TRIES} times while we tried")

    def _with_fields(self, task: Task, existing: Body, fields: list[Body], what: str) -> tuple[Fate, Answer]:
        path = task.served.path(task.action.namespace, task.action.name)
        patch = fields_patch(existing, fields, forget=bool(task.action.migrate))
        call = Call("PATCH", path, (), patch, JSON_PATCH)
        return self.writer.write(call, what, object=str(task.action.id))


def _given_up(action: PlannedAction, existing: Body | None, unanswered: int) -> Outcome:
    if unanswered == _TRIES:
        return Outcome(action, OutcomeState.FAILED, NEVER_ANSWERED.format(_TRIES), existing)
    return Outcome(action, OutcomeState.STALE, f"it was changed {_TRIES} times while we tried", existing)


def finalizers(body: Body) -> str:
    return ", ".join(map(str, sequence(mapping(body.get("metadata")).get("finalizers"))))
