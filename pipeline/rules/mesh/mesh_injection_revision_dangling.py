"""A namespace or a workload asks for a revision of Istio that no injection webhook serves.

## Why it matters

Running pods keep their proxy, new ones get none: the mesh is lost pod by pod, without an error.

## What to do

Move the label, or the revision's tag, to a revision that is served before the old one is removed.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, template
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import WORKLOADS, template_path
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.injection import NAMESPACE_LABEL, REVISION, injectors
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _serves(revision: object, side: SideIndex) -> bool:
    return any(str(revision) in injector.revisions for injector in injectors(side))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.kind == "Namespace":
        path: Path = ("metadata", "labels", REVISION)
        revision = None if NAMESPACE_LABEL in resource.labels else resource.labels.get(REVISION)
    else:
        path = (*(template_path(resource) or ()), "metadata", "labels", REVISION)
        revision = template(resource, side.home(resource)).labels.get(REVISION)
    if revision and injectors(side) and not _serves(revision, side):
        title = f"asks for revision {revision} of Istio, which no webhook serves"
        yield StateFault(resource, path, (str(revision),), title, foreign=True, is_there=partial(_serves, revision))


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/rev: %s}}\n---\n"
_INJECTOR = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: istiod}\n"
    "webhooks: [{name: rev.sidecar-injector.istio.io, namespaceSelector: {matchExpressions:"
    " [{key: istio.io/rev, operator: In, values: [%s]}]}}]\n---\n"
)
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {istio.io/rev: %s}}\n"
_AT = 'metadata.labels["istio.io/rev"]'

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"Namespace"}) | WORKLOADS,
        _faults,
        impact="Running pods keep their proxy, new ones get none, without an error.",
        fix="Move the label, or the revision's tag, to a revision that is served.",
    ),
    shares=("labels-changed", "pod-labels-changed", "mesh-injection-lost", "immutable-pod-spec"),
    cases=(
        speaks(
            "the revision is removed",
            ("high", _AT),
            before=_INJECTOR % "canary" + _NAMESPACE % "canary",
            after=_INJECTOR % "stable" + _NAMESPACE % "canary",
        ),
        speaks(
            "a pod asks for another one",
            ("high", _AT),
            before=_INJECTOR % "canary" + _POD % "canary",
            after=_INJECTOR % "canary" + _POD % "canray",
        ),
        quiet("no injector is at hand", before=_NAMESPACE % "stable", after=_NAMESPACE % "canary"),
        quiet(
            "a tag is a revision",
            before=_INJECTOR % "'1-30'" + _NAMESPACE % "'1-30'",
            after=_INJECTOR % "'1-30', prod" + _NAMESPACE % "prod",
        ),
    ),
)
