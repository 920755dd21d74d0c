"""A ServiceEntry has a TCP port, no address, and gets none from Istio.

## Why it matters

TCP has no host name in it: the proxy opens the port for every address, and requests to others on that port go there.

## What to do

List ``addresses``, or set ``resolution: DNS`` so that Istio allocates one.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_ALLOCATE = "networking.istio.io/enable-autoallocate-ip"


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    body = spec(resource)
    allocated = body.get("resolution") not in (None, "", "NONE") and resource.labels.get(_ALLOCATE) != "false"
    if resource.id.group != NETWORKING or sequence(body.get("addresses")) or allocated:
        return
    for index, port in enumerate(map(mapping, sequence(body.get("ports")))):
        if str(port.get("protocol") or "TCP").upper() == "TCP":
            title = f"has TCP port {port.get('number')} and no address"
            yield StateFault(resource, ("spec", "ports", index), (str(port.get("number")),), title, certain=True)


def _entry(more: str, protocol: str = "TCP", labels: str = "") -> str:
    return (
        f"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: ssh, labels: {{{labels}}}}}\n"
        f"spec: {{hosts: [a.example], ports: [{{number: 22, name: a, protocol: {protocol}}}]{more}}}\n"
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        frozenset({"ServiceEntry"}),
        _faults,
        impact="The proxy takes all traffic to that port for this host, whatever its address.",
        fix="List addresses, or set resolution: DNS so that Istio allocates one.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks("a TCP port", ("medium", "spec.ports[0]"), before=_entry("", "HTTP"), after=_entry("")),
        speaks(
            "Istio may not allocate one",
            ("medium", "spec.ports[0]"),
            before=_entry(", resolution: DNS"),
            after=_entry(", resolution: DNS", labels=f"{_ALLOCATE}: 'false'"),
        ),
        quiet("Istio allocates one", after=_entry(", resolution: DNS")),
        quiet("an address", after=_entry(", addresses: [192.0.2.1]")),
        quiet(
            "the host is in the request", after=_entry("", "HTTP") + "---\n" + _entry("", "TLS").replace("ssh", "tls")
        ),
        quiet("it was so before", before=_entry(""), after=_entry(", location: MESH_EXTERNAL")),
    ),
)
