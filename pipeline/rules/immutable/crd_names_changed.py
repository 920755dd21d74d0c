"""A CRD changes the names of its kind: group, plural, kind, singular or list kind.

## Why it matters

The API server always rejects a different group or plural, and a different kind once the CRD is established
(apiextensions.k8s.io/v1 validation). It accepts a different singular and list kind; scripts that use the old one break.

## What to do

Treat it as a new CRD: keep both for a while, create the custom resources under the new names, then remove the old one.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.identity_changes import changed, refusal
from pipeline.core.crd.pairs import CrdPair, claim
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_FIXED: tuple[Path, ...] = (("spec", "group"), ("spec", "names", "plural"), ("spec", "names", "kind"))
_FREE: tuple[Path, ...] = (("spec", "names", "singular"), ("spec", "names", "listKind"))


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, told in changed(upgrade, *_FIXED, *_FREE):
        yield refusal(pair, told) if any(path in told for path in _FIXED) else _renamed(pair, told)


def _renamed(pair: CrdPair, told: dict[Path, str]) -> Hit:
    places = [pair.place(path) for path in told]
    return Hit(
        places[0],
        title=f"CRD {pair.name}: {', '.join(told.values())}",
        impact="Scripts and programs that use the old name break.",
        fix="Use the plural with its group in scripts.",
        severity=Severity.LOW,
        confidence=Confidence.LIKELY,
        also=tuple(places[1:]),
        claims=claim(pair, *told),
    )


def _named(names: str) -> str:
    return crd().replace("{kind: Widget, plural: widgets, listKind: WidgetList, singular: widget}", names)


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "another kind",
            ("blocker", "spec.names.kind"),
            before=crd(),
            after=_named("{kind: Gadget, plural: widgets, listKind: WidgetList, singular: widget}"),
        ),
        speaks(
            "another plural",
            ("blocker", "spec.names.plural"),
            before=crd(),
            after=_named("{kind: Widget, plural: wids, listKind: WidgetList, singular: widget}"),
        ),
        speaks(
            "another singular",
            ("low", "spec.names.singular"),
            before=crd(),
            after=_named("{kind: Widget, plural: widgets, listKind: WidgetList, singular: wid}"),
        ),
        quiet("what the server fills in", before=crd(), after=_named("{kind: Widget, plural: widgets}")),
        quiet("a short name is new", before=crd(), after=crd(names="shortNames: [w]")),
    ),
)
