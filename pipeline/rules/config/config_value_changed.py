"""The data of a ConfigMap or Secret changes, or keys are added.

## Why it matters

Programs read their settings there, at their next start or immediately. A pod that is not replaced keeps the old values.

## What to do

Compare the change with the release notes, especially where you override a part of it. Restart the workloads that the
finding names: they read the old values at their start, and nothing in the upgrade replaces their pods.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.analysis.setting_changes import lines_removed, setting_grade
from pipeline.core.analysis.start_readers import left_running
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import ResourceId
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, kubectl, listed

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


_changed = object_check(
    _picks,
    FindingText(
        "data changes",
        "Programs read the new settings, at their next start or immediately.",
        "Compare the change with the release notes.",
        grade=_grade,
    ),
)


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    for hit in _changed(change, upgrade):
        running = left_running(change, upgrade)
        yield _kept_by(hit, running) if running else hit


def _kept_by(hit: Hit, running: list[ResourceId]) -> Hit:
    """Pods that stay and have read the old values at their start."""
    count = len(running)
    names = listed((f"{one.kind} {one.name}" for one in running), 3, noun="workload")
    return replace(
        hit,
        impact=f"{names} {agreeing(count, 'keeps')} the old values: {agreeing(count, 'its')} pods read them when they "
        "start, and are not replaced.",
        fix=f"Restart {names} after the apply.",
        commands=tuple(
            kubectl("rollout", "restart", f"{one.kind.lower()}/{one.name}", namespace=one.namespace) for one in running
        ),
    )


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"
_WEB = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web%s}\n"
    "spec: {template: {spec: {containers: [{name: a, %s}]}}}\n"
)
_FROM = "envFrom: [{configMapRef: {name: a}}]"

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
        speaks(
            "the pods that read it at their start stay",
            ("medium", "data.a"),
            before=_MAP % ("", "a: x") + _WEB % ("", _FROM),
            after=_MAP % ("", "a: y") + _WEB % ("", _FROM),
        ),
        quiet("a key is removed", before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
    ),
)
