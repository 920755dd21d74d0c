"""Rules about one keyword of CRD schemas are alike: pick the changes, group them by CRD, say them once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.core.crd.pairs import claim
from pipeline.core.crd.schema_changes import Edited, SchemaChange, edits
from pipeline.core.finding import Confidence, Severity
from pipeline.core.rule import Hit, WholeCheck
from pipeline.core.upgrade import Upgrade

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Words:
    """``what`` follows the CRD's name: ``2 fields are removed``, from the number of them."""

    what: Callable[[int], str]
    why: str
    remedy: str
    severity: Severity | None = None
    confidence: Confidence | None = None


def fields_check(picks: Callable[[SchemaChange], bool], words: Words) -> WholeCheck:
    """One finding a CRD, with every field that ``picks`` takes."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        for edited in edits(upgrade):
            picked = [change for change in edited.schema if picks(change)]
            if picked:
                yield _hit(edited, picked, words)

    return check


def _hit(edited: Edited, picked: list[SchemaChange], words: Words) -> Hit:
    places = [edited.pair.place(change.path) for change in picked]
    names = list(dict.fromkeys(shown(change) for change in picked))
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return Hit(
        places[0],
        title=f"CRD {edited.pair.name}: {words.what(len(names))}: {listed}",
        why=words.why,
        remedy=words.remedy,
        severity=words.severity,
        confidence=words.confidence,
        also=tuple(places[1:]),
        claims=claim(edited.pair, *(change.path for change in picked)),
    )


def quiet_check(picks: Callable[[SchemaChange], bool], words: Words) -> WholeCheck:
    """One finding for all CRDs together: for what is only to be accounted for."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        found = [(edited, [change for change in edited.schema if picks(change)]) for edited in edits(upgrade)]
        found = [(edited, picked) for edited, picked in found if picked]
        if found:
            number = sum(len(picked) for _, picked in found)
            places = [edited.pair.place() for edited, _ in found]
            names = ", ".join(edited.pair.name for edited, _ in found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more CRDs" if len(found) > _SHOWN else ""
            yield Hit(
                places[0],
                title=f"{words.what(number)} in {names}{more}",
                why=words.why,
                remedy=words.remedy,
                also=tuple(places[1:]),
                claims=tuple(
                    one for edited, picked in found for one in claim(edited.pair, *(change.path for change in picked))
                ),
            )

    return check


def shown(change: SchemaChange) -> str:
    return f"{change.field or 'the root'} ({change.version})"


def many(number: int, word: str, rest: str) -> str:
    """``1 field is removed``, ``3 fields are removed``."""
    return f"1 {word} is {rest}" if number == 1 else f"{number} {word}s are {rest}"
