"""Istio takes a Service's port for another protocol than before.

It reads ``appProtocol``, else the first word of the port's name, else a few well-known numbers. Without any, the proxy
looks at the first bytes of each connection.

## Why it matters

From HTTP to TCP, routes by path and header, retries, HTTP fields of authorization policies and request metrics stop.
From TCP to HTTP, the proxy refuses what is not HTTP.

## What to do

Set ``appProtocol`` to what the program speaks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.selection import service_ports
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.protocols import Protocol, port_protocol
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_Key = tuple[int, str]


def _protocols(service: Resource) -> dict[_Key, tuple[Protocol, Mapping[str, Any]]]:
    protocols = {}
    for port in service_ports(service):
        number, transport = port.get("port"), port.get("protocol") or "TCP"
        if isinstance(number, int) and isinstance(transport, str):
            word = port.get("appProtocol")
            name = str(port.get("name") or "")
            protocol = port_protocol(number, name, transport, word if isinstance(word, str) else None)
            protocols[number, transport] = protocol, port
    return protocols


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.before is None or change.after is None or change.action not in (Action.CHANGED, Action.RENAMED):
        return
    before = _protocols(change.before)
    for (number, transport), (new, port) in _protocols(change.after).items():
        old, earlier = before.get((number, transport), (new, {}))
        if old is new or (old.is_http and new.is_http and Protocol.GRPC_WEB not in (old, new)):
            continue
        field = next((key for key in ("appProtocol", "name") if port.get(key) != earlier.get(key)), "name")
        path: Path = ("spec", "ports", Entry.of(port=number, protocol=transport), field)
        lost = old.is_routed and not new.is_routed
        yield Hit(
            place(change.after, path),
            title=f"Service {change.id.name}: Istio takes port {number} for {_word(new)}, before for {_word(old)}",
            impact=_LOST if lost else _OTHER,
            fix="Set appProtocol to what the program speaks.",
            severity=_grade(old, new),
            confidence=Confidence.LIKELY,
            claims=(Claim(change.id, path),),
        )


_LOST = "In a mesh: routes by path, retries, HTTP fields of policies and request metrics stop."
_OTHER = "In a mesh: the proxy treats connections otherwise, and may refuse what the program speaks."


def _grade(old: Protocol, new: Protocol) -> Severity:
    """What is detected is mostly what is then declared: only the certain end or start of HTTP is a likely outage."""
    if Protocol.UNSUPPORTED in (old, new):
        return Severity.LOW if old.is_routed and new.is_routed else Severity.MEDIUM
    return Severity.HIGH if old.is_http is not new.is_http else Severity.MEDIUM


def _word(protocol: Protocol) -> str:
    return "whatever it detects" if protocol.is_sniffed else str(protocol)


def _service(port: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{ports: [{{{port}}}]}}\n"


_AT = "spec.ports[port=80,protocol=TCP]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=frozenset({"Service"}),
    shares=("service-port-renamed", "service-port-changed"),
    cases=(
        speaks(
            "the name",
            ("high", f"{_AT}.name"),
            before=_service("port: 80, name: http-web"),
            after=_service("port: 80, name: tcp-web"),
        ),
        speaks(
            "appProtocol wins over the name",
            ("high", f"{_AT}.appProtocol"),
            before=_service("port: 80, name: http"),
            after=_service("port: 80, name: http, appProtocol: kubernetes.io/wss"),
        ),
        speaks(
            "it is detected",
            ("medium", f"{_AT}.name"),
            before=_service("port: 80, name: tcp"),
            after=_service("port: 80, name: web"),
        ),
        quiet(
            "another version of HTTP",
            before=_service("port: 80, name: http"),
            after=_service("port: 80, name: http2-web"),
        ),
        quiet(
            "a word that Istio does not know",
            before=_service("port: 80, name: web"),
            after=_service("port: 80, name: site"),
        ),
        quiet("a well-known number", before=_service("port: 3306, name: tcp"), after=_service("port: 3306, name: db")),
        quiet(
            "UDP",
            before=_service("port: 80, protocol: UDP, name: a"),
            after=_service("port: 80, protocol: UDP, name: http"),
        ),
    ),
)
