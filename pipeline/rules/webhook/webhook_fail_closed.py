"""A webhook that allowed requests when it is down now rejects them.

## Why it matters

If its backend does not answer, every request that it matches is rejected: pods do not start, upgrades stop, and the
cluster may not be able to recover by itself.

## What to do

Run at least two replicas with a disruption budget, and exclude kube-system and the webhook's own namespace.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _is(path: Path, key: str) -> bool:
    return path[:1] == ("webhooks",) and path[2:3] == (key,)


def _picks(field: FieldChange, path: Path) -> bool:
    return _is(path, "failurePolicy") and field.new != "Ignore"


check = object_check(
    _picks,
    FindingText(
        "requests are now rejected when its backend is down",
        "If its backend does not answer, every matching request is rejected.",
        "Run two replicas with a PodDisruptionBudget, and exclude kube-system.",
    ),
)

_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
    cases=(
        speaks(
            "it fails closed",
            ("high", "webhooks[name=a.b.c].failurePolicy"),
            before=_HOOK % ", failurePolicy: Ignore",
            after=_HOOK % "",
        ),
        quiet("it fails open", before=_HOOK % "", after=_HOOK % ", failurePolicy: Ignore"),
    ),
)
