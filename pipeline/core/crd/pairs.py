"""Each CRD that an upgrade adds, removes or changes: both definitions, and the paths that differ in the v1 form."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.core.crd.definition import Definition
from pipeline.core.crd.find import definitions
from pipeline.core.diff.change import FieldChange
from pipeline.core.diff.compare import fields_of
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ResourceId
from pipeline.core.memo import once
from pipeline.core.risk.finding import Place
from pipeline.core.risk.rule import Claim
from pipeline.core.risk.upgrade import Upgrade


@dataclass(frozen=True, slots=True)
class CrdPair:
    """One CRD on both sides; at least one is there. ``fields`` is empty unless both are."""

    name: str
    before: Definition | None
    after: Definition | None
    fields: tuple[FieldChange, ...] = field(default=(), hash=False)

    @property
    def definition(self) -> Definition:
        """The newer one there is: what a message names."""
        side = self.after or self.before
        assert side is not None, "BUG: a pair of nothing"
        return side

    @property
    def both(self) -> tuple[Definition, Definition] | None:
        return (self.before, self.after) if self.before and self.after else None

    def place(self, path: Path = ()) -> Place:
        return self.definition.place(path)

    @property
    def id(self) -> ResourceId:
        """The changed object that holds it: the CRD itself, or what carries its text."""
        return self.definition.resource.id


@once
def pairs(upgrade: Upgrade) -> tuple[CrdPair, ...]:
    """Every CRD that differs, sorted by name."""
    olds, news = definitions(upgrade.before.manifests), definitions(upgrade.after.manifests)
    known = {change.id: change.fields for change in upgrade.diff.changes}
    made = []
    for name in sorted({*olds, *news}):
        before, after = olds.get(name), news.get(name)
        if before is None or after is None:
            made.append(CrdPair(name, before, after))
        elif before.body is not after.body:
            plain = not (before.within or after.within or before.rewritten or after.rewritten)
            fields = known.get(after.resource.id, ()) if plain else fields_of(before.twin(), after.twin())
            if fields or before.resource.id != after.resource.id:
                made.append(CrdPair(name, before, after, fields))
        elif before.resource.id != after.resource.id or before.delivery != after.delivery:
            made.append(CrdPair(name, before, after))
    return tuple(made)


def edited_pairs(upgrade: Upgrade) -> Iterator[tuple[CrdPair, Definition, Definition]]:
    """Those that are on both sides."""
    for pair in pairs(upgrade):
        if pair.before is not None and pair.after is not None:
            yield pair, pair.before, pair.after


def claim(pair: CrdPair, *paths: Path) -> tuple[Claim, ...]:
    """That ``paths`` of the CRD are explained; for text inside another object, that text."""
    within = pair.definition.within
    if within:
        return (Claim(pair.id, within),)
    if any(side is not None and side.rewritten for side in (pair.before, pair.after)):
        return (Claim(pair.id, ("spec",)),)  # compared in another shape than it is written in
    return tuple(Claim(pair.id, path) for path in paths)
