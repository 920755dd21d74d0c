"""Shared steps of rules about one schema keyword: select the changes, group them by CRD, report them once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.core.analysis.short_values import shortened
from pipeline.core.crd.compatibility import judged
from pipeline.core.crd.custom_resources import USE_NOT_SHOWN, naming, use_is_shown
from pipeline.core.crd.omissions import omitting
from pipeline.core.crd.pairs import claim
from pipeline.core.crd.schema.changes import PROPERTY, RETYPED, ChangedCrd, SchemaChange, changed_crds
from pipeline.core.crd.schema.keywords import names_required, values_removed
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, WholeCheck
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, listed

_SHOWN = 3
_LONGEST = 48
_ALL = 100_000
_SELF_SAID = frozenset({PROPERTY, RETYPED, "x-kubernetes-validations", "allOf", "anyOf", "oneOf", "not"})
_OWN_WORD = frozenset({"enum", "type", "default", "pattern", "format"})
"""Keywords that the title's words name already."""


@dataclass(frozen=True, slots=True)
class CrdFindingText:
    """``what`` follows the CRD's name: ``2 fields removed``, from the number of them.

    ``grade`` is for changes that are less than the rule's severity. ``fitting`` is the severity where every custom
    resource at hand fits the new schema, for rules that custom resources can refute. Without a repository or a cluster
    that shows any, the change is graded as for unknown users, and the finding says so. ``reached`` says that the
    custom resources that leave the field out are named.
    """

    what: Callable[[int], str]
    impact: str
    fix: str
    grade: Callable[[list[SchemaChange], ChangedCrd], Severity | None] | None = None
    fitting: Severity | None = None
    reached: bool = False


def fields_check(picks: Callable[[SchemaChange], bool], words: CrdFindingText) -> WholeCheck:
    """One finding per CRD, with every field that ``picks`` takes."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        for edited in changed_crds(upgrade):
            picked = [change for change in edited.telling if picks(change)]
            picked.sort(key=lambda change: change.keyword == RETYPED)
            if picked:
                yield _hit(upgrade, edited, picked, words)

    return check


def _hit(upgrade: Upgrade, edited: ChangedCrd, picked: list[SchemaChange], words: CrdFindingText) -> Hit:
    places = [edited.pair.place(change.path) for change in picked]
    names = list(dict.fromkeys(shown(change) for change in picked if change.keyword != RETYPED))
    severity = words.grade(picked, edited) if words.grade else None
    asked = words.fitting is not None and severity is None
    shown_here = asked and use_is_shown(upgrade, edited.pair.definition)
    fitting = _fitting(upgrade, edited, picked) if shown_here else []
    if fitting and words.fitting is not None:
        severity = words.fitting
    reached = omitting(upgrade, edited.pair.definition, picked) if words.reached else []
    return Hit(
        places[0],
        title=f"CRD {edited.pair.name}: {words.what(len(names))} ({listed(names, _SHOWN, between='; ')})",
        impact=f"{words.impact}{_here(fitting, 'fits')}{_here(reached, 'omits', ' it')}",
        fix=words.fix,
        severity=severity,
        evidence=(USE_NOT_SHOWN,) if asked and not shown_here else (),
        also=tuple(places[1:]),
        claims=claim(edited.pair, *(change.path for change in picked)),
    )


def _here(resources: list[Resource], verb: str, what: str = "") -> str:
    return f" Here {naming(resources)} {agreeing(len(resources), verb)}{what}." if resources else ""


def of_status(picked: list[SchemaChange], _edited: ChangedCrd) -> Severity | None:
    """Status is written by the controller, which comes along with its CRD."""
    return Severity.LOW if all(change.field.split(".")[0] == "status" for change in picked) else None


def _fitting(upgrade: Upgrade, edited: ChangedCrd, picked: list[SchemaChange]) -> list[Resource]:
    """The custom resources at the versions in question, where there are any and all of them fit the new schema."""
    versions = {change.version for change in picked}
    asked = [
        instance for instance in judged(upgrade).get(edited.pair.name, ()) if instance.resource.version in versions
    ]
    return [instance.resource for instance in asked] if asked and all(instance.fits for instance in asked) else []


def quiet_check(picks: Callable[[SchemaChange], bool], words: CrdFindingText, *, prose: bool = False) -> WholeCheck:
    """One finding for all CRDs together: for what is only to be accounted for. ``prose`` is looked at as well."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        looked_at = [(edited, edited.schema if prose else edited.telling) for edited in changed_crds(upgrade)]
        picked_of = [(edited, [change for change in several if picks(change)]) for edited, several in looked_at]
        picked_of = [(edited, picked) for edited, picked in picked_of if picked]
        if picked_of:
            number = sum(len(picked) for _, picked in picked_of)
            places = [edited.pair.place() for edited, _ in picked_of]
            names = listed((edited.pair.name for edited, _ in picked_of), _SHOWN, noun="CRD")
            yield Hit(
                places[0],
                title=f"{words.what(number)} in {names}",
                impact=words.impact,
                fix=words.fix,
                also=tuple(places[1:]),
                claims=tuple(
                    claimed
                    for edited, picked in picked_of
                    for claimed in claim(edited.pair, *(change.path for change in picked))
                ),
            )

    return check


def shown(change: SchemaChange) -> str:
    """``v1 spec.size maximum 50 -> 40``: the version, the field, and its old and new value."""
    detail = _detail(change)
    return f"{change.version} {_field(change)}{f' {detail}' if detail else ''}"


def _field(change: SchemaChange) -> str:
    if change.keyword == "required":
        return ", ".join(f"{change.field}.{name}".removeprefix(".") for name in names_required(change))
    return change.field or "the root"


def _detail(change: SchemaChange) -> str:
    old, new = change.old, change.new
    if change.keyword == "required":
        return ""
    if change.keyword == "enum":
        return f"without {_text(removed)}" if (removed := values_removed(change)) else f"only {_text(new)}"
    if change.keyword == "x-kubernetes-validations":
        return _rules(new)
    if change.keyword in _SELF_SAID:
        return ""
    word = "" if change.keyword in _OWN_WORD else f"{change.keyword} "
    if old is MISSING:
        return f"{word}{_text(new)}"
    if new is MISSING:
        return f"{word}{_text(old)} -> none"
    before, after = shortened(_text(old, _ALL), _text(new, _ALL), _LONGEST)
    return f"{word}{before} -> {after}"


def _rules(value: object) -> str:
    """The text of the first rule."""
    first = value[0] if isinstance(value, list) and value else value
    rule = first.get("rule") if isinstance(first, dict) else first
    return _text(rule) if isinstance(rule, str) else ""


def _text(value: object, longest: int = _LONGEST) -> str:
    if isinstance(value, list):
        value = ", ".join(_text(entry, longest) for entry in value) or "[]"
    if isinstance(value, dict):
        return "{…}"
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    text = " ".join(str(value).split())
    return (text if len(text) <= longest else f"{text[: longest - 1]}…") or '""'
