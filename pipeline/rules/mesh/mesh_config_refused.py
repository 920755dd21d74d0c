"""An object of the mesh breaks a rule of Istio's own validation, which goes beyond its CRD.

## Why it matters

Where Istio's admission webhook runs, the apply fails. Where it does not, the control plane ignores the object.

## What to do

Correct the field that the message names.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.istio_validation import VALIDATED, refusals
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    for path, message in refusals(resource):
        yield StateFault(resource, path, (message,), f"is not valid for Istio: {message}", certain=True)


def _object(kind: str, spec: str, group: str = "networking") -> str:
    return f"apiVersion: {group}.istio.io/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"


_SERVERS = "{servers: [%s]}"
_SERVER = "{port: {number: %s, name: %s, protocol: %s}, hosts: ['*']}"
_ONE = _object("Gateway", _SERVERS % (_SERVER % (80, "http", "HTTP")))
_ENTRY = "{hosts: [%s], ports: [{number: 443, name: tls, protocol: TLS}]%s}"
_ROUTE = "{hosts: [web], http: [{route: [%s]}]}"
_MATCH = (
    "{hosts: [web], http: [{match: [{uri: {regex: %s}, headers: {a: {regex: %s}}}],"
    " corsPolicy: {allowOrigins: [{regex: %s}]}, route: [{destination: {host: web}}]}]}"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        VALIDATED,
        _faults,
        impact="Istio's webhook refuses it at the apply; without the webhook, it is ignored.",
        fix="Correct the field that the message names.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "two servers with one port name",
            ("high", "spec.servers"),
            before=_ONE,
            after=_object("Gateway", _SERVERS % ", ".join(_SERVER % (port, "a", "HTTP") for port in (80, 81))),
        ),
        speaks(
            "HTTPS without certificates",
            ("high", "spec.servers[0].tls"),
            before=_ONE,
            after=_object("Gateway", _SERVERS % (_SERVER % (443, "https", "HTTPS"))),
        ),
        speaks(
            "a route without a destination, and two without weights",
            ("high", "spec.http[0].route"),
            ("high", "spec.http[0].route[1]"),
            before=_object("VirtualService", _ROUTE % "{destination: {host: web}}"),
            after=_object("VirtualService", _ROUTE % "{destination: {host: web}}, {}"),
        ),
        speaks(
            "patterns that are none for Go",
            ("high", "spec.http[0].corsPolicy.allowOrigins[0].regex"),
            ("high", "spec.http[0].match[0].headers.a.regex"),
            ("high", "spec.http[0].match[0].uri.regex"),
            after=_object("VirtualService", _MATCH % ("'*.png'", "'(?=a)'", "'['")),
        ),
        speaks("no host", ("high", "spec.hosts"), after=_object("ServiceEntry", _ENTRY % ("", ""))),
        speaks(
            "a subset twice",
            ("high", "spec.subsets"),
            after=_object("DestinationRule", "{host: web, subsets: [{name: a}, {name: a}]}"),
        ),
        speaks(
            "a selector beside a target",
            ("high", "spec.targetRef"),
            after=_object(
                "Telemetry", "{selector: {matchLabels: {a: b}}, targetRef: {kind: Gateway, name: a}}", "telemetry"
            ),
        ),
        speaks(
            "mTLS of a port for a whole namespace",
            ("high", "spec.portLevelMtls"),
            after=_object("PeerAuthentication", "{portLevelMtls: {8080: {mode: DISABLE}}}", "security"),
        ),
        quiet(
            "weights for all",
            after=_object("VirtualService", _ROUTE % "{destination: {host: a}, weight: 100}, {destination: {host: b}}"),
        ),
        quiet("patterns of Go", after=_object("VirtualService", _MATCH % ("'.*[.]png'", "'(?i)a'", "'a|b'"))),
        quiet("a redirect alone", after=_object("VirtualService", "{hosts: [web], http: [{redirect: {uri: /}}]}")),
        quiet(
            "HTTP that redirects",
            after=_object(
                "Gateway", (_SERVERS % (_SERVER % (80, "http", "HTTP"))).replace("}]", ", tls: {httpsRedirect: true}}]")
            ),
        ),
        quiet(
            "names that workloads answer",
            after=_object(
                "ServiceEntry", _ENTRY % ("a.example", ", resolution: STATIC, workloadSelector: {labels: {a: b}}")
            ),
        ),
        quiet(
            "it was so before",
            before=_object("ServiceEntry", _ENTRY % ("", "")),
            after=_object("ServiceEntry", _ENTRY % ("", ", location: MESH_EXTERNAL")),
        ),
    ),
)
