"""A CRD loses a short name or a category of its kind.

## Why it matters

Scripts that use it break: ``kubectl get`` no longer knows the name.

## What to do

Use full resource names in scripts.
"""

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.names import names_check, removed_names
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = names_check(removed_names, "loses", "Scripts that use it break.", "Use full resource names in scripts.")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a short name is removed",
            ("low", "spec.names.shortNames"),
            before=crd(names="shortNames: [w]"),
            after=crd(),
        ),
        speaks(
            "it is another",
            ("low", "spec.names.categories[0]"),
            before=crd(names="categories: [w]"),
            after=crd(names="categories: [x]"),
        ),
        quiet("a short name is added", before=crd(), after=crd(names="shortNames: [w]")),
        quiet("the names stay", before=crd(), after=crd(scope="Cluster")),
    ),
)
