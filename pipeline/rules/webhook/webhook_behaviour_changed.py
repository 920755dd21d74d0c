"""A webhook's settings change: its backend, timeout, versions, side effects; or the order of webhooks.

## Why it matters

A new backend must exist before the first request; a longer timeout slows the API down, a shorter one fails more often;
with side effects, server-side dry runs are rejected.

## What to do

Check that the backend and its certificate are rendered, and that the timeout is at most 10 s.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_TOLD = (
    ("failurePolicy",),
    ("rules",),
    ("namespaceSelector",),
    ("objectSelector",),
    ("matchConditions",),
    ("matchPolicy",),
)


def _picks(field: FieldChange, path: Path) -> bool:
    if path[:1] == ("spec",):  # of an aggregated API
        return True
    if path == ("webhooks",):  # mutating ones see what those before them made
        return field.op is Op.REORDERED
    return path[:1] == ("webhooks",) and bool(path[2:]) and path[2:3] not in _TOLD


check = object_check(
    _picks,
    FindingText(
        "settings change",
        "The API server calls it with other settings; a backend that it cannot reach or trust fails the requests.",
        "Check that the backend and its certificate are rendered.",
    ),
)

_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)
_API = (
    "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.b}\n"
    "spec: {group: a.b, version: v1, insecureSkipTLSVerify: %s, service: {name: a, namespace: b}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"}),
    cases=(
        speaks(
            "another timeout",
            ("low", "webhooks[name=a.b.c].timeoutSeconds"),
            before=_HOOK % "",
            after=_HOOK % ", timeoutSeconds: 5",
        ),
        speaks("an aggregated API", ("low", "spec.insecureSkipTLSVerify"), before=_API % "true", after=_API % "false"),
        speaks(
            "another order",
            ("low", "webhooks"),
            before=_HOOK % "}, {name: d.b.c",
            after=(_HOOK % "}, {name: a.b.c").replace("[{name: a", "[{name: d", 1),
        ),
        quiet("it fails open", before=_HOOK % "", after=_HOOK % ", failurePolicy: Ignore"),
    ),
)
