"""One of your custom resources sets a field that the new CRD does not know.

## Why it matters

Server-side apply, which ``pipeline apply`` uses, is rejected: "field not declared in schema". Every other write
silently drops the field, and the setting is lost.

## What to do

Move the setting to the field's replacement, together with the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import Judged, judged
from pipeline.core.kube.path import to_text
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for instances in judged(upgrade).values():
        yield from (_hit(instance) for instance in instances if instance.dropped)


def _hit(instance: Judged) -> Hit:
    resource, paths = instance.resource, instance.dropped
    return Hit(
        place(resource, paths[0]),
        title=f"{resource.kind} {resource.id.name} sets what the new CRD does not have: "
        + listed(map(to_text, paths), _SHOWN),
        impact="Server-side apply is rejected (field not declared in schema); "
        "any other write silently drops the field.",
        fix="Move the setting to the field's replacement.",
        also=tuple(place(resource, path) for path in paths[1:]),
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "its field is removed",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("a: {type: string}") + MINE % "size: 7",
        ),
        quiet(
            "another field is removed",
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("size: {type: integer}") + MINE % "size: 7",
        ),
        quiet(
            "it was dropped before",
            before=field("a: {type: string}") + MINE % "size: 7",
            after=field("b: {type: string}") + MINE % "size: 7",
        ),
    ),
)
