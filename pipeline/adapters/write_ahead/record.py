"""The record: what a run is about to do to a repository, written before it is done.

It is one JSON file, replaced as a whole. If it exists while no run is active, a run was killed half way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from pipeline.adapters.write_ahead.durable import staged_name, write_whole
from pipeline.adapters.write_ahead.place import StatePlace
from pipeline.adapters.write_ahead.turn import Turn

SCHEMA = "pipeline.record/v1"


class Stage(StrEnum):
    """How far a run had come."""

    PREPARING = "preparing"
    """Nothing of the user's was touched: what was prepared is thrown away."""
    DOING = "doing"
    """All that is new is on the disk: what was begun is finished."""
    UNDOING = "undoing"
    """Something failed: what was begun is undone."""
    DONE = "done"
    """Only what was prepared is left to be removed."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """``kind`` says who can go on with it, ``body`` is theirs; ``who`` is as ``Turn.who`` has it."""

    kind: str
    stage: Stage
    who: Mapping[str, Any]
    body: Mapping[str, Any]


def keep(turn: Turn, kind: str, stage: Stage, body: Mapping[str, Any], *, flush: bool = True) -> None:
    """Write the record in place of an earlier one. With ``flush`` it outlives a power cut. Raises OSError."""
    turn.place.folder.mkdir(mode=0o700, exist_ok=True)
    data = {"schema": SCHEMA, "kind": kind, "stage": stage, "who": turn.who, "body": body}
    write_whole(turn.place.record, orjson.dumps(data), flush=flush)


def forget(place: StatePlace) -> None:
    """What it says is done, or was never begun. Raises OSError."""
    staged_name(place.record).unlink(missing_ok=True)
    place.record.unlink(missing_ok=True)


def read(place: StatePlace) -> RunRecord | None:
    """None where there is none, or where what is there was never a whole record. Raises OSError."""
    try:
        data = orjson.loads(place.record.read_bytes())
        if data["schema"] != SCHEMA:
            return None
        return RunRecord(data["kind"], Stage(data["stage"]), data["who"], data["body"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
