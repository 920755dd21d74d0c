"""A CRD gains a short name or a category of its kind.

## Why it matters

Nothing breaks. If another kind already has the short name, ``kubectl get`` may show that kind.

## What to do

Use full resource names in scripts.
"""

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.names import added_names, names_check
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = names_check(added_names, "gains", "Nothing breaks.", "Nothing to do.")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a short name is added", ("info", "spec.names.shortNames"), before=crd(), after=crd(names="shortNames: [w]")
        ),
        speaks(
            "one more category",
            ("info", "spec.names.categories[1]"),
            before=crd(names="categories: [all]"),
            after=crd(names="categories: [all, w]"),
        ),
        quiet("a short name is removed", before=crd(names="shortNames: [w]"), after=crd()),
        quiet("it is another", before=crd(names="shortNames: [w]"), after=crd(names="shortNames: [x]")),
    ),
)
