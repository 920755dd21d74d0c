"""A newer Kubernetes version fills in a field that the object leaves out, and that the old version left empty.

## Why it matters

Nothing is rejected, and what the field's absence meant is what the default says. But the live object gains the field:
tools that compare it with the manifest show a difference, and later versions of the manifest may meet it.

## What to do

Nothing, usually. State the field where it must not depend on the version.
"""

from collections.abc import Iterator

from pipeline.core.kube.defaults.new_defaults import NewDefault, new_defaults
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target, before = upgrade.facts.target, upgrade.facts.minor_before
    assert target is not None, "BUG: evaluated without a target"
    if before < 0:
        return
    defaults_of: dict[tuple[str, str], list[tuple[Resource, NewDefault]]] = {}
    for resource in upgrade.after.manifests.resources:
        for row in new_defaults(resource, before, target[1]):
            defaults_of.setdefault((resource.kind, to_text(row.path)), []).append((resource, row))
    for (kind, field), defaults in sorted(defaults_of.items()):
        resource, row = defaults[0]
        places = [place(one, default.path) for one, default in defaults]
        yield Hit(
            places[0],
            title=f"{kind} {resource.id.name}: {field} becomes {row.value} with Kubernetes 1.{target[1]}",
            impact=f"The API server fills it in since 1.{row.since}. It acts as it did without the field.",
            fix=f"State {row.path[-1]} where it must not depend on the version.",
            also=tuple(places[1:]),
        )


_STATEFUL = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db%s}\n"
_PLAIN, _DELETES = _STATEFUL % "", _STATEFUL % ", updateStrategy: {type: OnDelete}"
_PATH = "spec.updateStrategy.rollingUpdate.maxUnavailable"
_RAISED = {"target": (1, 37), "target_before": (1, 36)}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks("the cluster moves to a newer version", ("info", _PATH), before=_PLAIN, after=_PLAIN, facts=_RAISED),
        quiet("the version stays", before=_PLAIN, after=_PLAIN, facts={"target": (1, 37)}),
        quiet("the default is of another strategy", before=_DELETES, after=_DELETES, facts=_RAISED),
        quiet(
            "it is stated",
            before=_STATEFUL % ", updateStrategy: {rollingUpdate: {maxUnavailable: 1}}",
            after=_STATEFUL % ", updateStrategy: {rollingUpdate: {maxUnavailable: 1}}",
            facts=_RAISED,
        ),
    ),
)
