"""A VirtualService sends to a subset that no DestinationRule of that host defines.

## Why it matters

The proxies know no cluster of that name: each request to it gets 503.

## What to do

Define the subset in the host's DestinationRule, or send to one that it has.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import full_host, service_of
from pipeline.core.mesh.route_parts import destinations, spec
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_Host = tuple[str, str] | str


def _host(text: str, namespace: str) -> _Host:
    return service_of(text, namespace) or full_host(text, namespace)


@once
def _subsets(side: SideIndex) -> dict[_Host, set[str]]:
    """The subsets of each host that a DestinationRule is about."""
    subsets_of: dict[_Host, set[str]] = {}
    for rule in side.of("DestinationRule", NETWORKING):
        host = spec(rule).get("host")
        if isinstance(host, str):
            names = (mapping(subset).get("name") for subset in sequence(spec(rule).get("subsets")))
            subsets_of.setdefault(_host(host, side.home(rule)), set()).update(n for n in names if isinstance(n, str))
    return subsets_of


def _defines(host: _Host, subset: str, side: SideIndex) -> bool:
    return subset in _subsets(side).get(host, ())


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    for to in destinations(resource):
        host = _host(to.host, side.home(resource))
        if not to.subset or to.subset in _subsets(side).get(host, ()):
            continue
        lacks = f"its DestinationRule lacks {to.subset}" if host in _subsets(side) else "no DestinationRule defines it"
        yield StateFault(
            resource,
            to.path,
            (to.host, to.subset, to.word),
            f"{'mirrors' if to.word == 'mirror' else 'sends'} to subset {to.subset} of {to.host}: {lacks}",
            certain=host in _subsets(side),
            is_there=partial(_defines, host, to.subset),
        )


_RULE = (
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\n"
    "spec: {host: %s, subsets: [%s]}\n---\n"
)
_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\n"
    "spec: {hosts: [web], http: [{route: [{destination: {host: %s, subset: v1}}]}]}\n"
)
_AT = "spec.http[0].route[0].destination"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=fault_check(
        frozenset({"VirtualService"}),
        _faults,
        impact="The proxies know no such cluster: each request gets 503.",
        fix="Define the subset in the host's DestinationRule, or send to one that it has.",
        grades={Confidence.LIKELY: Severity.HIGH},
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the subset is renamed",
            ("blocker", _AT),
            before=_RULE % ("web", "{name: v1}") + _ROUTE % "web",
            after=_RULE % ("web", "{name: stable}") + _ROUTE % "web",
        ),
        speaks(
            "a mirror's subset was never defined",
            ("high", "spec.http[0].mirror"),
            before=_ROUTE % "web",
            after=_ROUTE
            % "web"
            + "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: m}\n"
            "spec: {hosts: [api], http: [{mirror: {host: api, subset: v2}}]}\n",
        ),
        quiet(
            "the host is written in full",
            before=_RULE % ("web", "{name: v1}") + _ROUTE % "web",
            after=_RULE % ("web", "{name: v1}") + _ROUTE % "web.shop.svc.cluster.local",
        ),
        quiet(
            "the DestinationRule names the host by its namespace",
            before=_RULE % ("web", "{name: v1}") + _ROUTE % "web",
            after=_RULE % ("web.shop", "{name: v1}, {name: v2}") + _ROUTE % "web",
        ),
        quiet("it was missing before", before=_ROUTE % "web", after=_ROUTE % "web"),
    ),
)
