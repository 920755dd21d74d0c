"""A CRD changes the other names of its kind: singular, list kind, short names, categories.

## Why it matters

Scripts and habits that use an old one break: ``kubectl get`` finds nothing under it.

## What to do

Use full resource names in scripts.
"""

from collections.abc import Iterator

from pipeline.core.crd.examples import crd
from pipeline.core.crd.pairs import claim, edited
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.rule import Hit, Rule, quiet, speaks
from pipeline.core.upgrade import Upgrade

_NAMES = ("singular", "listKind", "shortNames", "categories")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited(upgrade):
        changed = [key for key in _NAMES if before.names.get(key) != after.names.get(key)]
        if not changed:
            continue
        paths: list[Path] = [("spec", "names", key) for key in changed]
        gone = any(before.names.get(key) for key in changed)
        yield Hit(
            pair.place(paths[0]),
            title=f"CRD {pair.name}: its names change ({', '.join(changed)})",
            why="Scripts that use an old name break.",
            remedy="Use full resource names in scripts.",
            severity=None if gone else Severity.INFO,
            also=tuple(pair.place(path) for path in paths[1:]),
            claims=claim(pair, *paths),
        )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("a short name goes", ("low", "spec.names.shortNames"), before=crd(names="shortNames: [w]"), after=crd()),
        speaks(
            "a short name comes", ("info", "spec.names.shortNames"), before=crd(), after=crd(names="shortNames: [w]")
        ),
        quiet("the names stay", before=crd(), after=crd(scope="Cluster")),
    ),
)
