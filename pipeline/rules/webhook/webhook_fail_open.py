"""A webhook that rejected requests when it is down now allows them.

## Why it matters

While it is down, what it enforces or injects is silently skipped: pods start without a sidecar, policies are ignored.

## What to do

Accept it and monitor the webhook, or restore the old policy with a value or an overlay.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _is(path: Path, key: str) -> bool:
    return path[:1] == ("webhooks",) and path[2:3] == (key,)


def _picks(field: FieldChange, path: Path) -> bool:
    return _is(path, "failurePolicy") and field.new == "Ignore"


check = object_check(
    _picks,
    FindingText(
        "requests are now allowed when its backend is down",
        "While it is down, what it enforces or injects is silently skipped.",
        "Monitor the webhook, or restore the old policy with a value or an overlay.",
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
            "it fails open",
            ("medium", "webhooks[name=a.b.c].failurePolicy"),
            before=_HOOK % "",
            after=_HOOK % ", failurePolicy: Ignore",
        ),
        quiet("it fails closed", before=_HOOK % ", failurePolicy: Ignore", after=_HOOK % ""),
    ),
)
