"""Judges a release that a change does not touch: only the rules are asked whose silence is not known to hold."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.diff.change import Diff
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.judge.kept_objects import kept_objects
from pipeline.core.judge.silence import Silence, SilenceMemory, silence_key
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Facts, Upgrade


@dataclass(frozen=True, slots=True)
class QuietRelease:
    """One that may be the same before and after."""

    key: ReleaseKey
    before: ReleaseSide
    after: ReleaseSide
    facts: Facts
    same_objects: bool
    """Whether all objects of the environment are."""

    def place(self, silences: SilenceMemory) -> str:
        """Where its silence is kept; empty where it is not known to be the same."""
        objects = kept_objects(self.after.side.manifests)
        if objects is None or self.before.side.manifests is not self.after.side.manifests:
            return ""
        inputs = self.before.inputs, self.after.inputs
        if self.key.environment not in silences.states or not all(inputs):
            return ""
        return silence_key(self.key, inputs, objects, self.facts)


def judged_quietly(
    release: QuietRelease, rules: tuple[Rule, ...], silences: SilenceMemory, upgraded: Callable[[Diff], Upgrade]
) -> Judgement | None:
    """None where the release is not known to be the same on both sides."""
    place, environment = release.place(silences), release.key.environment
    if not place:
        return None
    known = silences.get(place, environment)
    asked = [rule for rule in rules if _is_asked(rule, known, same_objects=release.same_objects)]
    if not asked:
        return Judgement((), known.skipped, {})
    judged = judge(upgraded(Diff()), [*asked, *(rule for rule in rules if rule.last is not None)])
    updated = known.with_judged(judged)
    if updated != known:
        silences.put(place, environment, updated)
    return Judgement(judged.findings, updated.skipped, {})


def _is_asked(rule: Rule, known: Silence, *, same_objects: bool) -> bool:
    """Who speaks last speaks of what the others left or said: where that is nothing, so is what it says."""
    if rule.last is not None or rule.id in known.rules:
        return False
    return not (rule.compares and same_objects)
