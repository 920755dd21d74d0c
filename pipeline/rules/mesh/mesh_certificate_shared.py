"""Two Gateways of the same pods serve hosts with the same certificate.

## Why it matters

Browsers reuse an HTTP/2 connection for every host that its certificate names. A request for a host of one Gateway then
comes over a connection of the other, which has no route for it: 404, now and then, and in browsers only.

## What to do

Put both hosts into one Gateway, or give each a certificate of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.gateway_hosts import servers
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _certificate(server: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells a certificate from another; empty where the server has none."""
    tls = mapping(server.get("tls"))
    if tls.get("credentialName"):
        return (str(tls["credentialName"]),)
    files = (tls.get("serverCertificate"), tls.get("privateKey"))
    return tuple(map(str, files)) if all(files) else ()


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    own = {_certificate(server): path for path, server in reversed(list(servers(resource)))}
    selector = mapping(spec(resource).get("selector"))
    for other in side.of("Gateway", NETWORKING) if own.keys() - {()} else ():
        theirs = mapping(spec(other).get("selector"))
        if other.id == resource.id or not (selector.items() <= theirs.items() or theirs.items() <= selector.items()):
            continue
        name = f"{side.home(other)}/{other.id.name}"
        for shared in sorted({_certificate(server) for _, server in servers(other)} & own.keys() - {()}):
            title = f"serves certificate {shared[0]}, as Gateway {name} of the same pods does"
            yield StateFault(resource, (*own[shared], "tls"), (name, *shared), title, certain=True)


def _gateway(name: str, tls: str, selector: str = "istio: edge") -> str:
    return (
        f"apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{{selector}}}, servers: [{{port: {{number: 443, name: https, protocol: HTTPS}},"
        f" hosts: ['{name}.example'], tls: {{mode: SIMPLE, {tls}}}}}]}}\n---\n"
    )


_WILDCARD, _FILES = "credentialName: wildcard", "serverCertificate: /etc/a.pem, privateKey: /etc/a.key"
_AT = ("medium", "spec.servers[0].tls")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        frozenset({"Gateway"}),
        _faults,
        impact="Browsers that reuse a connection for both get 404 now and then.",
        fix="Put the hosts into one Gateway, or give each a certificate of its own.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "a second Gateway with the wildcard certificate",
            _AT,
            _AT,
            before=_gateway("a", _WILDCARD),
            after=_gateway("a", _WILDCARD) + _gateway("b", _WILDCARD),
        ),
        speaks(
            "the same files, and one selector within the other",
            _AT,
            _AT,
            after=_gateway("a", _FILES) + _gateway("b", _FILES, "istio: edge, app: edge"),
        ),
        quiet("other certificates", after=_gateway("a", _WILDCARD) + _gateway("b", "credentialName: b")),
        quiet("other pods", after=_gateway("a", _WILDCARD) + _gateway("b", _WILDCARD, "istio: inner")),
        quiet(
            "it was so before",
            before=_gateway("a", _WILDCARD) + _gateway("b", _WILDCARD),
            after=_gateway("a", _WILDCARD) + _gateway("b", f"{_WILDCARD}, minProtocolVersion: TLSV1_3"),
        ),
    ),
)
