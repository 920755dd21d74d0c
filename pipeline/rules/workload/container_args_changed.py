"""A container is started with other arguments or another command.

## Why it matters

Flags switch behaviour on and off; one that is gone may have become a default, a key in a file, or nothing.

## What to do

Look up the flags in the release notes; an overlay that adds arguments may now contradict them.
"""

from pipeline.core.change import FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, pod_check
from pipeline.core.pods import in_container
from pipeline.core.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "args", "command", "workingDir")


check = pod_check(
    _picks,
    Words(
        "it is started with other arguments",
        "Flags switch behaviour on and off.",
        "Look up the flags in the release notes.",
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
    each=check,
    cases=(
        speaks(
            "a flag goes",
            ("low", "spec.template.spec.containers[name=a].args[1]"),
            before=_WEB % ", args: [x, --old]",
            after=_WEB % ", args: [x]",
        ),
        quiet("another image", before=_WEB % ", args: [x]", after=(_WEB % ", args: [x]").replace("x:1", "x:2")),
    ),
)
