"""The outcome of each action, and of a whole run."""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.cluster.plan.plan import PlannedAction
from pipeline.core.errors import INTERRUPTED, NOT_APPLIED, OK, STALE, UNHEALTHY
from pipeline.core.kube.resource import Body


class OutcomeState(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    ADOPTED = "adopted"
    RECREATED = "recreated"
    UNCHANGED = "unchanged"
    RAN = "ran"
    DELETED = "deleted"
    KEPT = "kept"
    SKIPPED = "skipped"
    STALE = "stale"
    """The object is not what was planned on any more."""
    FAILED = "failed"
    UNHEALTHY = "unhealthy"


BAD = frozenset({OutcomeState.STALE, OutcomeState.FAILED, OutcomeState.UNHEALTHY})


@dataclass(frozen=True, slots=True)
class Outcome:
    """``body`` is the live object after the write, where there is one."""

    action: PlannedAction
    state: OutcomeState
    message: str = ""
    body: Body | None = field(default=None, hash=False)
    warnings: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return self.state not in BAD


@dataclass(frozen=True, slots=True)
class RunResult:
    """``stopped`` says why the run ended early (a signal, a lost lock, a dead cluster), empty where it did not."""

    run: str
    outcomes: tuple[Outcome, ...]
    stopped: str = ""
    interrupted: bool = False
    before: str = ""
    """The commit that was applied whole before this run; empty where none was."""

    @property
    def exit_code(self) -> int:
        """Exactly one: interrupted, stale, not applied, unhealthy, fine."""
        states = {outcome.state for outcome in self.outcomes}
        if self.interrupted:
            return INTERRUPTED
        if OutcomeState.STALE in states:
            return STALE
        if OutcomeState.FAILED in states or self.stopped:
            return NOT_APPLIED
        return UNHEALTHY if OutcomeState.UNHEALTHY in states else OK
