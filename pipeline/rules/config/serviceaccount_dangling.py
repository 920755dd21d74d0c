"""A workload runs as a service account that the upgrade takes away, or that nobody renders.

## Why it matters

The API server refuses the pods (``serviceaccount not found``): nothing starts, and what runs is not replaced when it
ends.

## What to do

Let the chart make the account (``serviceAccount.create``), or name one that is there.
"""

from collections.abc import Iterator

from pipeline.core.analysis.dangling import dangling, newly_missing
from pipeline.core.analysis.references import ACCOUNT, Reference, references
from pipeline.core.analysis.removal import listed
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.finding import Confidence, Place, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    gone = _users(dangling(upgrade, WORKLOADS, _accounts))
    for name, places in sorted(gone.items()):
        yield Hit(
            places[0],
            title=f"{_running(places)} as service account {name.name}, which is no longer rendered",
            why="Once it is pruned, the API server refuses every new pod.",
            remedy="Keep the account (serviceAccount.create), or name one that is rendered.",
            also=tuple(places[1:]),
        )
    for name, places in sorted(_users(newly_missing(upgrade, WORKLOADS, _accounts)).items()):
        yield Hit(
            places[0],
            title=f"{_running(places)} as service account {name.name} now, and nobody renders it",
            why="Where it does not exist, the API server refuses the pods.",
            remedy=f"See that it exists in {name.namespace or upgrade.namespace}, or let the chart make it.",
            severity=Severity.HIGH,
            confidence=Confidence.LIKELY,
            also=tuple(places[1:]),
        )


def _accounts(resource: Resource) -> Iterator[Reference]:
    return (one for one in references(resource) if one.id.kind == ACCOUNT)


def _users(found: Iterator[tuple[Resource, Reference]]) -> dict[ResourceId, list[Place]]:
    users: dict[ResourceId, list[Place]] = {}
    for resource, reference in found:
        users.setdefault(reference.id, []).append(place(resource, reference.path))
    return users


def _running(places: list[Place]) -> str:
    first = places[0].resource
    if len(places) == 1:
        return f"{first.kind} {first.name} runs"
    return f"{len(places)} workloads ({listed(one.resource.name for one in places)}) run"


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n---\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: %s}}}\n"
)
_PATH = "spec.template.spec.serviceAccountName"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("its account goes", ("blocker", _PATH), before=_ACCOUNT % "a" + _WEB % "a", after=_WEB % "a"),
        speaks("another, which nobody renders", ("high", _PATH), before=_ACCOUNT % "a" + _WEB % "a", after=_WEB % "b"),
        quiet("another, which is rendered", before=_WEB % "a", after=_ACCOUNT % "b" + _WEB % "b"),
        quiet("it was never rendered", before=_WEB % "a", after=_WEB % "a"),
        quiet("the one of every namespace", before=_WEB % "a", after=_WEB % "default"),
    ),
)
