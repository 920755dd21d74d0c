"""The webhook that converts a CRD's versions changes its address, its trusted certificate, or its review versions.

## Why it matters

While the webhook does not answer, custom resources that are stored in another version than the requested one can be
neither read nor written, and lists of the kind fail. The storage version itself can still be read and written.

## What to do

Make sure that the Service is rendered under exactly that name, and that the CRD trusts its certificate.
"""

from collections.abc import Iterator

from pipeline.core.analysis.selection import around
from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.pairs import CrdPair, claim, edited_pairs
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATH: Path = ("spec", "conversion")
_INJECTED = ("cert-manager.io/inject-ca-from", "cert-manager.io/inject-apiserver-ca")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        if before.spec.get("conversion") and _webhook(before) and _webhook(after):
            changed = [field.path for field in pair.fields if field.path[:2] == _PATH]
            if changed:
                yield _hit(upgrade, pair, after, changed)


def _hit(upgrade: Upgrade, pair: CrdPair, after: Definition, changed: list[Path]) -> Hit:
    missing = _missing(upgrade, pair, after)
    injected = any(str(key).startswith(_INJECTED) for key in mapping(after.metadata.get("annotations")))
    only_trust = all("caBundle" in path for path in changed)
    words = ", ".join(dict.fromkeys(".".join(map(str, path[3:])) or "webhook" for path in changed))
    return Hit(
        pair.place(changed[0]),
        title=f"CRD {pair.name}: conversion webhook changes ({words})"
        + (f"; Service {missing} is not rendered" if missing else ""),
        impact="If the webhook does not answer, only the storage version can be read and written.",
        fix=f"Render Service {missing}, or correct the reference."
        if missing
        else "Check that the webhook's Service exists, and that the CRD trusts its certificate.",
        severity=Severity.HIGH if missing else Severity.INFO if only_trust and injected else None,
        also=tuple(pair.place(path) for path in changed[1:]),
        claims=claim(pair, *changed),
    )


def _webhook(definition: Definition) -> bool:
    return mapping(definition.spec.get("conversion")).get("strategy") == "Webhook"


def _service(definition: Definition) -> tuple[str, str]:
    webhook = mapping(mapping(definition.spec.get("conversion")).get("webhook"))
    service = mapping(mapping(webhook.get("clientConfig")).get("service"))
    return str(service.get("namespace") or ""), str(service.get("name") or "")


def _missing(upgrade: Upgrade, pair: CrdPair, after: Definition) -> str:
    """The Service's name where the old one was rendered and this one is not; else it comes from elsewhere."""
    old, new = _service(pair.before) if pair.before else ("", ""), _service(after)
    known, there = ({(r.id.namespace, r.id.name) for r in side if r.kind == "Service"} for side in around(upgrade))
    return "/".join(new) if new[1] and old in known and new not in there else ""


_TWO = (version("v1"), version("v2", storage=False))
_WEBHOOK = """  conversion:
    strategy: Webhook
    webhook: {conversionReviewVersions: [v1], clientConfig: {service: {name: %s, namespace: shop}}}
"""
_CRD = crd(*_TWO) + _WEBHOOK
_SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\n"
_NAME = "spec.conversion.webhook.clientConfig.service.name"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("crd-conversion-service-missing",),
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "it is renamed together with its Service",
            ("low", _NAME),
            before=_CRD % "a" + _SERVICE % "a",
            after=_CRD % "b" + _SERVICE % "b",
        ),
        speaks(
            "its Service is not rendered",
            ("high", _NAME),
            before=_CRD % "a" + _SERVICE % "a",
            after=_CRD % "b" + _SERVICE % "a",
        ),
        quiet("a webhook takes over", before=crd(*_TWO), after=_CRD % "a"),
        quiet("it stays", before=_CRD % "a", after=_CRD.replace("size:", "width:") % "a"),
    ),
)
