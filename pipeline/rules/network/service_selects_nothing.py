"""A Service selects no pods any more, of all that the release renders.

## Why it matters

It has no endpoints: whoever calls it gets no connection.

## What to do

Let its selector match the labels of the pod template again.
"""

from collections.abc import Iterator

from pipeline.core.finding import Confidence, Severity
from pipeline.core.pods import template_path
from pipeline.core.resource import ManifestSet, Resource, mapping
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before, after = _pods(upgrade.before.manifests), _pods(upgrade.after.manifests)
    olds = upgrade.before.manifests.by_id()
    for service in upgrade.after.manifests.of_kind("Service", ""):
        old = olds.get(service.id)
        if old is not None and _selects(old, before) and not _selects(service, after) and _selector(service):
            yield Hit(
                place(service, ("spec", "selector")),
                title=f"Service {service.id.name} selects no pods of this release any more",
                why="It has no endpoints, unless another release brings such pods.",
                remedy="Let its selector match the labels of the pod template again.",
            )


def _selector(service: Resource) -> dict[str, object]:
    return dict(mapping(mapping(service.body.get("spec")).get("selector")))


def _pods(manifests: ManifestSet) -> list[tuple[str, dict[str, object]]]:
    """Namespace and labels of every pod template."""
    found = []
    for resource in manifests.resources:
        path = template_path(resource)
        if path is not None:
            value = resource.body
            for step in path:
                value = dict(mapping(value.get(str(step))))
            found.append((resource.id.namespace, dict(mapping(mapping(value.get("metadata")).get("labels")))))
    return found


def _selects(service: Resource, pods: list[tuple[str, dict[str, object]]]) -> bool:
    wanted = _selector(service)
    own = (labels for namespace, labels in pods if namespace == service.id.namespace)
    return any(all(labels.get(key) == value for key, value in wanted.items()) for labels in own)


_BOTH = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: %s}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {app: %s}}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "the pods have other labels", ("high", "spec.selector"), before=_BOTH % ("x", "x"), after=_BOTH % ("x", "y")
        ),
        quiet("both change", before=_BOTH % ("x", "x"), after=_BOTH % ("y", "y")),
        quiet("it selected nothing before", before=_BOTH % ("x", "z"), after=_BOTH % ("x", "y")),
    ),
)
