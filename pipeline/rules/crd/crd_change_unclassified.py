"""A changed path of a CRD that no rule explains.

## Why it matters

A CRD is a contract: a change that no rule understands may reject custom resources or lose data.

## What to do

Read the change yourself. If it matters, ask for a rule.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core.crd.case_crds import crd
from pipeline.core.judge.unexplained import unexplained
from pipeline.core.kube.resource import CRD_KIND, ResourceId
from pipeline.core.risk.finding import Confidence, Finding, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade, _said: Sequence[Finding], left: Mapping[ResourceId, tuple[int, ...]]) -> Iterator[Hit]:
    yield from unexplained(upgrade, left, lambda change: change.id.kind == CRD_KIND)


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.HINT,
    last=check,
    cases=(
        speaks(
            "no rule explains it",
            ("medium", "spec.names.shortNames"),
            before=crd(),
            after=crd(names="shortNames: [wg]"),
        ),
        quiet(
            "a rule explains it",
            before=crd(),
            after=crd(names="shortNames: [wg]"),
            beside=("crd-names-alias-added",),
        ),
    ),
)
