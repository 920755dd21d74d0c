"""A changed path that no rule explains.

## Why it matters

After a comparison every change should be accounted for. A path that no rule claims is counted and reported here.

## What to do

Read the change yourself. If it matters, ask for a rule.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core.judge.unexplained import unexplained
from pipeline.core.kube.resource import CRD_KIND, ResourceId
from pipeline.core.risk.finding import Confidence, Finding, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade, _said: Sequence[Finding], left: Mapping[ResourceId, tuple[int, ...]]) -> Iterator[Hit]:
    yield from unexplained(upgrade, left, lambda change: change.id.kind != CRD_KIND)


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {mode: %s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    confidence=Confidence.HINT,
    last=check,
    cases=(
        speaks("no rule explains it", ("low", "data.mode"), before=_MAP % ("", "fast"), after=_MAP % ("", "safe")),
        quiet(
            "a rule explains it",
            before=_MAP % ("", "fast"),
            after=_MAP % ("", "safe"),
            beside=("config-value-changed",),
        ),
        quiet(
            "a changed version label of the chart",
            before=_MAP % (", labels: {helm.sh/chart: a-1}", "fast"),
            after=_MAP % (", labels: {helm.sh/chart: a-2}", "fast"),
        ),
    ),
)
