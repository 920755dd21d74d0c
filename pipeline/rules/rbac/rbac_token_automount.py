"""Pods get the token of their service account, or no longer get it.

## Why it matters

An attacker who breaks into a pod can use its token. Without it, a program cannot call the API server. The pod's own
setting takes precedence over that of its service account.

## What to do

Pods that call the API server need the token; for others set ``automountServiceAccountToken: false``.
"""

from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_KEY = "automountServiceAccountToken"
_WHERE = frozenset({(), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec")})
"""Of a ServiceAccount, and of pods."""


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[-1:] == (_KEY,) and path[:-1] in _WHERE


check = alike_check(
    _picks,
    FindingText(
        "whether pods get the service account's token changes",
        "An attacker can use a pod's token; without it, a program cannot call the API server.",
        "Check whether the program calls the API server: only then it needs the token.",
    ),
)
_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'}]%s}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "pods get none any more",
            ("low", "automountServiceAccountToken"),
            before=_ACCOUNT,
            after=_ACCOUNT + "automountServiceAccountToken: false\n",
        ),
        speaks(
            "pods get one again",
            ("low", "automountServiceAccountToken"),
            before=_ACCOUNT + "automountServiceAccountToken: false\n",
            after=_ACCOUNT,
        ),
        speaks(
            "one workload's pods get none any more",
            ("low", "spec.template.spec.automountServiceAccountToken"),
            before=_WEB % "",
            after=_WEB % ", automountServiceAccountToken: false",
        ),
        quiet(
            "an account's default is spelled out",
            before=_ACCOUNT,
            after=_ACCOUNT + "automountServiceAccountToken: true\n",
        ),
        quiet("another name", before=_ACCOUNT, after=_ACCOUNT.replace("web", "api")),
    ),
)
