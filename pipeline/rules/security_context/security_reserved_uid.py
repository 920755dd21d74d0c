"""A container in the mesh runs as user 1337, as Istio's proxy does.

## Why it matters

The rules that lead traffic into the proxy let user 1337 pass: what such a container sends goes round the proxy, without
mTLS, policies and metrics.

## What to do

Run the container as another user.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, template
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.injection import PROXY, is_injected
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_PROXY_USER = 1337


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    spec = pod_spec(resource)
    of_pod = mapping(spec.get("securityContext")).get("runAsUser")
    base = (*(template_path(resource) or ()), "spec", "containers")
    for container in map(mapping, sequence(spec.get("containers"))):
        user = mapping(container.get("securityContext")).get("runAsUser", of_pod)
        name = str(container.get("name"))
        if user == _PROXY_USER and name != PROXY and is_injected(template(resource, side.home(resource)), side):
            title = f"runs container {name} as user {_PROXY_USER}, the user of Istio's proxy"
            yield StateFault(resource, (*base, Entry.of(name=name)), (name,), title, certain=True)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
    "    metadata: {labels: {sidecar.istio.io/inject: '%s'}}\n"
    "    spec: {containers: [{name: %s, securityContext: {runAsUser: %s}}]}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        WORKLOADS,
        _faults,
        impact="Its traffic goes round the proxy: no mTLS, no policies, no metrics.",
        fix="Run the container as another user.",
    ),
    shares=("security-context-changed", "container-added", "security-context-loosened"),
    cases=(
        speaks(
            "another user",
            ("medium", "spec.template.spec.containers[name=a]"),
            before=_WEB % ("true", "a", 1000),
            after=_WEB % ("true", "a", 1337),
        ),
        quiet("no proxy", before=_WEB % ("false", "a", 1000), after=_WEB % ("false", "a", 1337)),
        quiet("the proxy itself", after=_WEB % ("true", "istio-proxy", 1337)),
        quiet("it was so before", before=_WEB % ("true", "a", 1337), after=_WEB % ("true", "a", 1337)),
    ),
)
