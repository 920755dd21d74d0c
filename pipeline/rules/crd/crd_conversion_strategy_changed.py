"""How a CRD's versions are converted changes: a webhook is added or removed.

## Why it matters

With a webhook, every read and write of a version other than the stored one needs a healthy webhook. If it does not
answer, only the storage version can be read and written. Without one, fields that the other version does not have are
dropped.

## What to do

Make sure that the webhook's Service and certificate exist before the CRD is applied, and apply the CRD last.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATH: Path = ("spec", "conversion")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        old, new = _strategy(before), _strategy(after)
        if old == new:
            continue
        lone = len(after.served) < 2  # noqa: PLR2004 - one version needs no conversion
        yield Hit(
            pair.place(_PATH),
            title=f"CRD {pair.name}: conversion strategy {old} -> {new}",
            impact="Until the webhook answers, only the storage version can be read and written."
            if new == "Webhook"
            else "Fields that the other version does not have are dropped.",
            fix="Make the webhook's Service and certificate ready first; apply the CRD last."
            if new == "Webhook"
            else "Compare the versions' schemas; rewrite custom resources to the stored version.",
            severity=Severity.LOW if lone else None,
            claims=claim(pair, _PATH),
        )


def _strategy(definition: Definition) -> str:
    return str(mapping(definition.spec.get("conversion")).get("strategy") or "None")


_TWO = (version("v1"), version("v2", storage=False))
_WEBHOOK = "  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [%s]}}\n"
_NONE = "  conversion: {strategy: None}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("crd-invalid",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "a webhook takes over", ("high", "spec.conversion"), before=crd(*_TWO), after=crd(*_TWO) + _WEBHOOK % "v1"
        ),
        speaks(
            "the webhook is removed", ("high", "spec.conversion"), before=crd(*_TWO) + _WEBHOOK % "v1", after=crd(*_TWO)
        ),
        speaks("with one version only", ("low", "spec.conversion"), before=crd(), after=crd() + _WEBHOOK % "v1"),
        quiet("None in so many words", before=crd(), after=crd(scope="Cluster") + _NONE),
        quiet("the webhook changes", before=crd(*_TWO) + _WEBHOOK % "v1", after=crd(*_TWO) + _WEBHOOK % "v1beta1"),
    ),
)
