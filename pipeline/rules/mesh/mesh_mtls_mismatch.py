"""A DestinationRule has clients use a TLS mode that the server's policy does not take.

The policy is the one of the Service's pods: of their labels, their namespace, or the mesh.

## Why it matters

Every connection fails: a strict server refuses plain text, and a server without mTLS does not understand it.

## What to do

Remove ``tls.mode`` for hosts of the mesh, so that Istio chooses it, or align it with the PeerAuthentication.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, service_pods, services
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import service_of
from pipeline.core.mesh.injection import is_injected
from pipeline.core.mesh.peer_authentication import server_mode
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    mode = mapping(mapping(spec(resource).get("trafficPolicy")).get("tls")).get("mode")
    host = spec(resource).get("host")
    key = service_of(host, side.home(resource)) if isinstance(host, str) else None
    service = services(side).get(key) if key else None
    if resource.id.group != NETWORKING or service is None or not isinstance(mode, str):
        return
    for pods in service_pods(service, side):
        server = server_mode(pods, side) if is_injected(pods, side) else "no proxy"
        wrong = server == "STRICT" if mode != "ISTIO_MUTUAL" else server in ("DISABLE", "no proxy")
        if wrong:
            title = f"sets TLS mode {mode} for {host}, whose pods have {'mTLS ' if server.isupper() else ''}{server}"
            yield StateFault(resource, ("spec", "trafficPolicy", "tls", "mode"), (mode, server), title, certain=True)
            return


_RULE = (
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web, namespace: shop}\n"
    "spec: {host: web, trafficPolicy: {tls: {mode: %s}}}\n---\n"
)
_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: %s}\n"
    "spec: {mtls: {mode: %s}}\n---\n"
)
_SERVER = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}}\n---\n"
    "apiVersion: v1\nkind: Pod\n"
    "metadata: {name: web, namespace: shop, labels: {app: web, sidecar.istio.io/inject: '%s'}}\n---\n"
)
_ON = _SERVER % "true"
_AT = "spec.trafficPolicy.tls.mode"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"DestinationRule"}),
        _faults,
        impact="Every connection to the host fails.",
        fix="Remove tls.mode, so that Istio chooses it, or align it with the PeerAuthentication.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the server becomes strict",
            ("high", _AT),
            before=_ON + _RULE % "DISABLE",
            after=_ON + _RULE % "DISABLE" + _POLICY % ("istio-system", "STRICT"),
        ),
        speaks(
            "mTLS to pods without a proxy",
            ("high", _AT),
            before=_ON + _RULE % "ISTIO_MUTUAL",
            after=_SERVER % "false" + _RULE % "ISTIO_MUTUAL",
        ),
        quiet(
            "the namespace's own policy wins",
            before=_ON + _RULE % "DISABLE",
            after=_ON + _RULE % "DISABLE" + _POLICY % ("istio-system", "STRICT") + _POLICY % ("shop", "PERMISSIVE"),
        ),
        quiet("the server takes both", before=_ON, after=_ON + _RULE % "ISTIO_MUTUAL"),
        quiet("the server is not at hand", after=_RULE % "DISABLE" + _POLICY % ("istio-system", "STRICT")),
    ),
)
