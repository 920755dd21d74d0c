"""Whether each known custom resource fits its CRD, is rejected, loses fields, or cannot be judged.

Custom resources show whether a stricter schema matters: of 365 tightenings in 14 real upgrades, five hit one. Judged
are those of an edited CRD, and those that this release adds or edits, whatever becomes of their CRD.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.crd.cel.transitions import creation, standing
from pipeline.core.crd.cel.validation_rules import RuleResults, verdict
from pipeline.core.crd.custom_resources import custom_resources, earlier
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.find import known
from pipeline.core.crd.schema.changes import ChangedCrd, changed_crds
from pipeline.core.crd.schema.defaults import defaulted
from pipeline.core.crd.schema.ratcheting import ratchets, unchanged
from pipeline.core.crd.schema.relaxations import narrows
from pipeline.core.crd.schema.validate import Schema, pruned, violations
from pipeline.core.crd.schema.violation import Refuses, SchemaViolation
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.resource import Resource
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade


@dataclass(frozen=True, slots=True)
class Judged:
    """What is new with this upgrade.

    ``refused`` at the next apply, ``later`` only once the value or its parent changes (ratcheting), ``dropped`` are
    fields that the schema does not have, ``unchecked`` the rules that no one evaluated.
    """

    resource: Resource
    refused: tuple[SchemaViolation, ...] = ()
    later: tuple[SchemaViolation, ...] = ()
    dropped: tuple[Path, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return not (self.refused or self.later or self.dropped or self.unchecked)


@once
def judged(upgrade: Upgrade) -> Mapping[str, tuple[Judged, ...]]:
    """By CRD: its custom resources for which anything could be worse, at a version that it has on both sides."""
    verdicts: dict[str, tuple[Judged, ...]] = {}
    for edited in changed_crds(upgrade):
        verdicts[edited.pair.name] = tuple(_all(upgrade, edited))
    told = {one.resource.id for verdicts_of in verdicts.values() for one in verdicts_of}
    for definition, resource in _edited_resources(upgrade):
        if resource.id not in told:
            one = _judge(upgrade, resource, definition, definition)
            verdicts[definition.name] = (*verdicts.get(definition.name, ()), one)
    return verdicts


def _all(upgrade: Upgrade, edited: ChangedCrd) -> Iterator[Judged]:
    both = edited.pair.both
    if both is None or not any(map(narrows, edited.telling)):
        return
    before, after = both
    for resource in custom_resources(upgrade, after):
        if resource.version in before.versions and resource.version in after.versions:
            yield _judge(upgrade, resource, before, after)


def _edited_resources(upgrade: Upgrade) -> Iterator[tuple[Definition, Resource]]:
    for change in upgrade.diff.changes:
        after = change.after
        if after is not None and not built_in_group(after.group):
            definition = known(upgrade).get((after.group, after.kind))
            if definition is not None and after.version in definition.versions:
                yield definition, after


def _judge(upgrade: Upgrade, resource: Resource, before: Definition, after: Definition) -> Judged:
    old, new = before.schema(resource.version), after.schema(resource.version)
    past = earlier(upgrade, resource)
    if not old or not new or (old is new and past is not None and past.body == resource.body):
        return Judged(resource)
    target = upgrade.facts.target
    check = _InstanceCheck(
        old, new, past.body if past else None, resource.body, ratchets=ratchets(target[1] if target else None)
    )
    pruned_paths = () if after.spec.get("preserveUnknownFields") else check.pruned_paths()
    refused, later = check.sorted_out()
    return Judged(resource, refused, later, pruned_paths, check.asked.unchecked)


class _InstanceCheck:
    """One custom resource before and after. What is stored has the defaults of the old schema, and keeps them."""

    def __init__(self, old: Schema, new: Schema, past: Any, body: Any, *, ratchets: bool) -> None:
        self._old, self._new, self._past, self._body, self._ratchets = old, new, past, body, ratchets
        self._live = defaulted(new, defaulted(old, past)) if past is not None else None
        self._filled = defaulted(new, defaulted(old, body) if past is not None else body)
        self._edited = past != body
        self.asked = verdict(old, new, self._filled, filled=True)

    def pruned_paths(self) -> tuple[Path, ...]:
        pruned_paths = pruned(self._new, self._body)
        before = (
            {_where(path) for path in pruned(self._old, self._past)}
            if pruned_paths and self._past is not None
            else set()
        )
        return tuple(path for path in pruned_paths if _where(path) not in before)

    def sorted_out(self) -> tuple[tuple[SchemaViolation, ...], tuple[SchemaViolation, ...]]:
        """What refuses the next apply, and what refuses a later one. Rules (CEL) are asked after the rest."""
        refused, later = self._divided(violations(self._new, self._filled))
        if not refused:
            refused, more = self._divided(self._broken_rules())
            later += more
        return refused or self._stored_otherwise(), later

    def _stored_otherwise(self) -> tuple[SchemaViolation, ...]:
        """Values that are stored with another type than they have now: server-side apply cannot read the object."""
        if not self._edited or self._live is None:
            return ()
        mistyped = [violation for violation in violations(self._new, self._live) if violation.refuses is Refuses.TYPE]
        before = self._known() if mistyped else frozenset()
        return tuple(
            replace(violation, message=f"{violation.message}, and is what is stored", stored=True)
            for violation in mistyped
            if self._fact(violation) not in before
        )

    def _divided(self, broken: tuple[SchemaViolation, ...]) -> tuple[tuple[SchemaViolation, ...], ...]:
        if not broken:
            return (), ()
        before = self._known()
        fresh = [violation for violation in broken if self._fact(violation) not in before]
        refused = [
            violation
            for violation in broken
            if self._refused(violation) and (violation in fresh or self._no_longer_kept(violation))
        ]
        return tuple(refused), tuple(violation for violation in fresh if not self._refused(violation))

    def _broken_rules(self) -> tuple[SchemaViolation, ...]:
        every = verdict({}, self._new, self._filled, filled=True) if self._edited else self.asked
        about_changes = RuleResults()
        if self._live:
            about_changes = standing(self._old, self._new, self._live, self._filled)
        elif self._past is None:
            about_changes = creation(self._new, self._filled)
        return every.broken + about_changes.broken

    def _known(self) -> frozenset[tuple[Path, str]]:
        """What was wrong before, by the old schema."""
        if self._past is None:
            return frozenset()
        stored = defaulted(self._old, self._past)
        broken = violations(self._old, stored) + verdict({}, self._old, stored, filled=True).broken
        return frozenset(map(self._fact, broken))

    def _fact(self, violation: SchemaViolation) -> tuple[Path, str]:
        """Of a single value it is one fact that it does not fit, by whatever limit."""
        whole = isinstance(get(self._body, violation.path), dict | list)
        return violation.path, violation.message if whole else ""

    def _refused(self, violation: SchemaViolation) -> bool:
        return violation.refuses is not Refuses.EDITS or not self._kept(violation, self._filled)

    def _no_longer_kept(self, violation: SchemaViolation) -> bool:
        """It was wrong before, and was accepted because nothing changed; and now something does."""
        return violation.refuses is Refuses.EDITS and self._edited and self._kept(violation, self._live)

    def _kept(self, violation: SchemaViolation, value: Any) -> bool:
        at = violation.path if violation.raised_at is None else violation.raised_at
        return self._ratchets and self._live is not None and unchanged(self._new, self._live, value, at)


def _where(path: Path) -> Path:
    """Without the entries of lists: the same field of another entry is the same fact."""
    return tuple(step for step in path if isinstance(step, str))
