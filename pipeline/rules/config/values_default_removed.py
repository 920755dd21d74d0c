"""Keys that we do not set are removed from the chart's default values.

## Why it matters

What the key enabled was removed or moved; the templates decide now. If the old default was empty or false, nothing
is lost.

## What to do

Look for the key's new name if you need the feature; the changes to the manifests show what it did.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.changed_defaults import DefaultChange, changed_defaults
from pipeline.core.analysis.images import IMAGE_KEY
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, counted, listed, noun_for

_SHOWN = 4


def check(upgrade: Upgrade) -> Iterator[Hit]:
    removed = [change for change in changed_defaults(upgrade) if change.removed and not change.set_by_us]
    felt, unknown = _felt(upgrade), upgrade.facts.repository_before is None
    for severity in (Severity.MEDIUM, Severity.LOW):
        group = [change for change in removed if _severity(change, felt=felt, unknown=unknown) is severity]
        if group:
            yield _hit(group, severity, unknown=unknown)


def _felt(upgrade: Upgrade) -> bool:
    """Whether the manifests differ in more than images: else what the defaults did is still done, or never was."""
    return any(
        not change.fields or any(not field.noise and field.path[-1:] != ("image",) for field in change.fields)
        for change in upgrade.diff.changes
    ) or bool(upgrade.facts.refusal)


def _severity(change: DefaultChange, *, felt: bool, unknown: bool) -> Severity:
    """Where no repository shows who sets the key, somebody has switched on what is off by default."""
    image = IMAGE_KEY.fullmatch(change.path[-1])  # rules of images tell what became of it
    return Severity.MEDIUM if felt and (unknown or _active(change.old)) and not image else Severity.LOW


def _active(value: object) -> bool:
    """Whether the old default did something: a map that is switched off did not."""
    if isinstance(value, dict):
        return value.get("enabled") is not False and any(map(_active, value.values()))
    return bool(value)


def _hit(group: list[DefaultChange], severity: Severity, *, unknown: bool) -> Hit:
    places = [Place(ResourceRef.chart_file(change.file), change.path) for change in group]
    names = listed((".".join(change.path) for change in group), _SHOWN)
    active = severity is Severity.MEDIUM and any(_active(change.old) for change in group)
    return Hit(
        places[0],
        title=f"{counted(len(group), 'default value')} removed from the chart: {names}",
        impact=_why(len(group), active=active, unknown=severity is Severity.MEDIUM and unknown),
        fix=f"Look for the new {noun_for(len(group), 'name')} there if you need what was removed.",
        severity=severity,
        also=tuple(places[1:]),
    )


def _why(number: int, *, active: bool, unknown: bool) -> str:
    if active:
        was, its = agreeing(number, "was"), agreeing(number, "its")
        return f"The old {noun_for(number, 'default')} {was} in effect; {its} function was removed or moved."
    if unknown:
        return f"Helm silently ignores values that still set {'it' if number == 1 else 'them'}."
    had = f"{agreeing(number, 'it')} {agreeing(number, 'was')}".capitalize()
    return f"{had} off or empty, or had no effect on what is rendered."


_OLD = chart("1.0.0", "args: [--stats]\npsp: {enabled: false, name: x}\nimage: {tag: v1}\nkept: 1\n")
_NEW = chart("2.0.0", "kept: 1\nimage: {}\n")
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {stats: '%s'}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    needs=(Need.CHART,),
    unrendered=True,
    whole=check,
    cases=(
        speaks(
            "a default in effect, one that is off, and one of an image",
            ("medium", "args"),
            ("low", "psp"),
            before=_MAP % "on",
            after=_MAP % "off",
            sides=sides(_OLD, _NEW),
            facts={"repository_before": ManifestSet()},
        ),
        speaks(
            "no repository shows that nobody switches it on",
            ("medium", "psp"),
            before=_MAP % "on",
            after=_MAP % "off",
            sides=sides(chart("1.0.0", "psp: {enabled: false}\n"), chart("2.0.0", "")),
        ),
        speaks("nothing that is rendered changes", ("low", "args"), sides=sides(_OLD, _NEW)),
        quiet("we set the key: values-key-orphaned speaks", sides=sides(chart("1", "a: 1"), chart("2", ""), "a: 2")),
        quiet("a default is added", sides=sides(_NEW, _OLD)),
    ),
)
