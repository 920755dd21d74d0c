"""A pod or a container is hardened, or runs as a different user.

## Why it matters

It may lack privileges that it used: writing to the image's file system, a low port, files of another owner.

## What to do

Watch the pods after the rollout; if the user changes, check the owner of files on volumes.
"""

from collections.abc import Iterator

from pipeline.core.analysis.pod_security import rights
from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_WORDS = FindingText(
    "privileges or user of its pods change",
    "They may lack privileges that they used, or access to files of the old user.",
    "Watch the pods after the rollout; check the owner of files on volumes.",
)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    picked = [field for field, loosened in rights(change) if not loosened]
    if picked:
        yield hit(change, picked, _WORDS)


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
            "hardened",
            ("low", "spec.template.spec.containers[name=a].securityContext"),
            before=_WEB % "",
            after=_WEB % ", securityContext: {runAsNonRoot: true}",
        ),
        quiet(
            "privileged",
            before=_WEB % ", securityContext: {privileged: false}",
            after=_WEB % ", securityContext: {privileged: true}",
        ),
    ),
)
