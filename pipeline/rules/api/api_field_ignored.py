"""An object sets a field that the target's API server accepts and silently ignores: its feature gate is off by default.

## Why it matters

The apply succeeds and no warning is given, but the field is not stored. The setting has no effect, and is missing from
the live object.

## What to do

Enable the feature gate on the cluster, if it is yours to set. Otherwise remove the field with a value or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.gated_fields import GatedField, gated
from pipeline.core.kube.path import Path, to_text
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    fields_of: dict[tuple[str, str], list[tuple[Resource, GatedField]]] = {}
    for change in upgrade.diff.changes:
        for ignored in _fresh(change, target[1]):
            assert change.after is not None, "BUG: a field of an object that is gone"
            fields_of.setdefault((ignored.type, str(ignored.path[-1])), []).append((change.after, ignored))
    for _, gated_fields in sorted(fields_of.items()):
        yield _hit(gated_fields, target[1], stated=upgrade.facts.target_stated)


def _fresh(change: ResourceChange, minor: int) -> list[GatedField]:
    """Those that the old side did not set yet."""
    known = {_where(field.path) for field in gated(change.before, minor)} if change.before else set()
    return [field for field in (gated(change.after, minor) if change.after else ()) if _where(field.path) not in known]


def _where(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))


def _hit(gated_fields: list[tuple[Resource, GatedField]], minor: int, *, stated: bool) -> Hit:
    resource, first = gated_fields[0]
    places = [place(one, field.path) for one, field in gated_fields]
    return Hit(
        places[0],
        title=f"{resource.kind} {resource.id.name}: {to_text(first.path)} is accepted but silently ignored",
        impact=f"In Kubernetes 1.{minor} the feature gate {first.gate} is off by default: the field is not stored.",
        fix=f"Enable the feature gate {first.gate} on the cluster, or remove {first.path[-1]} with an overlay.",
        severity=None if stated else Severity.LOW,  # no one said what the cluster runs
        also=tuple(places[1:]),
    )


_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a%s}]}\n"
_STOPS = _POD % ", lifecycle: {stopSignal: SIGTERM}"
_PATH = "spec.containers[0].lifecycle.stopSignal"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "a field whose feature is off", ("medium", _PATH), before=_POD % "", after=_STOPS, facts={"target": (1, 37)}
        ),
        quiet("the field is not set", before=_POD % "", after=_POD % ", tty: true", facts={"target": (1, 37)}),
        quiet(
            "it was set before",
            before=_STOPS,
            after=_STOPS.replace("SIGTERM", "SIGINT"),
            facts={"target": (1, 37)},
        ),
        quiet("the target does not have the field", before=_POD % "", after=_STOPS, facts={"target": (1, 29)}),
    ),
)
