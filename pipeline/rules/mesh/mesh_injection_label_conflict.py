"""A namespace asks for Istio's proxy in two ways that exclude each other.

``istio-injection`` wins over ``istio.io/rev``: the revision is not used. ``istio.io/dataplane-mode: ambient`` beside a
sidecar has pods join the mesh by the sidecar alone.

## Why it matters

The pods are injected by another revision than the label says, or not at all.

## What to do

Keep one of the labels.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.injection import AMBIENT, NAMESPACE_LABEL, REVISION
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    labels = resource.labels
    path: Path = ("metadata", "labels", NAMESPACE_LABEL)
    if labels.get(NAMESPACE_LABEL) == "enabled" and labels.get(REVISION):
        title = f"has {NAMESPACE_LABEL} and {REVISION}: revision {labels[REVISION]} is not used"
        yield StateFault(resource, path, (REVISION,), title, certain=True)
    if labels.get(AMBIENT) == "ambient" and labels.get(NAMESPACE_LABEL) == "enabled":
        title = f"has {NAMESPACE_LABEL} and {AMBIENT}: its pods get sidecars, and no ambient mode"
        yield StateFault(resource, path, (AMBIENT,), title, certain=True)


def _namespace(labels: str) -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n"


_AT = "metadata.labels.istio-injection"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        frozenset({"Namespace"}),
        _faults,
        impact="Pods are injected by another revision than the label says, or not as expected.",
        fix="Keep one of the labels.",
    ),
    shares=("labels-changed",),
    cases=(
        speaks(
            "a revision beside the old label",
            ("medium", _AT),
            before=_namespace("istio-injection: enabled"),
            after=_namespace("istio-injection: enabled, istio.io/rev: canary"),
        ),
        speaks(
            "ambient mode beside sidecars",
            ("medium", _AT),
            before=_namespace("istio-injection: enabled"),
            after=_namespace("istio-injection: enabled, istio.io/dataplane-mode: ambient"),
        ),
        quiet(
            "injection is off, whatever the revision",
            before=_namespace("istio.io/rev: canary"),
            after=_namespace("istio-injection: disabled, istio.io/rev: canary"),
        ),
        quiet(
            "a revision alone", before=_namespace("istio-injection: enabled"), after=_namespace("istio.io/rev: canary")
        ),
    ),
)
