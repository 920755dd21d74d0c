"""The labels of a workload's pods change.

## Why it matters

Services, network policies, disruption budgets, monitors and injection webhooks select pods by them.

## What to do

Search your selectors for the old labels.
"""

from pipeline.core.analysis.acting_annotations import INJECTION, injects
from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _template(path: Path, key: str) -> bool:
    at = path.index("template") if "template" in path else -1
    return at > 0 and path[at + 1 : at + 3] == ("metadata", key)


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[-2:-1] != ("x",) and _template(path, "labels")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """What decides whether something is injected (a proxy, secrets) changes the pods themselves."""
    return Severity.MEDIUM if _advise(fields) else None


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    injected = any(injects(field, field.path.index("template") + 3) for field in fields)
    return INJECTION if injected else None


check = alike_check(
    _picks,
    FindingText(
        "pod labels change",
        "Services, policies and monitors select pods by them.",
        "Search your selectors for the old labels.",
        grade=_grade,
        advise=_advise,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a label is removed",
            ("low", "spec.template.metadata.labels.a"),
            before=_WEB % "labels: {a: b, c: d}",
            after=_WEB % "labels: {c: d}",
        ),
        speaks(
            "the proxy is no longer injected",
            ("medium", 'spec.template.metadata.labels["sidecar.istio.io/inject"]'),
            before=_WEB % 'labels: {a: b, sidecar.istio.io/inject: "true"}',
            after=_WEB % "labels: {a: b}",
        ),
        quiet(
            "an annotation is removed", before=_WEB % "annotations: {a: b, c: d}", after=_WEB % "annotations: {c: d}"
        ),
    ),
)
