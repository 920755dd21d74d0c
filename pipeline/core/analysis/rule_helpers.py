"""Shared steps of rules about a set of paths: select an object's changes, report them once, claim exactly them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipeline.core.analysis.change_text import all_shown, shown
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, EachCheck, Hit, WholeCheck, at
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import in_a_title, plural

Picks = Callable[[FieldChange, Path], bool]
"""Whether a change is taken: the change, and its path (for pods: below the pod's spec)."""
Grade = Callable[[ResourceChange, list[FieldChange]], Severity | None]
Advise = Callable[[list[FieldChange]], tuple[str, str] | None]
_SHOWN = 3
_NAMED = 4
_HERE = "{}"
_HEAD = (("metadata",), ("apiVersion",), ("status",))
_MANY = {"its": "their", "it is": "they are", "it runs": "they run"}


@dataclass(frozen=True, slots=True)
class FindingText:
    """``what`` follows ``Deployment web:``, and the changes follow it in brackets; ``grade`` may set the severity.

    A ``what`` with ``{}`` has the changes there: ``port {} removed``, ``ports {} removed`` for several. An empty one
    leaves the changes alone, for a ``say`` that makes sentences.
    """

    what: str
    impact: str
    fix: str
    grade: Grade | None = None
    confidence: Confidence | None = None
    detail: bool = True
    say: "Say | None" = None
    """How one change is said; :func:`shown` where nothing else is."""
    commands: Callable[[ResourceChange], tuple[str, ...]] = lambda _: ()
    """Whole command lines that ``fix`` speaks of."""
    alone: Callable[[FieldChange], str] | None = None
    """Takes the place of ``what`` and the list where only one path changed: ``spec.a changes from 1 to 2``."""
    advise: Advise | None = None
    """Impact and fix where those of the rule do not fit the changes; None where they do."""


Say = Callable[[ResourceChange, FieldChange], str]


def custom_check(words: FindingText, picks: Callable[[FieldChange], bool]) -> EachCheck:
    """One finding per custom resource that is edited, about what is picked of all but its metadata."""

    def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
        if built_in_group(change.id.group) or change.action in (Action.ADDED, Action.REMOVED):
            return
        fields = (field for field in change.fields if not field.noise and field.path[:1] not in _HEAD)
        picked = [field for field in fields if picks(field)]
        if picked:
            yield hit(change, picked, words)

    return check


def pods_check(picks: Picks, words: FindingText) -> WholeCheck:
    """One finding for all workloads whose pods change in the same way."""
    say = words.say or (lambda _, field: shown(field))

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        groups: dict[tuple[str, ...], list[Hit]] = {}
        for change in upgrade.diff.changes:
            picked = [field for field, below in pod_fields(change) if picks(field, below)]
            if picked:
                one = hit(change, picked, words)
                groups.setdefault((str(one.severity), *(say(change, field) for field in picked)), []).append(one)
        yield from map(_together, groups.values())

    return check


def _together(hits: list[Hit]) -> Hit:
    """Hits that say the same of several workloads."""
    first = hits[0]
    if len(hits) == 1:
        return first
    objects = [member.place.resource for member in hits]
    kinds = {reference.kind for reference in objects}
    what = of_many(first.title.removeprefix(f"{objects[0].kind} {objects[0].name}"))
    noun = plural(kinds.pop()) if len(kinds) == 1 else "workloads"
    names = [reference.name for reference in objects]
    return replace(
        first,
        title=in_a_title(lambda shown: f"{len(hits)} {noun} ({shown}){what}", names, _NAMED),
        also=(*first.also, *(place for member in hits[1:] for place in (member.place, *member.also))),
        alike=tuple(member.place for member in hits[1:]),
        claims=tuple(claim for member in hits for claim in member.claims),
        commands=tuple(dict.fromkeys(command for member in hits for command in member.commands)),
    )


def of_many(what: str) -> str:
    """``its pods run`` as ``their pods run``, ``it is started`` as ``they are started``."""
    return re.sub(r"\b(its|it is|it runs)\b", lambda match: _MANY[match.group()], what, count=1)


def object_check(picks: Picks, words: FindingText, first: Path = ()) -> EachCheck:
    """One finding per object that is edited. ``first`` is a path that is named before all others."""

    def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
        if change.action in (Action.ADDED, Action.REMOVED):
            return
        picked = [field for field in change.fields if not field.noise and picks(field, field.path)]
        picked.sort(key=lambda field: field.path != first)
        if picked:
            yield hit(change, picked, words)

    return check


def alike_check(picks: Picks, words: FindingText) -> WholeCheck:
    """One finding for all objects that change in the same way: a label that every object of a chart carries."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        groups: dict[tuple[str, ...], list[tuple[ResourceChange, list[FieldChange]]]] = {}
        for change in upgrade.diff.changes:
            if change.action in (Action.ADDED, Action.REMOVED):
                continue
            picked = [field for field in change.fields if not field.noise and picks(field, field.path)]
            if picked:
                severity = str(words.grade(change, picked)) if words.grade else ""
                groups.setdefault((severity, *map(shown, picked)), []).append((change, picked))
        for (_, *said), group in groups.items():
            yield _of_group(tuple(said), group, words)

    return check


def _of_group(said: tuple[str, ...], group: list[tuple[ResourceChange, list[FieldChange]]], words: FindingText) -> Hit:
    first_hit = hit(*group[0], words)
    if len(group) == 1:
        return first_hit
    others = [at(change, field) for change, picked in group for field in picked]
    claims = tuple(Claim.of(change, field) for change, picked in group for field in picked)
    return replace(
        first_hit,
        title=in_a_title(
            lambda listed: f"{len(group)} objects: {_what(of_many(words.what), listed, len(said))}",
            said,
            _SHOWN,
            between="; ",
        ),
        also=tuple(others[1:]),
        alike=tuple(at(change, picked[0]) for change, picked in group[1:]),
        claims=claims,
    )


def hit(change: ResourceChange, picked: list[FieldChange], words: FindingText) -> Hit:
    """The finding about ``picked``: placed at the first, the others beside it, all of them explained."""
    places = [at(change, field) for field in picked]
    impact, fix = (words.advise(picked) if words.advise else None) or (words.impact, words.fix)
    texts = [words.say(change, field) for field in picked] if words.say else all_shown(picked)
    alone = words.alone(picked[0]) if words.alone and len(picked) == 1 else None

    def title(said: str) -> str:
        what = _what(words.what, said if words.detail else "", len(picked)) if alone is None else alone
        return f"{change.id.kind} {change.id.name}: {what}"

    return Hit(
        places[0],
        title=in_a_title(title, dict.fromkeys(texts), _SHOWN, between=_between(words)),
        impact=impact,
        fix=fix,
        commands=words.commands(change),
        severity=words.grade(change, picked) if words.grade else None,
        confidence=words.confidence,
        also=tuple(places[1:]),
        claims=tuple(Claim.of(change, field) for field in picked),
    )


def _between(words: FindingText) -> str:
    return ", " if _HERE in words.what else "; "


def _what(what: str, said: str, number: int) -> str:
    noun, here, rest = what.partition(_HERE)
    if here:
        return f"{noun if number == 1 or not noun else f'{plural(noun.rstrip())} '}{said}{rest}"
    return f"{what} ({said})" if what and said else what or said
