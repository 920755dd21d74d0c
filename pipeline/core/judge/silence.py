"""What is kept of rules that say nothing of a release that no change touches, so that they need not be asked again.

An answer of a rule is made of the release's own inputs, which are the key, and of what it read of the other releases:
of each kind that it looked at a digest is kept. Where one differs, the rule is asked. Only silence is kept: a rule that
spoke is asked each time, so that no text of a finding, and no value of any object, lies in the cache.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from pipeline.core.judge.judge import Judgement
from pipeline.core.judge.kept_objects import KeptObjects, kept_objects
from pipeline.core.judge.snapshot import ReleaseKey, Snapshot
from pipeline.core.ports import Memory
from pipeline.core.reads import EVERYTHING, KINDS, KindRead
from pipeline.core.risk.finding import NotEvaluated
from pipeline.core.risk.upgrade import Facts


@dataclass(frozen=True, slots=True)
class Silence:
    """Of one release: the rules that said nothing, with what they read; and those that could not be asked."""

    rules: Mapping[str, frozenset[KindRead]]
    skipped: tuple[NotEvaluated, ...] = ()

    def with_judged(self, judged: Judgement) -> "Silence":
        skipped = dict.fromkeys((*self.skipped, *judged.not_evaluated))
        none = dict.fromkeys((one.rule for one in judged.not_evaluated), frozenset[KindRead]())
        return Silence({**self.rules, **judged.silent, **none}, tuple(skipped))


NOTHING_SAID = Silence({})


class EnvironmentState:
    """Both sides of one environment: a digest of each kind of object, of all releases together.

    A release that reads what the others have finds the same in them where this is the same, since what is kept of it
    is kept for the same release.
    """

    def __init__(self, sides: Mapping[str, Iterable[KeptObjects]]) -> None:
        every = {name: tuple(objects) for name, objects in sides.items()}
        self._stamps = {name: _by_kind(objects) for name, objects in every.items()}
        self._holders = {name: _holders(objects) for name, objects in every.items()}
        self._known: dict[KindRead, str] = {}

    def digest(self, read: KindRead) -> str:
        if read not in self._known:
            kinds = self._stamps[read.side]
            if read.kind == KINDS:
                rows = self._holders[read.side]
            else:
                wanted = sorted(kinds) if read.kind == EVERYTHING else [read.kind]
                rows = [row for kind in wanted for row in kinds.get(kind, ())]
            self._known[read] = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()
        return self._known[read]


def _by_kind(releases: Iterable[KeptObjects]) -> Mapping[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for objects in releases:
        for kind, stamp in objects.stamps:
            kinds.setdefault(kind, []).append(stamp)
    return kinds


def _holders(releases: Iterable[KeptObjects]) -> list[str]:
    return [f"{objects.index.release}\0{kind}" for objects in releases for kind in sorted(objects.kinds())]


def environment_states(old: Snapshot, new: Snapshot) -> Mapping[str, EnvironmentState]:
    """Of the environments of which all objects of all releases are known, and every render is there."""
    unknown = {key.environment for key in {*old.errors, *new.errors}} | {""}
    sides: dict[str, dict[str, list[KeptObjects]]] = {}
    for name, snapshot in (("before", old), ("after", new)):
        for key, release in snapshot.releases.items():
            objects = kept_objects(release.side.manifests)
            if objects is None:
                unknown.add(key.environment)
            else:
                sides.setdefault(key.environment, {"before": [], "after": []})[name].append(objects)
    return {name: EnvironmentState(side_states) for name, side_states in sides.items() if name not in unknown}


@dataclass(frozen=True, slots=True)
class SilenceMemory:
    """Keeps it between runs."""

    memory: Memory
    states: Mapping[str, EnvironmentState] = field(hash=False)

    def get(self, key: str, environment: str) -> Silence:
        """What still holds of it; nothing where none was kept."""
        raw = self.memory.get(key)
        state = self.states[environment]
        try:
            reads, rules, skipped = orjson.loads(raw) if raw is not None else ([], {}, [])
            known = [(KindRead(str(side), str(kind)), str(digest)) for side, kind, digest in reads]
            fresh = {number for number, (read, digest) in enumerate(known) if state.digest(read) == digest}
            silent = {
                str(rule): frozenset(known[number][0] for number in numbers)
                for rule, numbers in rules.items()
                if fresh.issuperset(numbers)
            }
            return Silence(silent, tuple(NotEvaluated(*map(str, one)) for one in skipped))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return NOTHING_SAID

    def put(self, key: str, environment: str, silence: Silence) -> None:
        state = self.states[environment]
        reads = sorted({read for several in silence.rules.values() for read in several})
        numbers = {read: number for number, read in enumerate(reads)}
        rules = {rule: sorted(numbers[read] for read in several) for rule, several in sorted(silence.rules.items())}
        skipped = [[one.rule, one.needs, one.reason] for one in silence.skipped]
        self.memory.put(key, orjson.dumps([[[*read, state.digest(read)] for read in reads], rules, skipped]))


def silence_key(key: ReleaseKey, inputs: tuple[str, str], objects: KeptObjects, facts: Facts) -> str:
    """Of all that a rule may look at beside the other releases. ``inputs`` are those of both sides."""
    known = [
        [key.environment, key.name, *inputs],
        [stamp for _, stamp in objects.stamps],
        [facts.target, facts.target_before, facts.target_stated, facts.capabilities],
        [facts.repository_before is None, facts.repository_after is None],
        repr(sorted(facts.options.items())),
    ]
    return hashlib.sha256(orjson.dumps(known)).hexdigest()
