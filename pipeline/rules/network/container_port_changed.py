"""A port that a container declares changes.

## Why it matters

Services, probes, network policies and monitors refer to the port; clients of the old port get no answer.

## What to do

Search your Services, policies and monitors for the old port.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import in_container
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "ports")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    alone = all(field.op is Op.ADDED for field in fields) and not any(map(_of_node, fields))
    return Severity.LOW if alone else None


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    if any(field.new is MISSING or field.old is not MISSING for field in fields):
        return None
    if any(map(_of_node, fields)):
        return (
            "It takes a port of every node that runs the pod, and can be reached there from outside.",
            "Check that the port is free on the nodes, and that it should be open there.",
        )
    return (
        "Nothing breaks: another port is declared.",
        "Check whether a Service or a NetworkPolicy must name the port, too.",
    )


def _of_node(field: FieldChange) -> bool:
    entries = field.new if isinstance(field.new, list) else [field.new]
    return field.path[-1] == "hostPort" or any("hostPort" in mapping(entry) for entry in entries)


check = pods_check(
    _picks,
    FindingText(
        "container ports change",
        "Clients of a removed port get no answer.",
        "Search your Services, policies and monitors for the old port.",
        grade=_grade,
        advise=_advise,
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "a port moves",
            ("medium", "spec.template.spec.containers[name=a].ports[containerPort=80,protocol=TCP]"),
            before=_WEB % ", ports: [{containerPort: 80, name: http}]",
            after=_WEB % ", ports: [{containerPort: 8080, name: http}]",
        ),
        speaks(
            "a port is added",
            ("low", "spec.template.spec.containers[name=a].ports[containerPort=81,protocol=TCP]"),
            before=_WEB % ", ports: [{containerPort: 80}]",
            after=_WEB % ", ports: [{containerPort: 80}, {containerPort: 81}]",
        ),
        quiet(
            "the default is spelled out",
            before=_WEB % ", ports: [{containerPort: 80}]",
            after=_WEB % ", ports: [{containerPort: 80, protocol: TCP}]",
        ),
    ),
)
