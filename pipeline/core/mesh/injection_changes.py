"""Workloads whose pods get a proxy on one side of an upgrade only, and what decides it."""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.core.analysis.side_index import PodTemplate, SideIndex, Sides, sides, template
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.mesh.injection import INJECT, REVISION, is_ambient, is_injected, namespace_labels
from pipeline.core.risk.upgrade import Upgrade


class InjectionChange(NamedTuple):
    """``path`` is what decides it in the workload, empty where the namespace or the webhooks do: ``cause`` says it."""

    pods: PodTemplate
    path: Path
    cause: str


def injection_changes(upgrade: Upgrade, *, gained: bool) -> Iterator[InjectionChange]:
    """The release's workloads, on both sides, whose pods gain a proxy; or lose it, and the node has none for them."""
    past, now = sides(upgrade)
    known = {own_pod.workload.id: own_pod for own_pod in own_pods(upgrade.before.manifests, past)}
    for pods in own_pods(upgrade.after.manifests, now):
        earlier = known.get(pods.workload.id)
        if earlier is None or is_injected(pods, now) is not gained or is_injected(earlier, past) is gained:
            continue
        if gained or not is_ambient(pods, now):
            yield _change(earlier, pods, sides(upgrade))


def own_pods(manifests: ManifestSet, side: SideIndex) -> Iterator[PodTemplate]:
    """The pods of a release's own workloads."""
    return (template(resource, side.home(resource)) for resource in manifests.resources if resource.kind in WORKLOADS)


def _change(before: PodTemplate, after: PodTemplate, both: Sides) -> InjectionChange:
    head = template_path(after.workload) or ()
    for key in (INJECT, REVISION):
        if before.labels.get(key) != after.labels.get(key):
            return InjectionChange(
                after, (*head, "metadata", "labels", key), _cause(f"label {key}", after.labels.get(key))
            )
    if before.annotations.get(INJECT) != after.annotations.get(INJECT):
        path = (*head, "metadata", "annotations", INJECT)
        return InjectionChange(after, path, _cause(f"annotation {INJECT}", after.annotations.get(INJECT)))
    if pod_spec(before.workload).get("hostNetwork") != pod_spec(after.workload).get("hostNetwork"):
        return InjectionChange(after, (*head, "spec", "hostNetwork"), "its pods use the node's network or no longer do")
    if namespace_labels(before.namespace, both.before) != namespace_labels(after.namespace, both.after):
        return InjectionChange(after, (), f"the labels of namespace {after.namespace} change")
    return InjectionChange(after, (), "the webhooks that inject proxies select other pods")


def _cause(what: str, value: object) -> str:
    return f"{what} is removed" if value is None else f"{what} is {value}"
