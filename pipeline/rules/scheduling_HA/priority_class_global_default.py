"""A PriorityClass becomes the default of the whole cluster.

## Why it matters

Every new pod that names no class gets this priority: the scheduler may stop pods of others for it, or it for others.
There can be one such class.

## What to do

Set ``globalDefault: false`` with an overlay, and name the class in the pods that need it.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATH = ("globalDefault",)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.after is None or not _is_default(change.after) or _is_default(change.before):
        return
    yield Hit(
        at(change) if change.before is None else place(change.after, _PATH),
        title=f"PriorityClass {change.id.name} becomes the default of the cluster, "
        f"with priority {change.after.body.get('value')}",
        impact="Every new pod that names no class gets this priority.",
        fix="Set globalDefault: false with an overlay, and name the class in the pods that need it.",
    )


def _is_default(resource: Resource | None) -> bool:
    return resource is not None and resource.body.get("globalDefault") is True


_CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 100\n%s\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"PriorityClass"}),
    shares=("resource-added", "shared-object-changed"),
    cases=(
        speaks("a new one", ("high", ""), after=_CLASS % "globalDefault: true"),
        speaks("it is set", ("high", "globalDefault"), before=_CLASS % "", after=_CLASS % "globalDefault: true"),
        quiet("it is no default", after=_CLASS % "globalDefault: false"),
        quiet("it was so before", before=_CLASS % "globalDefault: true", after=_CLASS % "globalDefault: true"),
    ),
)
