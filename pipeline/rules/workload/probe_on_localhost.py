"""A probe asks the node and not the pod: its host is localhost.

## Why it matters

The kubelet sends probes from the node. ``localhost`` there is the node itself, so the probe never reaches the
container: the pod is restarted for ever, or never becomes ready. Only pods in the node's network (hostNetwork) can be
asked so.

## What to do

Remove the host of the probe, and let the container listen on all addresses of the pod.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Entry, Path, get
from pipeline.core.kube.pods import CONTAINERS, WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ASKED: tuple[Path, ...] = (*((probe,) for probe in _PROBES), ("lifecycle", "postStart"), ("lifecycle", "preStop"))
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.after is None:
        return
    on_node = pod_spec(change.after).get("hostNetwork") is True
    same = change.before is not None and (on_node or pod_spec(change.before).get("hostNetwork") is not True)
    before = set(_local(change.before)) if change.before is not None and same else set[Path]()
    for path in _local(change.after):
        if path not in before:
            yield Hit(
                place(change.after, path),
                title=f"{change.id.kind} {change.id.name}: {path[-3]} asks localhost, which is the node",
                impact="It works only while the pod shares the node's network."
                if on_node
                else "It can never succeed: the pod is restarted for ever, or never becomes ready.",
                fix=f"{change.id.kind} {change.id.name}: remove the host of the probe with a value or an overlay.",
                severity=Severity.LOW if on_node else None,
                claims=(Claim(change.id, path),),
            )


def _local(resource: Resource) -> Iterator[Path]:
    """The path of each probe's host that is the node."""
    spec, base = pod_spec(resource), (*(template_path(resource) or ()), "spec")
    for group in CONTAINERS:
        for container in map(mapping, sequence(spec.get(group))):
            here = (*base, group, Entry.of(name=container.get("name")))
            for asked in _ASKED:
                for way in ("httpGet", "tcpSocket"):
                    if str(mapping(get(container, (*asked, way)) or None).get("host")) in _LOCAL:
                        yield (*here, *asked, way, "host")


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1', %s}]%s}}}\n"
)
_PATH = "spec.template.spec.containers[name=a]"
_HTTP = "livenessProbe: {httpGet: {%spath: /, port: 80}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("probe-changed",),
    severity=Severity.HIGH,
    each=check,
    kinds=WORKLOADS,
    cases=(
        speaks(
            "a probe uses localhost",
            ("high", f"{_PATH}.livenessProbe.httpGet.host"),
            before=_WEB % (_HTTP % "", ""),
            after=_WEB % (_HTTP % "host: localhost, ", ""),
        ),
        speaks(
            "in a new workload",
            ("high", f"{_PATH}.readinessProbe.tcpSocket.host"),
            after=_WEB % ("readinessProbe: {tcpSocket: {host: 127.0.0.1, port: 80}}", ""),
        ),
        speaks(
            "a hook of the container",
            ("high", f"{_PATH}.lifecycle.postStart.httpGet.host"),
            before=_WEB % (_HTTP % "", ""),
            after=_WEB % (f"{_HTTP % ''}, lifecycle: {{postStart: {{httpGet: {{host: localhost, port: 80}}}}}}", ""),
        ),
        speaks(
            "the pod leaves the node's network",
            ("high", f"{_PATH}.livenessProbe.httpGet.host"),
            before=_WEB % (_HTTP % "host: localhost, ", ", hostNetwork: true"),
            after=_WEB % (_HTTP % "host: localhost, ", ""),
        ),
        speaks(
            "in the node's network",
            ("low", f"{_PATH}.livenessProbe.httpGet.host"),
            before=_WEB % (_HTTP % "", ", hostNetwork: true"),
            after=_WEB % (_HTTP % "host: localhost, ", ", hostNetwork: true"),
        ),
        quiet(
            "it did before",
            before=_WEB % (_HTTP % "host: localhost, ", ""),
            after=_WEB % (_HTTP % "host: localhost, ", ", nodeName: a"),
        ),
        quiet("another host", before=_WEB % (_HTTP % "", ""), after=_WEB % (_HTTP % "host: web.example.org, ", "")),
    ),
)
