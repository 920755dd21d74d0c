"""A probe is removed from a container.

## Why it matters

Without a readiness probe, traffic goes to pods that are not ready; without a liveness probe, a hanging pod is not
restarted.

## What to do

Restore the probe with a value or an overlay, unless another probe replaces it.
"""

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return (
        in_container(path, "livenessProbe", "readinessProbe", "startupProbe") and not path[3:] and field.new is MISSING
    )


check = pods_check(
    _picks,
    FindingText(
        "{} removed",
        "Traffic may go to pods that are not ready, or hanging pods are not restarted.",
        "Restore the probe with a value or an overlay.",
        say=lambda _, field: entry_name(field),
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
            "a readiness probe is removed",
            ("medium", "spec.template.spec.containers[name=a].readinessProbe"),
            before=_WEB % ", readinessProbe: {tcpSocket: {port: 80}}",
            after=_WEB % "",
        ),
        quiet("a readiness probe is added", before=_WEB % "", after=_WEB % ", readinessProbe: {tcpSocket: {port: 80}}"),
    ),
)
