"""Every write of a run goes through here: the lock is held, the intent is durable, the outcome is noted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.core.cluster.api.request import Answer, Call, Clock
from pipeline.core.cluster.api.retry import Fate, fate, wait_seconds
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.inventory.journal import Journal
from pipeline.core.errors import RefusedError
from pipeline.flows.cluster.client import Client


class StoppedError(Exception):
    """The run was told to stop before this write."""


@dataclass(frozen=True, slots=True)
class Writer:
    """``may_write`` raises where the run must not begin another write (a signal, a lost lock)."""

    client: Client
    clock: Clock
    journal: Journal
    may_write: Callable[[], None]

    def write(self, call: Call, what: str, **more: Any) -> tuple[Fate, Answer]:
        """Announce, send and note. Only what surely had no effect is sent again, each time announced anew."""
        end = self.clock.monotonic() + self.client.budget_seconds
        attempt = 0
        while True:
            self.may_write()
            line = {"verb": call.method, "path": call.path, "what": what, "time": written(self.clock.now()), **more}
            number = self.journal.intent(line)
            answer = self.client.api.request(call)
            found = fate(call, answer)
            self.journal.outcome(number, {"status": answer.status, "fate": str(found)})
            wait = wait_seconds(attempt, answer, 1.0)
            if found is not Fate.RETRY or self.clock.monotonic() + wait > end:
                return (Fate.FINAL if found is Fate.RETRY else found), answer
            self.clock.sleep(wait)
            attempt += 1


def lost_lock() -> RefusedError:
    return RefusedError("the lock was lost, so nothing more was written", hint="pipeline status, then apply again")
