"""How to react to each response of the API server: one table, by status, reason and field, never by text alone.

Messages change from one Kubernetes version to the next; they are read only where no reason distinguishes two cases.
"""

from enum import StrEnum

from pipeline.core.cluster.api.request import Answer, Call

BUDGET_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
LONGEST_RETRY_AFTER_SECONDS = 30.0


class Fate(StrEnum):
    DONE = "done"
    RETRY = "retry"
    """It certainly had no effect and may succeed later."""
    AMBIGUOUS = "ambiguous"
    """It may have had its effect: read back before anything else."""
    REREAD = "reread"
    """Somebody wrote the object since it was read."""
    CONFLICT = "conflict"
    """Another field manager owns a field; ``causes`` says which."""
    OTHER_OBJECT = "other-object"
    """The object was deleted or created again since it was read: its uid differs."""
    NOT_FOUND = "not-found"
    NOT_SERVED = "not-served"
    """No server serves that type (yet): a 404 in plain text."""
    UNAUTHORIZED = "unauthorized"
    FINAL = "final"


_FORBIDDEN_BY_QUOTA_RACE = "resourcequotas"
_UPSTREAM = (
    "failed calling webhook",
    "conversion webhook for",
    "etcdserver:",
    "leader changed",
    "error trying to reach",
)
_OK, _UNAUTHORIZED, _NOT_FOUND, _CONFLICT = 200, 401, 404, 409
_TOO_MANY, _INTERNAL, _BAD_GATEWAY, _UNAVAILABLE, _TIMEOUT, _INVALID = 429, 500, 502, 503, 504, 422


def fate(call: Call, answer: Answer) -> Fate:
    """Total: every answer has exactly one fate."""
    if answer.ok:
        return Fate.DONE
    if answer.status == 0:
        return Fate.AMBIGUOUS if answer.sent and not call.reads else Fate.RETRY
    by_status = {
        _UNAUTHORIZED: Fate.UNAUTHORIZED,
        _TOO_MANY: Fate.RETRY,
        _UNAVAILABLE: Fate.RETRY,
        _NOT_FOUND: Fate.NOT_FOUND if answer.reason else Fate.NOT_SERVED,
    }
    if answer.status in by_status:
        return by_status[answer.status]
    if answer.status in (_TIMEOUT, _BAD_GATEWAY):
        return Fate.RETRY if call.reads else Fate.AMBIGUOUS
    if answer.status == _CONFLICT:
        return _conflict(answer)
    if answer.status == _INTERNAL:
        return _internal(answer)
    if answer.status == _INVALID and [cause.field for cause in answer.causes] == ["metadata.uid"]:
        return Fate.OTHER_OBJECT
    return Fate.FINAL


def wait_seconds(attempt: int, answer: Answer, jitter: float) -> float:
    """Before attempt ``attempt`` + 1 (the first is 0): what the server asks for, else exponential with jitter.

    ``jitter`` is from 0 to 1.
    """
    if answer.retry_after_seconds is not None:
        return min(answer.retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)
    ceiling: float = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS)
    return ceiling * (0.5 + jitter / 2)


def _conflict(answer: Answer) -> Fate:
    if any(cause.reason == "FieldManagerConflict" for cause in answer.causes):
        return Fate.CONFLICT
    if answer.reason == "AlreadyExists":
        return Fate.FINAL
    if _FORBIDDEN_BY_QUOTA_RACE in answer.message and answer.reason == "Conflict":
        return Fate.RETRY  # two writers of a quota's usage: the object itself was not written (kubernetes#67761)
    return Fate.REREAD


def _internal(answer: Answer) -> Fate:
    """500 is also what server-side apply says to a wrong field: without a reason that may pass, it is final."""
    passing = any(words in answer.message for words in _UPSTREAM)
    return Fate.RETRY if passing else Fate.FINAL
