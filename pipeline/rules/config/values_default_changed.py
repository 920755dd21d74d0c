"""A chart's default value changes, for a key that we do not set or for one that we do.

## Why it matters

If we do not set the key, the new default applies after the upgrade. If we do, our value hides the new default; the
reason for the change may apply to us too.

## What to do

Set the old value in our values file if you do not want the new default.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.changed_defaults import DefaultChange, changed_defaults
from pipeline.core.analysis.images import IMAGE_KEY
from pipeline.core.analysis.short_values import between
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import counted, listed

_SHOWN = 3
# Image coordinates change with every release; the image rules speak of what they mean.


def check(upgrade: Upgrade) -> Iterator[Hit]:
    changed = [c for c in changed_defaults(upgrade) if c.same_type and not c.removed and not c.added]
    open_to_us = [c for c in changed if not c.set_by_us and not IMAGE_KEY.fullmatch(c.path[-1])]
    images = [c for c in changed if not c.set_by_us and IMAGE_KEY.fullmatch(c.path[-1])]
    hidden = [c for c in changed if c.set_by_us]
    switches = [c for c in open_to_us if isinstance(c.old, bool)]
    for group, severity in ((switches, Severity.MEDIUM), ([c for c in open_to_us if c not in switches], Severity.LOW)):
        if group:
            yield _hit(
                group,
                severity,
                "The new defaults apply after the upgrade.",
                "Set the old values if you do not want the new ones.",
            )
    if images:
        yield _hit(images, Severity.INFO, "Different images run after the upgrade.", "Read the images' release notes.")
    if hidden:
        yield _hit(
            hidden, Severity.INFO, "Our own values hide the new defaults.", "Check that our values are still right."
        )


def _hit(group: list[DefaultChange], severity: Severity, impact: str, fix: str) -> Hit:
    places = [Place(ResourceRef.chart_file(change.file), change.path) for change in group]
    shown = listed((f"{'.'.join(c.own_path)} {between(c.old, c.new)}" for c in group), _SHOWN, between="; ")
    return Hit(
        places[0],
        title=f"{counted(len(group), 'default value')} changed: {shown}",
        impact=impact,
        fix=fix,
        severity=severity,
        confidence=Confidence.PROVEN,
        also=tuple(places[1:]),
        evidence=tuple(f"{c.file}: {'.'.join(c.path)}: {between(c.old, c.new)}" for c in group),
    )


_OLD = chart("1.0.0", "rate: 5s\nimage: {tag: v1}\n")
_NEW = chart("1.1.0", "rate: 300s\nimage: {tag: v2}\n")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    needs=(Need.CHART,),
    unrendered=True,
    whole=check,
    cases=(
        speaks("defaults that we do not set change", ("low", "rate"), ("info", "image.tag"), sides=sides(_OLD, _NEW)),
        speaks(
            "our own value hides the new default",
            ("info", "image.tag"),
            ("info", "rate"),
            sides=sides(_OLD, _NEW, "rate: 10s"),
        ),
        speaks(
            "a switch is flipped",
            ("medium", "snippets"),
            sides=sides(chart("1.0.0", "snippets: true"), chart("2.0.0", "snippets: false")),
        ),
        quiet("a type changes: values-type-changed speaks", sides=sides(chart("1", "a: 1"), chart("2", "a: {b: 1}"))),
    ),
)
