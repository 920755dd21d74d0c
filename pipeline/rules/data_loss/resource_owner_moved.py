"""An object moves from this release to another of the same environment.

## Why it matters

If this release is pruned after the other one was applied, the object that the other now owns is deleted. Helm and tools
with one inventory per release do that. ``pipeline apply`` does not: it keeps one inventory per environment.

## What to do

Apply both releases in one run, or let the old owner give up the object first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import by_kind, grouped, owners
from pipeline.core.diff.change import Action
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    assert others is not None, "BUG: evaluated without a repository"
    removed = list(upgrade.diff.of_action(Action.REMOVED))
    owner = owners(others, removed)
    moved = [change for change in removed if change.id in owner]
    for release, changes in grouped(moved, lambda change: owner[change.id]).items():
        places = [at(change) for change in changes]
        yield Hit(
            places[0],
            title=f"{by_kind(changes)} {agreeing(len(changes), 'moves')} to {release or 'another release'}",
            impact="If this release is pruned after the other was applied, what the other now owns is deleted.",
            fix="Apply both releases in one run, or remove it from the old one first.",
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
        quiet("it is no longer rendered", before=_ONE, facts={"repository_after": parse("", namespace="shop")}),
    ),
)
