"""A custom resource of yours sets a field that the new CRD does not know.

## Why it matters

A server-side apply, which ``pipeline apply`` makes, is refused: "field not declared in schema". Every other write drops
the field without an error: the setting is lost, and nobody is told.

## What to do

Move the setting to what replaces the field, together with the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import Judged, judged
from pipeline.core.kube.path import Path, to_text
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for found in judged(upgrade).values():
        yield from (_hit(one) for one in found if one.dropped)


def _hit(one: Judged) -> Hit:
    resource, paths = one.resource, one.dropped
    return Hit(
        place(resource, paths[0]),
        title=f"{resource.kind} {resource.id.name} sets what the new CRD drops: {_listed(paths)}",
        why="Server-side apply is refused (field not declared in schema); any other write drops it in silence.",
        remedy="Move the setting to what replaces the field.",
        also=tuple(place(resource, path) for path in paths[1:]),
    )


def _listed(paths: tuple[Path, ...]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(to_text, paths[:_SHOWN])) + more


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "its field is gone",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("a: {type: string}") + MINE % "size: 7",
        ),
        quiet(
            "another field is gone",
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
