"""A chart delivers a CRD in a different way than before.

## Why it matters

Helm installs what is in a chart's crds/ folder once, and never upgrades or deletes it. What is in templates it
upgrades, and deletes when the templates no longer contain it. So ``helm upgrade`` deletes a CRD that moves from
templates to crds/, with every custom resource of its kind, unless it has the annotation that keeps it. A CRD that
moves the other way stops ``helm upgrade``, because the CRD in the cluster does not belong to the release. An apply of
the rendered files sees no difference.

## What to do

If Helm itself upgrades the release: annotate the CRD in the cluster with ``helm.sh/resource-policy: keep`` before the
upgrade, or let the release take it over (``helm upgrade --take-ownership``).
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.pairs import CrdPair, edited_pairs
from pipeline.core.kube.resource import Delivery
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, kubectl, listed

_SHOWN = 3
_KEEP = "helm.sh/resource-policy=keep"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    moved = [(pair, old, new) for pair, old, new in edited_pairs(upgrade) if not (old.within or new.within)]
    out = [pair for pair, old, new in moved if _from_templates(old) and new.delivery is Delivery.CRDS_DIR]
    back = [pair for pair, old, new in moved if old.delivery is Delivery.CRDS_DIR and _from_templates(new)]
    if out:
        kept = all(pair.before is not None and pair.before.kept for pair in out)
        hit = _hit(
            out,
            "from the chart's templates to its crds/ folder",
            "An annotation keeps the CRDs, but Helm no longer upgrades them."
            if kept
            else "helm upgrade deletes the CRDs and all their custom resources; applying the files does not.",
            "Apply the CRDs separately with each upgrade."
            if kept
            else "Annotate the CRDs in the cluster before helm upgrade.",
            Severity.LOW if kept else None,
        )
        commands = tuple(kubectl("annotate", f"crd/{pair.name}", _KEEP) for pair in out)
        yield hit if kept else replace(hit, commands=commands)
    if back:
        yield _hit(
            back,
            "from the chart's crds/ folder to its templates",
            "helm upgrade stops: the CRDs exist but do not belong to the release. Applying the rendered files works.",
            "If Helm upgrades the release, run helm upgrade with --take-ownership once.",
            Severity.HIGH,
        )


def _from_templates(definition: Definition) -> bool:
    return definition.delivery is Delivery.TEMPLATE


def _hit(moved: list[CrdPair], way: str, impact: str, fix: str, severity: Severity | None) -> Hit:
    names = listed((pair.name for pair in moved), _SHOWN)
    files = dict.fromkeys(name for pair in moved for name in _files(pair))
    return Hit(
        moved[0].place(),
        title=f"{'CRD' if len(moved) == 1 else f'{len(moved)} CRDs'} {names} {agreeing(len(moved), 'moves')} {way}",
        impact=impact,
        fix=fix,
        severity=severity,
        confidence=Confidence.LIKELY,
        also=(*(pair.place() for pair in moved[1:]), *(Place(ResourceRef.chart_file(name)) for name in files)),
        claims=(Claim(moved[0].id, ("its source",)),),
    )


def _files(pair: CrdPair) -> Iterator[str]:
    """Both files in the chart, as the archive names them below the chart's own folder."""
    for definition in pair.both or ():
        if "/" in definition.resource.source:
            yield definition.resource.source.partition("/")[2]


_TEMPLATE = "# Source: web/templates/crds.yaml"
_FOLDER = "# Source: web/crds/widgets.yaml"
_KEPT = crd().replace("metadata: {", "metadata: {annotations: {helm.sh/resource-policy: keep}, ")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("templates to crds/", ("high", ""), before=_TEMPLATE + crd(), after=_FOLDER + crd()),
        speaks("templates to crds/, kept", ("low", ""), before=_TEMPLATE + _KEPT, after=_FOLDER + _KEPT),
        speaks("crds/ to templates", ("high", ""), before=_FOLDER + crd(), after=_TEMPLATE + crd()),
        quiet(
            "from crds/ to a subchart's crds/",
            before=_FOLDER + crd(),
            after="# Source: web/charts/crds/crds/widgets.yaml" + crd(),
        ),
    ),
)
