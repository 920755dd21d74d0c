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
_TO = "{destination: {host: web}}"
_TLS = "{hosts: [b.example], tls: [{%s route: [{destination: {host: web}}]}]}"
_MATCH = (
    "{hosts: [web], http: [{match: [{uri: {regex: %s}, headers: {a: {regex: %s}}}],"
    " corsPolicy: {allowOrigins: [{regex: %s}]}, route: [{destination: {host: web}}]}]}"
)


def _secured(protocol: str, mode: str) -> str:
    held = f"tls: {{mode: {mode}, serverCertificate: /a, privateKey: /b}}"
    return f"{{port: {{number: 443, name: {mode.lower()}, protocol: {protocol}}}, hosts: ['*'], {held}}}"


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
                "Telemetry", "{selector: {matchLabels: {a: b}}, targetRef: {kind: Service, name: a}}", "telemetry"
            ),
        ),
        speaks(
            "mTLS of a port for a whole namespace",
            ("high", "spec.portLevelMtls"),
            after=_object("PeerAuthentication", "{portLevelMtls: {8080: {mode: DISABLE}}}", "security"),
        ),
        speaks(
            "hosts that are none for a gateway, and a word that is no protocol",
            ("high", "spec.servers[0].hosts[0]"),
            ("high", "spec.servers[0].hosts[1]"),
            ("high", "spec.servers[0].port.protocol"),
            after=_object("Gateway", _SERVERS % (_SERVER % (80, "a", "WEB")).replace("'*'", "web, '*a.example'")),
        ),
        speaks(
            "TLS for plain HTTP, and no CA for mutual TLS",
            ("high", "spec.servers[0].tls"),
            ("high", "spec.servers[1].tls"),
            after=_object("Gateway", _SERVERS % f"{_secured('HTTP', 'SIMPLE')}, {_secured('HTTPS', 'MUTUAL')}"),
        ),
        speaks(
            "a server name that is no host of the VirtualService",
            ("high", "spec.tls[0].match[0].sniHosts"),
            after=_object("VirtualService", _TLS % "match: [{sniHosts: [other.example]}],"),
        ),
        speaks("TLS for every name", ("high", "spec.tls[0]"), after=_object("VirtualService", _TLS % "")),
        speaks(
            "a host covers another one",
            ("high", "spec.hosts"),
            after=_object("VirtualService", (_ROUTE % _TO).replace("[web]", "['*.example', a.example]")),
        ),
        speaks(
            "a URL for a host",
            ("high", "spec.http[0].route[0].destination"),
            after=_object("VirtualService", _ROUTE % _TO.replace("host: web", "host: 'http://web:80'")),
        ),
        speaks(
            "two answers to one request, and a word that is no reason to try again",
            ("high", "spec.http[0].retries.retryOn"),
            ("high", "spec.http[0].route"),
            after=_object(
                "VirtualService",
                (_ROUTE % _TO).replace(
                    "[{route", "[{redirect: {uri: /}, retries: {attempts: 1, retryOn: '5xx,ever'}, route"
                ),
            ),
        ),
        speaks(
            "a delegate with gateways",
            ("high", "spec.gateways"),
            after=_object("VirtualService", (_ROUTE % _TO).replace("hosts: [web]", "gateways: [a]")),
        ),
        speaks(
            "for everybody and for one namespace",
            ("high", "spec.exportTo"),
            after=_object("DestinationRule", "{host: web, exportTo: ['*', shop]}"),
        ),
        speaks(
            "policies that say nothing, and a subset that is no label",
            ("high", "spec.subsets[0]"),
            ("high", "spec.subsets[0].trafficPolicy"),
            ("high", "spec.trafficPolicy.portLevelSettings[0]"),
            after=_object(
                "DestinationRule",
                "{host: web, subsets: [{name: v1.0, trafficPolicy: {}}],"
                " trafficPolicy: {portLevelSettings: [{port: {number: 80}}]}}",
            ),
        ),
        speaks(
            "hosts that TCP cannot tell apart, a range that DNS cannot have",
            ("high", "spec.addresses[0]"),
            ("high", "spec.hosts"),
            after=_object(
                "ServiceEntry",
                "{hosts: [a.example, b.example], addresses: [10.0.0.0/8], resolution: DNS, "
                "ports: [{number: 1, name: a, protocol: TCP}]}",
            ),
        ),
        speaks("a Sidecar that says nothing", ("high", "spec"), after=_object("Sidecar", "{workloadSelector: {}}")),
        speaks(
            "hosts of a Sidecar without a namespace, listeners after the one for all ports",
            ("high", "spec.egress[0]"),
            ("high", "spec.egress[0].hosts[0]"),
            after=_object("Sidecar", "{egress: [{hosts: [a.example]}, {port: {number: 80}, hosts: ['./*']}]}"),
        ),
        speaks(
            "a source and a condition that say nothing, a provider that is not asked",
            ("high", "spec.provider"),
            ("high", "spec.rules[0].from[0].source"),
            ("high", "spec.rules[0].when[0]"),
            after=_object(
                "AuthorizationPolicy",
                "{provider: {name: a}, rules: [{from: [{source: {}}], when: [{key: source.ip}]}]}",
                "security",
            ),
        ),
        speaks(
            "a token of nobody",
            ("high", "spec.jwtRules[0]"),
            after=_object("RequestAuthentication", "{jwtRules: [{audiences: [a]}]}", "security"),
        ),
        quiet(
            "server names of the hosts",
            after=_object("VirtualService", _TLS % "match: [{sniHosts: [b.example, 10.0.0.1]}],"),
        ),
        quiet("a Sidecar for one port", after=_object("Sidecar", "{egress: [{port: {number: 80}, hosts: ['*/*']}]}")),
        quiet(
            "every request of nobody else",
            after=_object(
                "AuthorizationPolicy",
                "{action: DENY, rules: [{from: [{source: {notIpBlocks: ['::/0']}}]}]}",
                "security",
            ),
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
