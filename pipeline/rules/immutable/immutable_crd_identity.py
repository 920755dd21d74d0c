"""A CRD changes its group, scope, kind or plural.

## Why it matters

The API server refuses it: group and plural always, scope and kind once the CRD is established
(apiextensions.k8s.io/v1 validation).

## What to do

Export the custom resources, delete the CRD (which deletes them), apply the new one, and create them anew; or keep both
for a while under different names.
"""

from collections.abc import Iterator

from pipeline.core.change import ResourceChange
from pipeline.core.crd.examples import crd
from pipeline.core.finding import Severity
from pipeline.core.fixed import bodies, claims, differing, first_below
from pipeline.core.path import Path
from pipeline.core.resource import Body
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both)
    if paths:
        names = ", ".join(".".join(map(str, path)) for path in paths)
        places = [place(change.resource, first_below(change, path)) for path in paths]
        yield Hit(
            places[0],
            title=f"{change.id.kind} {change.id.name}: {names} cannot change",
            why="The API server refuses it, and the apply stops there.",
            remedy="Export the custom resources, delete the CRD, apply the new one, create them anew.",
            also=tuple(places[1:]),
            claims=claims(change, *paths),
        )


_FIXED: tuple[Path, ...] = (
    ("spec", "group"),
    ("spec", "scope"),
    ("spec", "names", "plural"),
    ("spec", "names", "kind"),
)


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    return differing(old, new, *_FIXED)


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"CustomResourceDefinition"}),
    cases=(
        speaks("it leaves its namespaces", ("blocker", "spec.scope"), before=crd(), after=crd(scope="Cluster")),
        speaks(
            "another kind",
            ("blocker", "spec.names.kind"),
            before=crd(),
            after=crd().replace("{kind: Widget,", "{kind: Gadget,"),
        ),
        quiet("a short name is new", before=crd(), after=crd(names="shortNames: [w]")),
    ),
)
