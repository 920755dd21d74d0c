"""Pods do not comply with the Pod Security level that their namespace enforces.

Checked is what the level baseline forbids, and of the level restricted what is forbidden besides: running as root,
escalation, capabilities and profiles.

## Why it matters

The API server accepts the workload and refuses its pods: none starts, and those that run are not replaced.

## What to do

Change the pods' security context, or the level of the namespace.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.pod_standards import forbidden_by_baseline
from pipeline.core.analysis.side_index import SideIndex, namespaces
from pipeline.core.kube.pods import WORKLOADS, containers, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_ENFORCE = "pod-security.kubernetes.io/enforce"
_PROFILES = ("RuntimeDefault", "Localhost")


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    known = namespaces(side).get(side.home(resource))
    level = known.labels.get(_ENFORCE) if known else None
    if level not in ("baseline", "restricted"):
        return
    forbidden = forbidden_by_baseline(resource)
    if level == "restricted" and not forbidden:
        forbidden = next(iter(_restricted(resource)), "")
    if forbidden:
        path = (*(template_path(resource) or ()), "spec")
        title = f"has {forbidden}, which its namespace forbids (level {level})"
        yield StateFault(resource, path, (level, forbidden), title, certain=True)


def _restricted(workload: Resource) -> Iterator[str]:
    """What the level restricted asks for and the pods do not say."""
    of_pod = mapping(pod_spec(workload).get("securityContext"))
    for container in containers(workload):
        own = mapping(container.get("securityContext"))
        name = container.get("name")
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"no allowPrivilegeEscalation: false for container {name}"
        if own.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is not True:
            yield f"no runAsNonRoot: true for container {name}"
        if "ALL" not in map(str, sequence(mapping(own.get("capabilities")).get("drop"))):
            yield f"capabilities that container {name} does not drop"
        if _profile(own) or _profile(of_pod):
            continue
        yield f"no seccompProfile for container {name}"


def _profile(context: Mapping[str, Any]) -> bool:
    return mapping(context.get("seccompProfile")).get("type") in _PROFILES


_SPACE = (
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: %s}}\n---\n"
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {spec: {containers: [{name: a, securityContext: {%s}}]}}}\n---\n"
)
_GOOD = (
    "allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]},"
    " seccompProfile: {type: RuntimeDefault}"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        WORKLOADS,
        _faults,
        impact="The API server refuses its pods: none starts, and those that run are not replaced.",
        fix="Change the pods' security context, or the level of the namespace.",
    ),
    shares=("security-context-loosened", "security-context-changed", "pod-security-level-changed"),
    cases=(
        speaks(
            "a privileged container", ("high", "spec.template.spec"),
            before=_SPACE % "baseline" + _WEB % "", after=_SPACE % "baseline" + _WEB % "privileged: true",
        ),
        speaks(
            "a stricter level", ("high", "spec.template.spec"),
            before=_SPACE % "baseline" + _WEB % "", after=_SPACE % "restricted" + _WEB % "",
        ),
        quiet("the pods comply", before=_SPACE % "baseline" + _WEB % _GOOD, after=_SPACE % "restricted" + _WEB % _GOOD),
        quiet("the level is looser", before=_SPACE % "restricted" + _WEB % "", after=_SPACE % "baseline" + _WEB % ""),
        quiet("the namespace is not at hand", before=_WEB % "", after=_WEB % "privileged: true"),
    ),
)  # fmt: skip
