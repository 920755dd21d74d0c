"""One of your custom resources is valid with the old CRD but not with the new one.

## Why it matters

The API server rejects it on creation (in a new cluster, or from a backup) and when the invalid part changes; before
Kubernetes 1.30 at any update, even of its status. Server-side apply rejects a value of the wrong type even if nothing
changes.

## What to do

Change the custom resource together with the upgrade, or before it if the old CRD allows the change too.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import Judged, judged
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for found in judged(upgrade).values():
        yield from (_hit(one) for one in found if one.refused)


def _hit(one: Judged) -> Hit:
    resource, wrong = one.resource, one.refused
    return Hit(
        place(resource, wrong[0].path),
        title=f"{resource.kind} {resource.id.name} is no longer valid: {'; '.join(map(str, wrong[:_SHOWN]))}",
        why="The API server rejects it on creation, or when that part changes (before 1.30: at any update).",
        remedy="Change the custom resource together with the upgrade, or before.",
        also=tuple(place(resource, violation.path) for violation in wrong[1:]),
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "a limit is too low for it",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
        ),
        speaks(
            "a new validation rule forbids it",
            ("blocker", "spec"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer}", "x-kubernetes-validations: [{rule: self.size < 5}]")
            + MINE % "size: 7",
        ),
        quiet(
            "it fits",
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 9}") + MINE % "size: 7",
        ),
        quiet(
            "it was invalid before",
            before=field("size: {type: integer}") + MINE % "size: x",
            after=field("size: {type: integer, maximum: 9}") + MINE % "size: x",
        ),
    ),
)
