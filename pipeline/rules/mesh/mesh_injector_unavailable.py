"""Istio's injection webhook fails closed, and its control plane stops during the rollout.

## Why it matters

While no pod of the control plane answers, no pod that the webhook selects can start: neither those that roll now, nor
what nodes and autoscalers replace.

## What to do

Let the Deployment roll with ``maxUnavailable: 0``, or run two replicas.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import SideIndex, services, sides, template
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.redundancy import redundancy
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATH = ("spec", "strategy")


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.CHANGED or change.after is None or not any(change.under("spec", "template")):
        return
    side = sides(upgrade).after
    if _stops(change.after, side) and any(_serves(change.after, webhook, side) for webhook in _closed(side)):
        yield Hit(
            place(change.after, _PATH),
            title=f"Deployment {change.id.name}: all its pods stop at once, and Istio's injector fails without it",
            impact="Until it is ready again, no pod that the webhook selects can start.",
            fix="Let it roll with maxUnavailable: 0, or run two replicas.",
            claims=(Claim(change.id, _PATH, alone=True),),
        )


def _closed(side: SideIndex) -> Iterator[tuple[str, str]]:
    """The Services of injection webhooks whose failure refuses pods, by namespace and name."""
    for configuration in side.of("MutatingWebhookConfiguration", "admissionregistration.k8s.io"):
        for webhook in map(mapping, sequence(configuration.body.get("webhooks"))):
            service = mapping(mapping(webhook.get("clientConfig")).get("service"))
            if str(webhook.get("name")).endswith("sidecar-injector.istio.io") and fails_closed(webhook):
                yield str(service.get("namespace")), str(service.get("name"))


def _serves(workload: Resource, key: tuple[str, str], side: SideIndex) -> bool:
    service = services(side).get(key)
    selector = mapping(spec(service).get("selector")) if service else {}
    pods = template(workload, side.home(workload))
    return bool(selector) and pods.namespace == key[0] and selector.items() <= pods.labels.items()


def _stops(workload: Resource, side: SideIndex) -> bool:
    strategy = mapping(spec(workload).get("strategy"))
    if strategy.get("type") == "Recreate":
        return True
    most = mapping(strategy.get("rollingUpdate")).get("maxUnavailable", 0)
    least = redundancy(workload, side).least
    return most == "100%" or (isinstance(most, int) and most >= max(least, 1))


_WEBHOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: injector}\n"
    "webhooks: [{name: rev.sidecar-injector.istio.io, failurePolicy: %s,"
    " clientConfig: {service: {name: istiod, namespace: istio-system}}}]\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: istiod, namespace: istio-system}\n"
    "spec: {selector: {app: istiod}}\n---\n"
)
_PLANE = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\n"
    "spec: {replicas: %s, strategy: {%s}, template: {metadata: {labels: {app: istiod}},"
    " spec: {containers: [{name: discovery, image: 'istio/pilot:%s'}]}}}\n"
)
_FAIL, _ROLLS = _WEBHOOK % "Fail", "rollingUpdate: {maxUnavailable: 1}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"Deployment"}),
    cases=(
        speaks(
            "its only pod may stop",
            ("high", "spec.strategy"),
            before=_FAIL + _PLANE % (1, _ROLLS, "1.27.0"),
            after=_FAIL + _PLANE % (1, _ROLLS, "1.28.0"),
        ),
        speaks(
            "all pods are replaced at once",
            ("high", "spec.strategy"),
            before=_FAIL + _PLANE % (2, "type: Recreate", "1.27.0"),
            after=_FAIL + _PLANE % (2, "type: Recreate", "1.28.0"),
        ),
        quiet(
            "one of two stops",
            before=_FAIL + _PLANE % (2, _ROLLS, "1.27.0"),
            after=_FAIL + _PLANE % (2, _ROLLS, "1.28.0"),
        ),
        quiet(
            "the default strategy", before=_FAIL + _PLANE % (1, "", "1.27.0"), after=_FAIL + _PLANE % (1, "", "1.28.0")
        ),
        quiet(
            "the webhook fails open",
            before=_WEBHOOK % "Ignore" + _PLANE % (1, _ROLLS, "1.27.0"),
            after=_WEBHOOK % "Ignore" + _PLANE % (1, _ROLLS, "1.28.0"),
        ),
        quiet(
            "nothing rolls", before=_FAIL + _PLANE % (1, _ROLLS, "1.27.0"), after=_FAIL + _PLANE % (2, _ROLLS, "1.27.0")
        ),
    ),
)
