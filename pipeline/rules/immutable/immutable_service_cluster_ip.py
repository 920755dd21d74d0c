"""An address of a Service changes that the API server will not change.

## Why it matters

The API server refuses another cluster IP ("may not change once set"), another load balancer class and another health
check node port. Leaving the field out keeps what is there.

## What to do

Delete the Service and apply the new one right after: its name stays, its cluster IP and load balancer change.
"""

from collections.abc import Iterator

from pipeline.core.change import ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.fixed import bodies, claims, first_below
from pipeline.core.path import Path
from pipeline.core.resource import Body, mapping
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both)
    if paths:
        names = ", ".join(".".join(map(str, path)) for path in paths)
        places = [place(change.resource, first_below(change, path)) for path in paths]
        yield Hit(
            places[0],
            title=f"{change.id.kind} {change.id.name}: {names} cannot change",
            why="The API server refuses it, and the apply stops there.",
            remedy=f"kubectl delete service {change.id.name} -n {change.id.namespace} right before the apply.",
            also=tuple(places[1:]),
            claims=claims(change, *paths),
        )


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    before, after = mapping(old.get("spec")), mapping(new.get("spec"))
    found: list[Path] = []
    if "ExternalName" in (before.get("type"), after.get("type")):
        return ()
    stated = (key for key in ("clusterIP", "healthCheckNodePort") if before.get(key) and after.get(key))
    found += [("spec", key) for key in stated if before[key] != after[key]]
    if not before.get("clusterIP") and after.get("clusterIP") == "None":
        found.append(("spec", "clusterIP"))
    balanced = before.get("type") == after.get("type") == "LoadBalancer"
    if balanced and before.get("loadBalancerClass") != after.get("loadBalancerClass"):
        found.append(("spec", "loadBalancerClass"))
    return tuple(found)


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%sports: [{port: 80}]}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "it becomes headless",
            ("blocker", "spec.clusterIP"),
            before=_SERVICE % "",
            after=_SERVICE % "clusterIP: None, ",
        ),
        speaks(
            "another address",
            ("blocker", "spec.clusterIP"),
            before=_SERVICE % "clusterIP: 10.0.0.1, ",
            after=_SERVICE % "clusterIP: 10.0.0.2, ",
        ),
        quiet("the address is left to the server", before=_SERVICE % "clusterIP: 10.0.0.1, ", after=_SERVICE % ""),
    ),
)
