"""A container's arguments or command change.

## Why it matters

Flags change behaviour; a removed one may have become a default or a key in a file, or may have no replacement.

## What to do

Look up the flags in the release notes; an overlay that adds arguments may now contradict them.
"""

from pipeline.core.analysis.change_text import shown
from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.analysis.setting_changes import setting_grade
from pipeline.core.analysis.short_values import between, brief
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "args", "command", "workingDir")


def _said(change: ResourceChange, field: FieldChange) -> str:
    """``--level info -> debug``, ``--new=x added``, ``--old removed``: the flag, not its place in the list."""
    if not isinstance(field.path[-1], int) or "\n" in f"{field.old}{field.new}":
        return shown(field)
    flag = _flag_before(change, field)
    if field.op is Op.ADDED:
        return f"{brief(field.new)} added"
    if field.op is Op.REMOVED:
        return f"{brief(field.old)} removed"
    name, sign, old = str(field.old).partition("=")
    other, _, new = str(field.new).partition("=")
    if sign and name == other and name.startswith("-"):
        return f"{name} {between(old, new)}"
    return f"{flag}{between(field.old, field.new)}"


def _flag_before(change: ResourceChange, field: FieldChange) -> str:
    """``--level `` where it stands before the value as a word of its own."""
    index, words = field.path[-1], get(change.resource.body, field.path[:-1])
    if not isinstance(index, int) or not isinstance(words, list) or not 0 < index < len(words):
        return ""
    before = str(words[index - 1])
    return f"{before} " if before.startswith("-") and "=" not in before else ""


check = pods_check(
    _picks,
    FindingText(
        "arguments change",
        "Flags change behaviour.",
        "Look up the flags in the release notes.",
        say=_said,
        grade=lambda _change, fields: setting_grade(fields),
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a flag is removed",
            ("medium", "spec.template.spec.containers[name=a].args[1]"),
            before=_WEB % ", args: [x, --old]",
            after=_WEB % ", args: [x]",
        ),
        speaks(
            "a flag gets another value",
            ("medium", "spec.template.spec.containers[name=a].args[1]"),
            before=_WEB % ", args: [x, --port=9000]",
            after=_WEB % ", args: [x, --port=8080]",
        ),
        speaks(
            "a flag names another version",
            ("low", "spec.template.spec.containers[name=a].args[1]"),
            before=_WEB % ", args: [x, '--reloader=quay.io/x/reloader:v0.60.1']",
            after=_WEB % ", args: [x, '--reloader=quay.io/x/reloader:v0.61.0']",
        ),
        speaks(
            "a flag is added",
            ("low", "spec.template.spec.containers[name=a].args[1]"),
            before=_WEB % ", args: [x]",
            after=_WEB % ", args: [x, --new]",
        ),
        quiet("another image", before=_WEB % ", args: [x]", after=(_WEB % ", args: [x]").replace("x:1", "x:2")),
    ),
)
