"""The data of a ConfigMap or Secret changes, or keys are added.

## Why it matters

Programs read their settings there, at their next start or immediately. A pod that is not replaced keeps the old values.

## What to do

Compare the change with the release notes, especially where you override a part of it.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.analysis.setting_changes import lines_removed, setting_grade
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_COMMENTS = ("#", "//", ";", "--", "{{", "{%")
_DATA = frozenset({"data", "binaryData", "stringData"})


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:1] != () and path[0] in _DATA and not (field.new is MISSING and not path[2:])


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """What is shown to people, and a comment, tells nothing of what a program does."""
    return setting_grade([field for field in fields if not _shown(change, field)])


def _shown(change: ResourceChange, field: FieldChange) -> bool:
    dashboard = any("dashboard" in str(key).lower() for key in (*change.resource.labels, *field.path))
    return dashboard or not any(map(_is_setting, lines_removed(field.old, field.new)))


def _is_setting(line: str) -> bool:
    return not line.lstrip().startswith(_COMMENTS)


check = object_check(
    _picks,
    FindingText(
        "data changes",
        "Programs read the new settings, at their next start or immediately.",
        "Compare the change with the release notes.",
        grade=_grade,
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"ConfigMap", "Secret"}),
    cases=(
        speaks("a value changes", ("medium", "data.a"), before=_MAP % ("", "a: x"), after=_MAP % ("", "a: y")),
        speaks("a key is added", ("low", "data.b"), before=_MAP % ("", "a: x"), after=_MAP % ("", "a: x, b: y")),
        speaks("a version changes", ("low", "data.a"), before=_MAP % ("", "a: v1.2.3"), after=_MAP % ("", "a: v1.3.0")),
        speaks(
            "a dashboard changes",
            ("low", "data.a"),
            before=_MAP % (", labels: {grafana_dashboard: '1'}", "a: x"),
            after=_MAP % (", labels: {grafana_dashboard: '1'}", "a: y"),
        ),
        quiet("a key is removed", before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
    ),
)
