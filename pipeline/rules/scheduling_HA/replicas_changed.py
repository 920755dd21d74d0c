"""A workload's number of replicas changes.

## Why it matters

Fewer replicas mean less capacity, and a single one means downtime at each restart. If the number is removed, it becomes
1, unless an autoscaler sets it.

## What to do

Set the number with a chart value, or leave it to the autoscaler only.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.option import RuleOption
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_MINIMUM = RuleOption("replicas-changed", "minimum", 1, "Fewer replicas than this are a high finding.")


def _picks(_field: FieldChange, path: Path) -> bool:
    return path == ("spec", "replicas")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    old, new = fields[0].old, fields[0].new
    if not (isinstance(old, int) and isinstance(new, int) and new < old):
        return None
    return Severity.MEDIUM if new else Severity.HIGH


def _number(value: object) -> str:
    return "the default of 1" if value is MISSING else str(value)


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    old, new = (1 if value is MISSING else value for value in (fields[0].old, fields[0].new))
    if new == 0:
        return "No pod runs after the upgrade.", "Set the number with a value, unless this is intended."
    if isinstance(old, int) and isinstance(new, int) and new > old:
        return "The additional pods need room on the nodes.", "Check that the program works with several replicas."
    return None


_changed = object_check(
    _picks,
    FindingText(
        "",
        "Fewer replicas mean less capacity; a single one means downtime at each restart.",
        "Set the number with a value, or leave it to an autoscaler only.",
        grade=_grade,
        say=lambda _, field: f"replicas change from {_number(field.old)} to {_number(field.new)}",
        advise=_advise,
    ),
)


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    least, now = _MINIMUM.of(upgrade), _replicas(change.after)
    for hit in _changed(change, upgrade):
        if now < least and now < _replicas(change.before):
            yield replace(hit, severity=Severity.HIGH, impact=f"Your policy asks for {least} at least.")
        else:
            yield hit


def _replicas(resource: Resource | None) -> int:
    number = mapping(resource.body.get("spec")).get("replicas", 1) if resource else 1
    return number if isinstance(number, int) else 1


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    options=(_MINIMUM,),
    kinds=frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}),
    cases=(
        speaks("more", ("low", "spec.replicas"), before=_WEB % "replicas: 1", after=_WEB % "replicas: 2"),
        speaks("fewer", ("medium", "spec.replicas"), before=_WEB % "replicas: 3", after=_WEB % "replicas: 2"),
        speaks("no replicas", ("high", "spec.replicas"), before=_WEB % "replicas: 3", after=_WEB % "replicas: 0"),
        speaks(
            "fewer than the policy asks for",
            ("high", "spec.replicas"),
            before=_WEB % "replicas: 3",
            after=_WEB % "replicas: 2",
            facts={"options": {"replicas-changed": {"minimum": 3}}},
        ),
        speaks(
            "as many as the policy asks for",
            ("medium", "spec.replicas"),
            before=_WEB % "replicas: 4",
            after=_WEB % "replicas: 3",
            facts={"options": {"replicas-changed": {"minimum": 3}}},
        ),
        quiet("the default is spelled out", before=_WEB % "paused: false", after=_WEB % "paused: false, replicas: 1"),
    ),
)
