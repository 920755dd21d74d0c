"""An object moves from this release to another of the same environment.

## Why it matters

Whoever prunes this release after the other one was applied deletes the object that the other now owns: Helm does, and
tools with an inventory a release. ``pipeline apply`` does not: its inventory is the environment's.

## What to do

Apply both releases in one run, or let the old owner forget the object first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import counted, grouped
from pipeline.core.diff.change import Action
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    assert others is not None, "BUG: evaluated without a repository"
    owner = {resource.id: resource.release for resource in others.resources}
    moved = [change for change in upgrade.diff.of_action(Action.REMOVED) if change.id in owner]
    for release, changes in grouped(moved, lambda change: owner[change.id]).items():
        places = [at(change) for change in changes]
        yield Hit(
            places[0],
            title=f"{counted(changes)} {'move' if len(changes) > 1 else 'moves'} to {release or 'another release'}",
            why="Whoever prunes this release after the other was applied deletes what that now owns.",
            remedy="Apply both in one run, or make the old owner forget them first.",
            also=tuple(places[1:]),
        )


_ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    needs=(Need.REPOSITORY,),
    cases=(
        speaks(
            "another release renders it now",
            ("medium", ""),
            before=_ONE,
            facts={"repository_after": parse(_ONE, namespace="shop")},
        ),
        quiet("nobody renders it now", before=_ONE, facts={"repository_after": parse("", namespace="shop")}),
    ),
)
