"""The annotations of an object change.

## Why it matters

Controllers read settings from annotations: load balancers, certificates, ingress, injection.

## What to do

Check whether your controllers read these annotations.
"""

from pipeline.core.analysis.hooks import events_in
from pipeline.core.analysis.removal import KEEPERS
from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.analysis.service_accounts import IDENTITY
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.render.manifests import HOOK_ANNOTATION
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_TOLD = IDENTITY | KEEPERS
"""Annotations that rules of their own speak about."""


def _picks(field: FieldChange, path: Path) -> bool:
    if path == ("metadata", "annotations"):  # all of them come or go
        value = field.old or field.new
        return not isinstance(value, dict) or not events_in(str(value.get(HOOK_ANNOTATION) or ""))
    if path[2:] == (HOOK_ANNOTATION,):  # of an event that Helm does not know, no rule of hooks tells
        return not events_in(f"{field.old},{field.new}")
    if path[:2] != ("metadata", "annotations"):
        return False
    return str(path[2]) not in _TOLD and not str(path[2]).startswith(HOOK_ANNOTATION)


check = alike_check(
    _picks,
    FindingText(
        "annotations change",
        "Controllers may read settings from annotations.",
        "Check whether your controllers read these annotations.",
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "an annotation is removed",
            ("info", "metadata.annotations"),
            before=_MAP % (", annotations: {a: b}", "a: x"),
            after=_MAP % ("", "a: x"),
        ),
        quiet(
            "a checksum",
            before=_MAP % (", annotations: {checksum/a: b, a: b}", "a: x"),
            after=_MAP % (", annotations: {checksum/a: c, a: b}", "a: x"),
        ),
    ),
)
