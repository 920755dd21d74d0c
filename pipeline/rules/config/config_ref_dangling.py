"""A workload still needs a ConfigMap, Secret or service account that the chart no longer renders.

## Why it matters

Its pods do not start: a volume or variable whose source is missing holds them back, a missing account refuses them.
Pods that run keep running, until the first of them is replaced.

## What to do

See who creates the object now. Keep it by a value or an overlay until the workload no longer needs it.
"""

from collections.abc import Iterator

from pipeline.core.finding import Confidence, Place, Severity
from pipeline.core.lost import dangling
from pipeline.core.pods import WORKLOADS
from pipeline.core.references import references
from pipeline.core.resource import ResourceId
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    users: dict[ResourceId, list[Place]] = {}
    for resource, reference in dangling(upgrade, WORKLOADS, references):
        users.setdefault(reference.id, []).append(place(resource, reference.path))
    for name, places in sorted(users.items()):
        user = places[0].resource
        yield Hit(
            places[0],
            title=f"{user.kind} {user.name} needs {name.kind} {name.name}, which is no longer rendered",
            why="Its pods do not start, unless somebody else creates it.",
            remedy="See who creates it now, or keep it by a value or an overlay.",
            also=tuple(places[1:]),
        )


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_WEB = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, configMap: {name: a%s}}]}}}\n"
)
_MADE = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
_TLS = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, projected: {sources: [{secret: {name: a}}]}}]}}}\n"
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
        speaks(
            "its projected Secret goes",
            ("high", "spec.template.spec.volumes[name=v].projected.sources[0].secret.name"),
            before=_MADE + _TLS,
            after=_TLS,
        ),
        quiet("it can do without", before=_MAP + _WEB % ", optional: true", after=_WEB % ", optional: true"),
        quiet("it was never rendered", before=_WEB % "", after=_WEB % ""),
        quiet(
            "a certificate makes it",
            before=_MADE + _TLS,
            after=_TLS + "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
            "spec: {secretName: a}\n",
        ),
        quiet("both go", before=_MAP + _WEB % ""),
    ),
)
