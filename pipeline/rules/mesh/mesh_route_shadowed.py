"""A rule of a VirtualService is never used: earlier rules take all that it matches.

## Why it matters

Istio tries the rules in their order and takes the first that matches.

## What to do

Put the more specific rule first, or remove the one that is never used.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.route_parts import rules
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    taken: dict[object, set[bytes]] = {}
    for path, rule in rules(resource) if resource.id.group == NETWORKING else ():
        known, matches = taken.setdefault(path[1], set()), [_match(match) for match in sequence(rule.get("match"))]
        name = f"rule {rule['name']}" if rule.get("name") else f"{path[1]} rule {path[2]}"
        everything = b"" in known
        if everything or (matches and known.issuperset(matches)):
            impact = "an earlier rule matches everything" if everything else "earlier rules take all that it matches"
            yield StateFault(resource, path, (str(path[1]), str(path[2])), f"never uses {name}: {impact}", certain=True)
        known.update(matches or [b""])


def _match(value: Any) -> bytes:
    return orjson.dumps(
        {key: condition for key, condition in mapping(value).items() if key != "name"}, option=orjson.OPT_SORT_KEYS
    )


_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec: {hosts: [web], http: [%s]}\n"
)
_A = "{match: [{name: a, uri: {prefix: /a}}], route: [{destination: {host: a}}]}"
_B = "{match: [{uri: {prefix: %s}}], route: [{destination: {host: b}}]}"
_ALL = "{route: [{destination: {host: c}}]}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=fault_check(
        frozenset({"VirtualService"}),
        _faults,
        impact="The first rule that matches is taken: the traffic goes elsewhere.",
        fix="Put the more specific rule first, or remove the one that is never used.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the same match twice", ("low", "spec.http[1]"), before=_ROUTE % _A, after=_ROUTE % f"{_A}, {_B % '/a'}"
        ),
        speaks("two rules for all", ("low", "spec.http[1]"), before=_ROUTE % _A, after=_ROUTE % f"{_ALL}, {_ALL}"),
        speaks(
            "a rule for all comes before one for some",
            ("low", "spec.http[1]"),
            before=_ROUTE % f"{_A}, {_ALL}",
            after=_ROUTE % f"{_ALL}, {_A}",
        ),
        quiet("another match", before=_ROUTE % _A, after=_ROUTE % f"{_A}, {_B % '/b'}, {_ALL}"),
        quiet("it was so before", before=_ROUTE % f"{_ALL}, {_ALL}", after=_ROUTE % f"{_ALL}, {_ALL}"),
    ),
)
