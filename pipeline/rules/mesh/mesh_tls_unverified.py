"""A DestinationRule has clients use TLS without the CA that the server's certificate is checked with.

## Why it matters

The proxy trusts the CAs of its own image, and before Istio 1.21 any certificate: whoever answers in the server's
place is believed.

## What to do

Set ``caCertificates``, or ``credentialName`` together with a ``workloadSelector``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _settings(rule: Resource) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """Path, the port concerned, and the TLS settings."""
    policy = mapping(spec(rule).get("trafficPolicy"))
    yield ("spec", "trafficPolicy", "tls"), "", mapping(policy.get("tls"))
    for index, level in enumerate(map(mapping, sequence(policy.get("portLevelSettings")))):
        port = mapping(level.get("port")).get("number")
        yield (
            ("spec", "trafficPolicy", "portLevelSettings", index, "tls"),
            f" at port {port}",
            mapping(level.get("tls")),
        )


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    chosen = bool(spec(resource).get("workloadSelector"))
    for path, port, tls in _settings(resource):
        known = tls.get("caCertificates") or (tls.get("credentialName") and chosen)
        if tls.get("mode") in ("SIMPLE", "MUTUAL") and not known:
            what = (
                f"uses TLS mode {tls['mode']} for {spec(resource).get('host')}{port} without a CA to check the server"
            )
            yield StateFault(resource, path, (port,), what, certain=True)


def _rule(text: str, more: str = "") -> str:
    return (
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: db}\n"
        f"spec: {{host: db.example, trafficPolicy: {{{text}}}{more}}}\n"
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=fault_check(
        frozenset({"DestinationRule"}),
        _faults,
        impact="The proxy trusts the CAs of its image; before Istio 1.21, any certificate.",
        fix="Set caCertificates, or credentialName together with a workloadSelector.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "TLS without a CA",
            ("medium", "spec.trafficPolicy.tls"),
            before=_rule("tls: {mode: DISABLE}"),
            after=_rule("tls: {mode: SIMPLE}"),
        ),
        speaks(
            "one port of it",
            ("medium", "spec.trafficPolicy.portLevelSettings[0].tls"),
            before=_rule(""),
            after=_rule("portLevelSettings: [{port: {number: 443}, tls: {mode: MUTUAL, clientCertificate: /a}}]"),
        ),
        quiet("the mesh's own certificates", after=_rule("tls: {mode: ISTIO_MUTUAL}")),
        quiet("with a CA", after=_rule("tls: {mode: SIMPLE, caCertificates: /ca.pem}")),
        quiet(
            "from a Secret of the workload",
            after=_rule("tls: {mode: SIMPLE, credentialName: db}", ", workloadSelector: {matchLabels: {app: a}}"),
        ),
    ),
)
