"""A CRD stops preserving unknown fields as a whole.

## Why it matters

Fields that its schemas do not have are silently dropped from each custom resource at its next write. CRDs of v1beta1
preserved unknown fields by default; v1 never does.

## What to do

Search your custom resources for fields that the new schema does not have, and move them first. Write
``preserveUnknownFields: false`` into the new CRD: if it is omitted, the API server keeps the old value and then
rejects the CRD ("must be false").
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEY = "preserveUnknownFields"
_PATH: Path = ("spec", _KEY)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        if before.spec.get(_KEY) is True and not after.spec.get(_KEY):
            yield Hit(
                pair.place(_PATH),
                title=f"CRD {pair.name}: unknown fields are dropped from now on",
                impact="Fields that its schemas do not have are dropped at the next write of each custom resource.",
                fix="Search your custom resources for fields that the schemas do not have.",
                claims=claim(pair, _PATH),
            )


_OLD = crd() + "  preserveUnknownFields: true\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("it preserved them", ("high", "spec.preserveUnknownFields"), before=_OLD, after=crd()),
        quiet("it never did", before=crd(), after=crd() + "  preserveUnknownFields: false\n"),
        quiet("it still does", before=_OLD, after=_OLD.replace("size:", "width:")),
    ),
)
