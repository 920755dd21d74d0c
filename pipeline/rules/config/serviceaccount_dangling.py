"""A workload runs as a service account that the upgrade removes, or that is not rendered.

## Why it matters

The API server rejects the pods (``serviceaccount not found``): nothing starts, and running pods are not replaced when
they end.

## What to do

Let the chart create the account (``serviceAccount.create``), or refer to one that exists.
"""

from collections.abc import Iterator

from pipeline.core.analysis.dangling import dangling, newly_missing
from pipeline.core.analysis.references import ACCOUNT, Reference, references
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.finding import Confidence, Place, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(upgrade: Upgrade) -> Iterator[Hit]:
    removed = _users(dangling(upgrade, WORKLOADS, _accounts))
    for name, places in sorted(removed.items()):
        yield Hit(
            places[0],
            title=f"{_running(places)} as service account {name.name}, which is no longer rendered",
            impact="After it is pruned, the API server rejects every new pod.",
            fix="Keep the account (serviceAccount.create), or refer to one that is rendered.",
            also=tuple(places[1:]),
        )
    for name, places in sorted(_users(newly_missing(upgrade, WORKLOADS, _accounts)).items()):
        yield Hit(
            places[0],
            title=f"{_running(places, 'now ')} as service account {name.name}, which is not rendered",
            impact="If it does not exist, the API server rejects the pods.",
            fix=f"Make sure that service account {name.name} exists in {name.namespace or upgrade.namespace}, "
            "or let the chart create it.",
            severity=Severity.HIGH,
            confidence=Confidence.LIKELY,
            also=tuple(places[1:]),
        )


def _accounts(resource: Resource) -> Iterator[Reference]:
    return (reference for reference in references(resource) if reference.id.kind == ACCOUNT)


def _users(missing: Iterator[tuple[Resource, Reference]]) -> dict[ResourceId, list[Place]]:
    users: dict[ResourceId, list[Place]] = {}
    for resource, reference in missing:
        users.setdefault(reference.id, []).append(place(resource, reference.path))
    return users


def _running(places: list[Place], since: str = "") -> str:
    first = places[0].resource
    if len(places) == 1:
        return f"{first.kind} {first.name} {since}runs"
    return f"{len(places)} workloads ({listed(one.resource.name for one in places)}) {since}run"


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
    compares=True,
    cases=(
        speaks("its account is removed", ("blocker", _PATH), before=_ACCOUNT % "a" + _WEB % "a", after=_WEB % "a"),
        speaks("another, which is not rendered", ("high", _PATH), before=_ACCOUNT % "a" + _WEB % "a", after=_WEB % "b"),
        quiet("another, which is rendered", before=_WEB % "a", after=_ACCOUNT % "b" + _WEB % "b"),
        quiet("it was never rendered", before=_WEB % "a", after=_WEB % "a"),
        quiet("the default account", before=_WEB % "a", after=_WEB % "default"),
    ),
)
