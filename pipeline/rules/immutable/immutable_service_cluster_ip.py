"""An immutable address of a Service changes.

## Why it matters

The API server rejects a different cluster IP ("may not change once set"), load balancer class or health check node
port. If the field is omitted, the old value is kept.

## What to do

Delete the Service and apply the new one right after: its name stays, but its cluster IP and load balancer change.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, claims, rejected
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.resource import Body, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both)
    allocated = [field.path for field in change.fields if field.path[1:2] in _KEPT and field.path[:2] not in paths]
    if allocated:
        stays = not paths and _HEADLESS in allocated and _was_headless(*both)
        yield _stays_headless(change, allocated) if stays else _left_alone(change, allocated)
    if paths:
        fix = "Delete the Service right before the apply."
        commands = (deletion(change.id.kind, change.id.name, namespace=change.id.namespace),)
        yield rejected(change, paths, (fix, commands))


_ADDRESSED = ("NodePort", "LoadBalancer")  # what may not be headless, as a Service is that has once been so
_KEPT = (("clusterIP",), ("healthCheckNodePort",), ("loadBalancerClass",))


_HEADLESS: Path = ("spec", "clusterIP")


def _was_headless(old: Body, new: Body) -> bool:
    return get(old, _HEADLESS) == "None" and not get(new, _HEADLESS)


def _stays_headless(change: ResourceChange, paths: list[Path]) -> Hit:
    """The server fills in the address that it has (pkg/registry/core/service/storage, patchAllocatedValues)."""
    places = [place(change.resource, path) for path in paths]
    return Hit(
        places[0],
        title=f"Service {change.id.name} is no longer headless in the manifest, and stays so in the cluster",
        impact="The API server accepts the change and keeps clusterIP: None: "
        "clients still get the addresses of the pods.",
        fix="Delete the Service right before the apply if it should get an address of its own.",
        severity=Severity.LOW,
        also=tuple(places[1:]),
        claims=claims(change, *paths),
        commands=(deletion(change.id.kind, change.id.name, namespace=change.id.namespace),),
    )


def _left_alone(change: ResourceChange, paths: list[Path]) -> Hit:
    """What no other rule reports: the server sets these fields itself where a manifest does not."""
    places = [place(change.resource, path) for path in paths]
    return Hit(
        places[0],
        title=f"Service {change.id.name}: {', '.join(str(path[-1]) for path in paths)} is written differently",
        impact="The API server accepts it or keeps the old value.",
        fix="Nothing to do.",
        severity=Severity.INFO,
        confidence=Confidence.LIKELY,
        also=tuple(places[1:]),
        claims=claims(change, *paths),
    )


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    before, after = mapping(old.get("spec")), mapping(new.get("spec"))
    paths: list[Path] = []
    if "ExternalName" in (before.get("type"), after.get("type")):
        return ()
    stated = (key for key in ("clusterIP", "healthCheckNodePort") if before.get(key) and after.get(key))
    paths += [("spec", key) for key in stated if before[key] != after[key]]
    if not before.get("clusterIP") and after.get("clusterIP") == "None":
        paths.append(("spec", "clusterIP"))
    families = [(sequence(side.get("ipFamilies")) or [""])[0] for side in (before, after)]
    if all(families) and families[0] != families[1]:
        paths.append(("spec", "ipFamilies"))
    if before.get("clusterIP") == "None" and not after.get("clusterIP") and after.get("type") in _ADDRESSED:
        paths.append(("spec", "type"))
    balanced = before.get("type") == after.get("type") == "LoadBalancer"
    if balanced and before.get("loadBalancerClass") != after.get("loadBalancerClass"):
        paths.append(("spec", "loadBalancerClass"))
    return tuple(paths)


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%sports: [{port: 80}]}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("service-exposure-changed",),
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
        speaks(
            "a headless Service becomes a load balancer",
            ("blocker", "spec.type"),
            ("info", "spec.clusterIP"),
            before=_SERVICE % "clusterIP: None, ",
            after=_SERVICE % "type: LoadBalancer, ",
        ),
        speaks(
            "a headless Service gets an address",
            ("low", "spec.clusterIP"),
            before=_SERVICE % "clusterIP: None, ",
            after=_SERVICE % "",
        ),
        speaks(
            "the address is no longer set",
            ("info", "spec.clusterIP"),
            before=_SERVICE % "clusterIP: 10.0.0.1, ",
            after=_SERVICE % "",
        ),
        quiet("another port", before=_SERVICE % "", after=(_SERVICE % "").replace("80", "81")),
    ),
)
