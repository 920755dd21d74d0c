"""The journal: a line before and after each write, each line chained to the previous one by its digest.

``run`` opens it, ``intent`` says what is about to be written, ``outcome`` what came of it, ``end`` closes the run.

A chain alone does not show that its end was cut off, or that all of it was rewritten. So the number of lines and the
digest of the last one that is safely on the disk (an ``Anchor``) are stored in the cluster: in the Lease with each
renewal and when it is released, and in the inventory with each save. A run that is resumed checks both first.

Nothing else of the journal decides what a resumed run does: an intent without an outcome may have arrived or not, and
only the live object shows which, so every object is read again. The journal is the record for people.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.errors import WorldError
from pipeline.core.json_text import escaped
from pipeline.core.redaction.run import hide
from pipeline.core.words import counted

START = "sha256:" + "0" * 64
_OUR_WORDS = frozenset({"outcome", *map(str, Fate)})
_HINT = "look at the cluster (pipeline status), then pipeline unlock --run RUN --abandon --reason WHY"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the journal of ``run`` ended at some time: the digest of its line number ``lines``, counted from 1."""

    run: str
    lines: int
    digest: str

    def __str__(self) -> str:
        return f"{self.run} {self.lines} {self.digest}"


def anchor_of(text: str) -> Anchor | None:
    """From its text; None if it is not an anchor (an older version of pipeline wrote none)."""
    run, _, rest = text.partition(" ")
    lines, _, last = rest.partition(" ")
    fits = lines.isascii() and lines.isdigit() and len(lines) < len("1000000000") and last.startswith("sha256:")
    return Anchor(run, int(lines), last) if fits and int(lines) else None


class Journal(Protocol):
    """Durable and append-only. ``intent`` and ``end`` return once the line cannot be lost any more."""

    def intent(self, line: dict[str, Any], /) -> int:
        """The line's number. Raises WorldError where it could not be made durable: then nothing may be written."""
        ...

    def outcome(self, intent: int, line: dict[str, Any], /) -> None: ...
    def note(self, line: dict[str, Any], /) -> None: ...

    def end(self, line: dict[str, Any], /) -> None:
        """The last line; a second end is not written."""
        ...

    def anchor(self) -> str:
        """The anchor of what is durable by now, as text; empty before the first line."""
        ...


@dataclass(frozen=True, slots=True)
class ReadJournal:
    """A journal with the digest of each line. ``torn``: its last line was cut off, as a crash may leave it."""

    lines: tuple[dict[str, Any], ...]
    digests: tuple[str, ...]
    torn: bool = False


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    if all(isinstance(value, int) or (isinstance(value, str) and value in _OUR_WORDS) for value in line.values()):
        return line
    text = orjson.dumps(line).decode()
    if hide(text) == text:
        return line
    return {key: hide(value) if isinstance(value, str) else value for key, value in line.items()}


def encoded(line: dict[str, Any], number: int, previous: str) -> bytes:
    """One line with its number and the digest of the line before it.

    Values of Secrets are hidden in what comes from outside, not in our own words, number and digest: a search for what
    may be packed in them took as long as to send the request.
    """
    whole = {**_shown(line), "number": number, "previous": previous}
    return escaped(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()).encode() + b"\n"


def read(data: bytes, where: str) -> ReadJournal:
    """Check the chain. A cut last line is tolerated; anything else that does not fit is not.

    Raises:
        WorldError: the journal was changed, or lost lines in its middle.
    """
    rows = data.split(b"\n")
    torn = bool(rows and rows[-1])
    lines, digests = [], [START]
    for number, row in enumerate(rows[:-1]):
        try:
            line = orjson.loads(row)
        except orjson.JSONDecodeError:
            line = {}
        if not isinstance(line, dict) or line.get("number") != number or line.get("previous") != digests[-1]:
            raise WorldError(f"{where}:{number + 1}: the journal's chain is broken here", hint=_HINT)
        lines.append(line)
        digests.append(digest(row))
    return ReadJournal(tuple(lines), tuple(digests[1:]), torn)


def check_end(journal: ReadJournal, anchor: Anchor, where: str) -> None:
    """That the journal still has the line that the cluster knows as its last one.

    Raises:
        WorldError: it was cut, or written again with other lines.
    """
    if len(journal.lines) < anchor.lines:
        left = counted(len(journal.lines), "line")
        message = f"{where}: the journal was cut: it has {left}, and the cluster knows of {anchor.lines}"
        raise WorldError(message, hint=_HINT)
    if journal.digests[anchor.lines - 1] != anchor.digest:
        message = f"{where}:{anchor.lines}: the journal was written again: this is not the line that the cluster knows"
        raise WorldError(message, hint=_HINT)
