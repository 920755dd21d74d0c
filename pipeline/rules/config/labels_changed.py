"""The labels of an object change.

## Why it matters

Selectors that use them (monitors, prune scripts, dashboards) match different objects. A mesh goes by a namespace's
label to inject its proxy: without it, new pods run without the mesh's encryption and policies.

## What to do

Search your selectors for the old labels.
"""

from pipeline.core.analysis.acting_annotations import INJECTION, injects
from pipeline.core.analysis.grants import AGGREGATES
from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("metadata", "labels") and not str(path[-1]).startswith(AGGREGATES)


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """A namespace whose new pods get no proxy any more, or another one."""
    return Severity.MEDIUM if change.id.kind == "Namespace" and _advise(fields) else None


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    lost = any(field.old is not MISSING and injects(field, prefix=2) for field in fields)
    return INJECTION if lost else None


check = alike_check(
    _picks,
    FindingText(
        "labels change",
        "Selectors that use them match different objects.",
        "Search your selectors for the old labels.",
        grade=_grade,
        advise=_advise,
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"
_SPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {a: b%s}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a label is removed",
            ("info", "metadata.labels"),
            before=_MAP % (", labels: {a: b}", "a: x"),
            after=_MAP % ("", "a: x"),
        ),
        speaks(
            "a namespace is taken out of the mesh",
            ("medium", "metadata.labels.istio-injection"),
            before=_SPACE % ", istio-injection: enabled",
            after=_SPACE % "",
        ),
        speaks(
            "another revision of the mesh",
            ("medium", 'metadata.labels["istio.io/rev"]'),
            before=_SPACE % ", istio.io/rev: stable",
            after=_SPACE % ", istio.io/rev: canary",
        ),
        speaks(
            "another label of a namespace", ("info", "metadata.labels.c"), before=_SPACE % "", after=_SPACE % ", c: d"
        ),
        quiet(
            "a version label",
            before=_MAP % (", labels: {helm.sh/chart: a-1, a: b}", "a: x"),
            after=_MAP % (", labels: {helm.sh/chart: a-2, a: b}", "a: x"),
        ),
    ),
)
