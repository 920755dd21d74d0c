"""Which parts of a CRD's identity an upgrade changes, with the API server's defaults filled in on both sides."""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import differing
from pipeline.core.crd.pairs import CrdPair, claim, edited_pairs
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import Path, get
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import kubectl


def changed(upgrade: Upgrade, *paths: Path) -> Iterator[tuple[CrdPair, dict[Path, str]]]:
    """Each CRD in which any of ``paths`` differs, with what they were and are: ``names.kind Widget -> Gadget``."""
    for pair, before, after in edited_pairs(upgrade):
        old, new = normal(before.twin()), normal(after.twin())
        paths_changed = differing(old, new, *paths)
        if paths_changed:
            yield (
                pair,
                {p: f"{'.'.join(map(str, p[1:]))} {get(old, p)} -> {get(new, p) or 'none'}" for p in paths_changed},
            )


def refusal(pair: CrdPair, told: dict[Path, str]) -> Hit:
    """That the API server rejects it; for text inside another object, whatever applies the text gets the error."""
    places = [pair.place(path) for path in told]
    return Hit(
        places[0],
        title=f"CRD {pair.name}: {', '.join(told.values())} is immutable",
        impact="The API server rejects it, and the apply stops there.",
        fix="Export its custom resources, delete it, apply the new one and create them again.",
        commands=(kubectl("get", pair.name, "--all-namespaces", "-o", "yaml"),),
        severity=Severity.HIGH if pair.definition.within else None,
        confidence=Confidence.LIKELY if pair.definition.within else None,
        also=tuple(places[1:]),
        claims=claim(pair, *told),
    )
