"""Two of Istio's injectors select the same pods.

## Why it matters

Which of them injects its proxy is not defined: pods get a proxy of another revision than their control plane, or wait
for one that never becomes ready.

## What to do

Move the tag ``default`` to one revision, and remove the injector that is no longer used.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_INJECTOR = "sidecar-injector.istio.io"
_TYPICAL: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({"istio-injection": "enabled"}, {}),
    ({}, {"sidecar.istio.io/inject": "true"}),
    ({"istio.io/rev": "default"}, {}),
)
"""Labels of a namespace and of a pod with which injection is asked for."""


def _selected(configuration: Resource) -> set[int]:
    """Which of the typical pods an injector selects."""
    selected = set()
    for webhook in map(mapping, sequence(configuration.body.get("webhooks"))):
        if str(webhook.get("name")).endswith(_INJECTOR):
            spaces, pods = (mapping(webhook.get(key)) for key in ("namespaceSelector", "objectSelector"))
            selected |= {n for n, (space, pod) in enumerate(_TYPICAL) if selects(spaces, space) and selects(pods, pod)}
    return selected


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    own = _selected(resource)
    for other in side.of("MutatingWebhookConfiguration", "admissionregistration.k8s.io") if own else ():
        if other.id != resource.id and own & _selected(other):
            name = other.id.name
            title = f"selects the pods that MutatingWebhookConfiguration {name} selects too"
            yield StateFault(resource, ("webhooks",), (name,), title, certain=True)


_WEBHOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: %s}\n"
    "webhooks: [{name: %s.istio.io, namespaceSelector: {matchLabels: {%s}}}]\n---\n"
)
_ONE = _WEBHOOK % ("a", "namespace.sidecar-injector", "istio-injection: enabled")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"MutatingWebhookConfiguration"}),
        _faults,
        impact="Which injector adds its proxy is not defined: pods get one of the wrong revision.",
        fix="Move the tag default to one revision, and remove the other injector.",
    ),
    shares=("webhook-added", "webhook-entry-added", "webhook-match-changed"),
    cases=(
        speaks(
            "a second injector for the same namespaces",
            ("high", "webhooks"),
            ("high", "webhooks"),
            before=_ONE,
            after=_ONE + _WEBHOOK % ("b", "namespace.sidecar-injector", "istio-injection: enabled"),
        ),
        quiet(
            "one of another revision",
            before=_ONE,
            after=_ONE + _WEBHOOK % ("b", "namespace.sidecar-injector", "istio.io/rev: canary"),
        ),
        quiet(
            "a webhook of another kind",
            before=_ONE,
            after=_ONE + _WEBHOOK % ("b", "rev.validation", "istio-injection: enabled"),
        ),
    ),
)
