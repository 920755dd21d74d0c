"""A webhook of a configuration is gone, or has a new one beside it.

## Why it matters

What it enforced or injected is no longer done; one that is new is asked about requests from now on.

## What to do

See that something else enforces it now, and that a new webhook's backend is there before it.
"""

from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, object_check
from pipeline.core.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("webhooks",) and not path[2:]


check = object_check(
    _picks,
    Words(
        "its webhooks come or go",
        "What one enforced is no longer done; a new one is asked from now on.",
        "See that something else enforces it, and that a new backend is there first.",
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
        speaks("one goes", ("medium", "webhooks[name=d.e.f]"), before=_HOOK % "}, {name: d.e.f", after=_HOOK % ""),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
