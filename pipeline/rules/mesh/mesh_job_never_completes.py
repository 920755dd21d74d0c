"""A Job's or CronJob's pods get Istio's proxy, which keeps running when the job is done.

## Why it matters

The pod never completes: the Job runs until its deadline, the next run of a CronJob waits or piles up, and a hook
fails the release.

## What to do

Set the pod label ``sidecar.istio.io/inject: "false"`` (it wins over the annotation), use native sidecars (Kubernetes
1.29 or later, and Istio 1.27 or later or ``ENABLE_NATIVE_SIDECARS``), or have the job call ``/quitquitquit``.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import PodTemplate, SideIndex, sides
from pipeline.core.kube.pods import containers, template_path
from pipeline.core.mesh.control_plane import jobs_end
from pipeline.core.mesh.injection import is_injected
from pipeline.core.mesh.injection_changes import own_pods
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_JOBS = frozenset({"Job", "CronJob"})
_NATIVE = "sidecar.istio.io/nativeSidecar"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    jobs = [resource for resource in upgrade.after.manifests.resources if resource.kind in _JOBS]
    if not jobs:
        return
    both, facts = sides(upgrade), upgrade.facts
    known = {own_pod.workload.id: own_pod for own_pod in own_pods(upgrade.before.manifests, both.before)}
    for pods in own_pods(upgrade.after.manifests, both.after):
        if pods.workload.kind not in _JOBS or not _hangs(pods, both.after, facts.target):
            continue
        earlier = known.get(pods.workload.id)
        if earlier is not None and _hangs(earlier, both.before, facts.target_before or facts.target):
            continue
        sure = jobs_end(both.after, facts.target) is False
        yield Hit(
            place(pods.workload, (*(template_path(pods.workload) or ()), "metadata", "labels")),
            title=f"{pods.workload.kind} {pods.workload.id.name}: its pods get Istio's proxy, which does not end",
            impact="The pod never completes: the Job hangs until its deadline.",
            fix='Set the pod label sidecar.istio.io/inject: "false", or use native sidecars.',
            severity=Severity.HIGH if sure else Severity.MEDIUM,
            confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        )


def _hangs(pods: PodTemplate, side: SideIndex, kubernetes: tuple[int, int] | None) -> bool:
    if str(pods.annotations.get(_NATIVE, "")).lower() == "true" or jobs_end(side, kubernetes):
        return False
    return is_injected(pods, side) and not _stops_proxy(pods)


def _stops_proxy(pods: PodTemplate) -> bool:
    said = (str([container.get(key) for key in ("command", "args", "env")]) for container in containers(pods.workload))
    return any("quitquitquit" in text or "EXIT_ON_ZERO_ACTIVE_CONNECTIONS" in text for text in said)


_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---\n"
_ISTIOD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\n"
    "spec: {template: {spec: {containers: [{name: discovery, image: 'docker.io/istio/pilot:%s'}]}}}\n---\n"
)
_JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {%s}}, spec: {%s containers: [{name: a, command: [%s]}]}}}\n---\n"
)
_PLAIN = _JOB % ("", "", "run")
_AT = "spec.template.metadata.labels"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("pod-labels-changed", "mesh-injection-gained", "immutable-job-template", "labels-changed"),
    cases=(
        speaks(
            "a new Job under an older Istio",
            ("high", _AT),
            before=_NAMESPACE + _ISTIOD % "1.26.2",
            after=_NAMESPACE + _ISTIOD % "1.26.2" + _PLAIN,
        ),
        speaks("which Istio is not known", ("medium", _AT), before=_NAMESPACE, after=_NAMESPACE + _PLAIN),
        speaks(
            "Kubernetes is too old for native sidecars",
            ("high", _AT),
            before=_NAMESPACE + _ISTIOD % "1.28.0",
            after=_NAMESPACE + _ISTIOD % "1.28.0" + _PLAIN,
            facts={"target": (1, 28)},
        ),
        quiet("native sidecars", before=_NAMESPACE, after=_NAMESPACE + _ISTIOD % "1.27.0" + _PLAIN),
        quiet(
            "the label says no",
            before=_NAMESPACE,
            after=_NAMESPACE + _JOB % ("sidecar.istio.io/inject: 'false'", "", "run"),
        ),
        quiet(
            "it stops the proxy",
            before=_NAMESPACE,
            after=_NAMESPACE + _JOB % ("", "", "'curl -XPOST :15020/quitquitquit'"),
        ),
        quiet("the node's network", before=_NAMESPACE, after=_NAMESPACE + _JOB % ("", "hostNetwork: true,", "run")),
        quiet("it was so before", before=_NAMESPACE + _PLAIN, after=_NAMESPACE + _PLAIN),
    ),
)
