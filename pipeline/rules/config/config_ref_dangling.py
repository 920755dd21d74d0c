"""A workload still needs a ConfigMap, Secret or service account that the chart no longer renders.

## Why it matters

Its pods do not start: a volume or variable whose source is missing holds them back, a missing account refuses them.
Pods that run keep running, until the first of them is replaced.

## What to do

See who creates the object now. Keep it by a value or an overlay until the workload no longer needs it.
"""

from collections.abc import Iterator

from pipeline.core.finding import Confidence, Place, Severity
from pipeline.core.pods import WORKLOADS
from pipeline.core.references import Reference, references
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = upgrade.facts.repository_after
    there = {
        r.id for manifests in (upgrade.after.manifests, *([others] if others else [])) for r in manifests.resources
    }
    lost = {r.id for r in upgrade.before.manifests.resources} - there
    users: dict[Reference, list[Place]] = {}
    for resource in upgrade.after.manifests.resources:
        if resource.kind in WORKLOADS:
            for reference in references(resource):
                if reference.id in lost:
                    users.setdefault(reference, []).append(place(resource, reference.path))
    for reference, places in sorted(users.items(), key=lambda item: item[0].id):
        yield Hit(
            places[0],
            title=f"{places[0].resource.kind} {places[0].resource.name} needs {reference.id.kind} {reference.id.name},"
            " which is no longer rendered",
            why="Its pods do not start, unless somebody else creates it.",
            remedy="See who creates it now, or keep it by a value or an overlay.",
            also=tuple(places[1:]),
        )


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_WEB = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, configMap: {name: a%s}}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "its ConfigMap goes",
            ("high", "spec.template.spec.volumes[name=v].configMap.name"),
            before=_MAP + _WEB % "",
            after=_WEB % "",
        ),
        quiet("it can do without", before=_MAP + _WEB % ", optional: true", after=_WEB % ", optional: true"),
        quiet("it was never rendered", before=_WEB % "", after=_WEB % ""),
        quiet("both go", before=_MAP + _WEB % ""),
    ),
)
