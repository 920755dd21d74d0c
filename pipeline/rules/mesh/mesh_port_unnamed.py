"""A new port of a Service in the mesh names no protocol.

Istio takes the protocol from ``appProtocol``, else from the first word of the port's name.

## Why it matters

The proxy looks at the first bytes of each connection. A server that speaks first waits for them, and neither routes
nor metrics by request are sure to hold.

## What to do

Set ``appProtocol``, or begin the port's name with the protocol: ``http-web``, ``grpc``, ``tcp-db``.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import service_ports
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.injection import is_injected
from pipeline.core.mesh.protocols import Protocol, port_protocol
from pipeline.core.mesh.route_parts import spec
from pipeline.core.mesh.values import labels, number, text, within
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    selector, home = labels(spec(resource).get("selector")), side.home(resource)
    unknown = [service_port for service_port in service_ports(resource) if _is_unknown(service_port)]
    own = (
        pod_template
        for pod_template in pod_templates(side)
        if pod_template.namespace == home and within(selector, pod_template.labels)
    )
    if not unknown or not selector or not any(is_injected(template, side) for template in own):
        return
    for port in unknown:
        wanted, transport = number(port.get("port")), text(port.get("protocol")) or "TCP"
        path = ("spec", "ports", Entry.of(port=port.get("port"), protocol=transport))
        name = text(port.get("name"))
        said = f" ({name})" if name else ""
        yield StateFault(resource, path, (str(wanted),), f"names no protocol for port {wanted}{said}", foreign=True)


def _is_unknown(port: object) -> bool:
    fields = mapping(port)
    app = fields.get("appProtocol")
    transport = text(fields.get("protocol")) or "TCP"
    protocol = port_protocol(
        number(fields.get("port")), text(fields.get("name")), transport, app if isinstance(app, str) else None
    )
    return transport == "TCP" and protocol is Protocol.UNSUPPORTED


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {app: web, sidecar.istio.io/inject: '%s'}}}}\n---\n"
)
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    "spec: {selector: {app: web}, ports: [{port: 80, name: http}%s]}\n---\n"
)
_IN = _WEB % "true"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=fault_check(
        frozenset({"Service"}),
        _faults,
        impact="The proxy guesses the protocol from the first bytes of each connection.",
        fix="Set appProtocol, or begin the port's name with the protocol.",
    ),
    shares=("service-port-added", "service-port-renamed", "mesh-protocol-changed"),
    cases=(
        speaks(
            "a port that is named for its use", ("low", "spec.ports[port=9000,protocol=TCP]"),
            before=_IN + _SERVICE % "", after=_IN + _SERVICE % ", {port: 9000, name: admin}",
        ),
        quiet("the name says it", before=_IN + _SERVICE % "", after=_IN + _SERVICE % ", {port: 9000, name: tcp-admin}"),
        quiet(
            "appProtocol says it", before=_IN + _SERVICE % "",
            after=_IN + _SERVICE % ", {port: 9000, name: admin, appProtocol: http}",
        ),
        quiet("no proxy", before=_WEB % "false", after=_WEB % "false" + _SERVICE % ", {port: 9, name: a}"),
        quiet("UDP", before=_IN + _SERVICE % "", after=_IN + _SERVICE % ", {port: 53, name: dns, protocol: UDP}"),
    ),
)  # fmt: skip
