"""A webhook is called for different requests than before.

## Why it matters

More requests depend on its health, or some are no longer checked or changed by it.

## What to do

Compare rules and selectors with your namespaces: which are matched now, and which no longer?
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_MATCH = (("rules",), ("namespaceSelector",), ("objectSelector",), ("matchConditions",), ("matchPolicy",))


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("webhooks",) and path[2:3] in _MATCH


check = object_check(
    _picks,
    FindingText(
        "it is now called for other requests",
        "More requests depend on it, or some are no longer checked.",
        "Compare rules and selectors with your namespaces.",
    ),
)

_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
    cases=(
        speaks(
            "another selector",
            ("medium", "webhooks[name=a.b.c].objectSelector.matchLabels"),
            before=_HOOK % "",
            after=_HOOK % ", objectSelector: {matchLabels: {a: b}}",
        ),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
