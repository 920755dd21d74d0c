"""The annotations of an object change.

## Why it matters

Controllers read their settings there: load balancers, certificates, ingress, injection.

## What to do

Look up annotations that your controllers read.
"""

from pipeline.core.accounts import IDENTITY
from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, alike_check
from pipeline.core.removal import KEEPERS
from pipeline.core.rule import Rule, quiet, speaks

_TOLD = IDENTITY | KEEPERS
"""Annotations that rules of their own speak about."""


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("metadata", "annotations") and not _TOLD.intersection(map(str, path[2:3]))


check = alike_check(
    _picks,
    Words(
        "its annotations change",
        "Controllers read their settings there.",
        "Look up annotations that your controllers read.",
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
            "an annotation goes",
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
