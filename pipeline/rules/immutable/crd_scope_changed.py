"""A CRD's scope changes between Namespaced and Cluster.

## Why it matters

The API server rejects it: the scope of a CRD is immutable once it is established (apiextensions.k8s.io/v1 validation).

## What to do

Export the custom resources, delete the CRD (which deletes them), apply the new one, and create them again; or keep both
for a while under different names.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.identity_changes import changed, refusal
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, told in changed(upgrade, ("spec", "scope")):
        yield refusal(pair, told)


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("it becomes cluster-scoped", ("blocker", "spec.scope"), before=crd(), after=crd(scope="Cluster")),
        quiet("another kind", before=crd(), after=crd().replace("{kind: Widget,", "{kind: Gadget,")),
    ),
)
