"""A built-in object holds a value that the API server's validation rejects: a name, a port, a word, a reference.

## Why it matters

The API server rejects the whole object, so the apply stops there. Names that are too long or hold capitals, port names
of more than 15 characters, selectors that do not select the template's pods, and mounts of volumes that are gone are
the usual causes. What each field may hold was asked of a real API server; what spans fields follows its source.

## What to do

Correct the value that sets the field, or set it by an overlay. Where a name is made from the release's name, shorten
the release's name.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_field_errors import news
from pipeline.core.kube.field_check import Fault
from pipeline.core.kube.path import Path, to_text
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import LONGEST_TITLE

_REJECTED = "The API server rejects the whole object."


def _short(path: Path) -> str:
    """The end of a path, from the key of its last list on: ``containers[name=a].name``."""
    start = next((n for n in range(2, len(path)) if isinstance(path[-n], str)), len(path))
    return to_text(path[-start:])


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for fact in news(upgrade):
        complaint = fact.complaint
        if complaint.fault is Fault.INVALID:
            last = complaint.path[-1] if complaint.path and isinstance(complaint.path[-1], str) else complaint.field
            where, name = _short(complaint.path), f"{fact.resource.kind} {fact.resource.id.name}"
            title = f"{name}: {where or 'it'} is {complaint.found} but must be"
            whole = f"{title} {complaint.wanted}"
            fits = len(whole) <= LONGEST_TITLE or ": " not in complaint.wanted  # else told with the impact
            yield Hit(
                fact.places[0],
                title=whole if fits else f"{title} {complaint.wanted.partition(': ')[0]}",
                impact=_REJECTED if fits else f"{_REJECTED} It must be {complaint.wanted}.",
                fix=f"{name}: correct the value, or the overlay, that sets {last}.",
                severity=fact.severity,
                confidence=fact.confidence,
                also=fact.places[1:],
            )


_TARGET = {"target": (1, 35)}
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{name: %s, port: 80, targetPort: %s}]}\n"
)
_POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: "web:1", ports: [{name: %s, containerPort: 80}]}]}
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "web:1", volumeMounts: [{name: %s, mountPath: /data}]}]
      volumes: [{name: data, emptyDir: {}}]
"""
_STATEFUL = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: %s, image: "db:1"}]}
"""

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("volumes-changed",),
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "the cluster moves to a version that checks it",
            ("blocker", "spec.template.spec.containers[name=Db].name"),
            before=_STATEFUL % "Db",
            after=_STATEFUL % "Db",
            facts={"target": (1, 34), "target_before": (1, 30)},
        ),
        speaks(
            "a port's name of 21 characters",
            ("blocker", "spec.containers[name=web].ports[containerPort=80].name"),
            before=_POD % "http",
            after=_POD % "http-metrics-and-more",
            facts=_TARGET,
        ),
        speaks(
            "a name with a capital, in a new object",
            ("blocker", "metadata.name"),
            after=_SERVICE % ("Web", "http", "80"),
            facts=_TARGET,
        ),
        speaks(
            "a selector that does not select the pods of its template",
            ("blocker", "spec.template.metadata.labels"),
            after=_DEPLOYMENT % ("shop", "data"),
            facts=_TARGET,
        ),
        speaks(
            "a mount of a volume that does not exist",
            ("blocker", "spec.template.spec.containers[name=web].volumeMounts[mountPath=/data].name"),
            before=_DEPLOYMENT % ("web", "data"),
            after=_DEPLOYMENT % ("web", "cache"),
            facts=_TARGET,
        ),
        speaks(
            "a container's name that a StatefulSet checks since 1.34",
            ("blocker", "spec.template.spec.containers[name=Db].name"),
            after=_STATEFUL % "Db",
            facts={"target": (1, 34)},
        ),
        quiet("the same where the target does not look at it", after=_STATEFUL % "Db", facts={"target": (1, 33)}),
        quiet("values that fit", after=_DEPLOYMENT % ("web", "data"), facts=_TARGET),
        quiet(
            "it was invalid before",
            before=_SERVICE % ("web", "HTTP", "80"),
            after=_SERVICE % ("web", "HTTP", "81"),
            facts=_TARGET,
        ),
    ),
)
