"""Objects are added.

## Why it matters

They are created with the upgrade. If an object of the same name already exists, it is taken over.

## What to do

Check what is added, and that no object of that name exists already.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import by_kind, grouped, kind_changes, naming
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import CRD_KIND, Delivery
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_before
    owner = {resource.id: resource.release for resource in others.resources} if others else {}
    told = {new.id for _, new in kind_changes(upgrade)}
    fresh = (one for one in upgrade.diff.of_action(Action.ADDED) if one.resource.delivery is not Delivery.HOOK)
    added = [one for one in fresh if one.id.kind != CRD_KIND and one.id not in told]
    for changes in grouped([one for one in added if one.id not in owner], lambda change: change.id.kind).values():
        yield _hit(
            changes,
            f"{naming(changes)} {agreeing(len(changes), 'is')} added",
            "If an object of that name already exists, it is taken over.",
            "Check that no object of that name exists already.",
        )
    taken = [one for one in added if one.id in owner]
    for release, changes in grouped(taken, lambda change: owner[change.id]).items():
        yield _hit(
            changes,
            f"{by_kind(changes)} {agreeing(len(changes), 'moves')} here from {release or 'another release'}",
            "Both releases render it until the other one removes it.",
            "Apply both releases in one run, or let the other one give up ownership first.",
        )


def _hit(changes: list[ResourceChange], title: str, why: str, remedy: str) -> Hit:
    places = [at(change) for change in changes]
    return Hit(places[0], title, why, remedy, also=tuple(places[1:]))


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("a Service comes", ("info", ""), after=_SERVICE % "a"),
        speaks(
            "a Service comes from another release",
            ("info", ""),
            after=_SERVICE % "a",
            facts={"repository_before": parse(_SERVICE % "a", namespace="shop", release="web")},
        ),
        quiet("a hook comes", after=_SERVICE % "a, annotations: {helm.sh/hook: pre-upgrade}"),
        quiet("a Service goes", before=_SERVICE % "a"),
    ),
)
