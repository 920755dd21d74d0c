"""The journal: one line before each write and one after it, each chained to the line before it by its digest.

``run`` opens it, ``intent`` says what is about to be written, ``outcome`` what came of it, ``end`` closes the run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.errors import WorldError

START = "sha256:" + "0" * 64


class Journal(Protocol):
    """Durable and append-only. ``intent`` and ``end`` return once the line cannot be lost any more."""

    def intent(self, line: dict[str, Any], /) -> int:
        """The line's number. Raises WorldError where it could not be made durable: then nothing may be written."""
        ...

    def outcome(self, intent: int, line: dict[str, Any], /) -> None: ...
    def note(self, line: dict[str, Any], /) -> None: ...
    def end(self, line: dict[str, Any], /) -> None: ...


@dataclass(frozen=True, slots=True)
class Read:
    """A journal as found. ``torn``: its last line was cut off, as a crash may leave it."""

    lines: tuple[dict[str, Any], ...]
    torn: bool = False

    @property
    def open(self) -> bool:
        return not self.lines or self.lines[-1].get("type") != "end"

    @property
    def unresolved(self) -> tuple[dict[str, Any], ...]:
        """Intents without an outcome: nobody knows yet whether they were carried out."""
        done = {line.get("intent") for line in self.lines if line.get("type") == "outcome"}
        return tuple(line for line in self.lines if line.get("type") == "intent" and line.get("number") not in done)


def encoded(line: dict[str, Any], number: int, previous: str) -> bytes:
    """One line with its number and the digest of the line before it."""
    return orjson.dumps({**line, "number": number, "previous": previous}, option=orjson.OPT_SORT_KEYS) + b"\n"


def read(data: bytes, where: str) -> Read:
    """Check the chain. A cut last line is tolerated; anything else that does not fit is not.

    Raises:
        WorldError: the journal was changed, or lost lines in its middle.
    """
    rows = data.split(b"\n")
    torn = bool(rows and rows[-1])
    lines = []
    previous = START
    for number, row in enumerate(rows[:-1]):
        try:
            line = orjson.loads(row)
        except orjson.JSONDecodeError:
            line = {}
        if not isinstance(line, dict) or line.get("number") != number or line.get("previous") != previous:
            hint = "look at the cluster (pipeline status), then pipeline unlock --run RUN --abandon --reason WHY"
            raise WorldError(f"{where}:{number + 1}: the journal's chain is broken here", hint=hint)
        lines.append(line)
        previous = digest(row)
    return Read(tuple(lines), torn)


def following(rows: Iterable[bytes]) -> str:
    """The digest that the next line must carry."""
    last = START
    for row in rows:
        last = digest(row.rstrip(b"\n"))
    return last
