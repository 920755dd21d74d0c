"""Two Services ask for the same port of the nodes.

## Why it matters

A nodePort belongs to one Service of the whole cluster, whatever the protocol: TCP in one and UDP in another collide
too. The API server rejects the second Service that it gets, and the apply stops there.

## What to do

Give one of them another nodePort, or leave it out: the server then chooses a free one.
"""

from collections.abc import Iterator

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.selection import service_ports
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_TAKES = frozenset({"NodePort", "LoadBalancer"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    own = [(service, _taken(service)) for service in upgrade.after.manifests.of_kind("Service", "") if _taken(service)]
    if not own:
        return
    olds = {service.id: _taken(service) for service in upgrade.before.manifests.of_kind("Service", "")}
    every = [
        (neighbour, _taken(neighbour))
        for neighbour in known_objects(upgrade).after.of_kinds("Service")
        if not neighbour.id.group
    ]
    told = set[int]()
    for service, ports in own:
        for number, path in ports.items():
            other = next(
                (neighbour for neighbour, taken in every if neighbour.id != service.id and number in taken), None
            )
            had_it = number in olds.get(service.id, {})
            if other is None or number in told or (had_it and number in olds.get(other.id, {number: ()})):
                continue
            told.add(number)
            yield Hit(
                place(service, path),
                title=f"Service {service.id.name}: its nodePort {number} is that of Service {other.id} as well",
                impact="The API server rejects one of them. The apply stops half-way.",
                fix=f"Service {service.id.name}: choose another nodePort, or leave it out.",
                claims=(Claim(service.id, path),),
            )


def _taken(service: Resource) -> dict[int, Path]:
    """The ports of the nodes that it asks for, and where; that of a Service which has none is not looked at."""
    if str(mapping(service.body.get("spec")).get("type")) not in _TAKES:
        return {}
    return {
        port["nodePort"]: (
            "spec",
            "ports",
            Entry.of(port=port["port"], protocol=str(port.get("protocol", "TCP"))),
            "nodePort",
        )
        for port in service_ports(service)
        if type(port.get("nodePort")) is int and port["nodePort"] and type(port.get("port")) is int
    }


_SERVICE = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"
    "spec: {type: NodePort, ports: [{port: 80, protocol: %s, nodePort: %s}]}\n"
)
_BOTH = _SERVICE % ("a", "TCP", 30080) + _SERVICE % ("b", "UDP", 30080)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    confidence=Confidence.PROVEN,
    whole=check,
    compares=True,
    shares=(
        "service-port-added",
        "service-port-changed",
    ),
    cases=(
        speaks(
            "a new Service takes the port of one that exists, by another protocol",
            ("blocker", "spec.ports[port=80,protocol=UDP].nodePort"),
            before=_SERVICE % ("a", "TCP", 30080),
            after=_BOTH,
        ),
        speaks("both are new", ("blocker", "spec.ports[port=80,protocol=TCP].nodePort"), after=_BOTH),
        quiet("they collide already", before=_BOTH, after=_BOTH),
        quiet(
            "one Service takes it for both protocols",
            after=_SERVICE.replace("nodePort: %s", "nodePort: 30080}, {port: 80, protocol: UDP, nodePort: %s")
            % ("a", "TCP", 30080),
        ),
        quiet("another port", after=_SERVICE % ("a", "TCP", 30080) + _SERVICE % ("b", "TCP", 30081)),
    ),
)
