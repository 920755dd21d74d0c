"""Every write of a run passes here: the lock is held, the intent is on disk, and the outcome is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.core.cluster.api.request import Answer, Call, Clock
from pipeline.core.cluster.api.response_table import Fate, fate
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.inventory.journal import Journal
from pipeline.core.errors import RefusedError
from pipeline.flows.cluster.client import Client


class StoppedError(Exception):
    """The run was asked to stop before this write."""


@dataclass(frozen=True, slots=True)
class Writer:
    """``may_write`` raises where the run must not begin another write (a signal, a lost lock)."""

    client: Client
    clock: Clock
    journal: Journal
    may_write: Callable[[], None]

    def write(self, call: Call, what: str, **more: Any) -> tuple[Fate, Answer]:
        """Announce, send and note. Only what certainly had no effect is sent again, each time announced again."""

        def announced(call: Call) -> Answer:
            self.may_write()
            number = self.announce(call, what, **more)
            answer = self.client.api.request(call)
            self.journal.outcome(number, {"status": answer.status, "fate": str(fate(call, answer))})
            return answer

        return self.client.send(call, announced)

    def announce(self, call: Call, what: str, **more: Any) -> int:
        """The number of the intent's line, which cannot be lost any more."""
        line = {"verb": call.method, "path": call.path, "what": what, "time": written(self.clock.now()), **more}
        return self.journal.intent(line)


@dataclass(frozen=True, slots=True)
class Ended:
    """A journal that has its last line: nothing more is noted, and its anchor stays."""

    journal: Journal

    def intent(self, _line: dict[str, Any]) -> int:
        return 0

    def outcome(self, _intent: int, _line: dict[str, Any]) -> None: ...
    def note(self, _line: dict[str, Any]) -> None: ...
    def end(self, _line: dict[str, Any]) -> None: ...

    def anchor(self) -> str:
        return self.journal.anchor()


def lost_lock() -> RefusedError:
    return RefusedError(
        "the lock was lost, so nothing else was written",
        hint="check pipeline status, then apply again",
    )
