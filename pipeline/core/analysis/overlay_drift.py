"""What an overlay no longer does after an upgrade: found by comparing its recorded effects.

An index into a list does not identify an entry, so paths are compared without indexes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.diff.change import Action, Op
from pipeline.core.kube.path import MISSING, Entry, Path, get
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.render.overlay import NAMES
from pipeline.core.render.overlay_effects import Effect
from pipeline.core.risk.upgrade import Upgrade


class Loss(StrEnum):
    CREATES = "creates"
    """What it changed is gone from the chart; it makes a thing of its own there now."""
    MISSES = "misses"
    """It no longer touches the object, or the part of it."""
    OBJECT_GONE = "object gone"
    NOTHING_LEFT = "nothing left to do"
    """The chart says by itself what the overlay said."""


@dataclass(frozen=True, slots=True)
class OverlayDrift:
    """``path`` is the topmost path that is lost, of the object as it is called now (or was, where it is gone)."""

    id: ResourceId
    path: Path
    loss: Loss
    effect: Effect


def drifts(upgrade: Upgrade) -> tuple[OverlayDrift, ...]:
    """Each loss once, in the order of objects and paths. An overlay that somebody edited is excused what it misses."""
    before, after = upgrade.before.notes.overlaid or (), upgrade.after.notes.overlaid or ()
    names = {c.before.id: c.resource.id for c in upgrade.diff.of_action(Action.RENAMED, Action.MOVED) if c.before}
    drift_of: dict[tuple[ResourceId, Path], OverlayDrift] = {}
    for effect in before:
        if effect.path or effect.op is Op.REMOVED:
            drift = _drift(effect, names.get(effect.id, effect.id), after, upgrade)
            if drift is not None and (drift.loss is Loss.CREATES or not _edited(drift, upgrade)):
                drift_of.setdefault((drift.id, drift.path), drift)
    return tuple(drift_of.values())


def _edited(drift: OverlayDrift, upgrade: Upgrade) -> bool:
    """Whether somebody changed the part of the overlay that may have done it: then the loss is what was asked for."""
    now = upgrade.after.overlay
    changed = {file: text for file, text in upgrade.before.overlay.items() if now.get(file) != text}
    if any(file.rpartition("/")[2] in NAMES for file in changed):
        return True  # it says which patches there are
    return any(drift.effect.id.name in text or drift.effect.id.kind in text for text in changed.values())


def _drift(effect: Effect, now: ResourceId, after: tuple[Effect, ...], upgrade: Upgrade) -> OverlayDrift | None:
    own = [effect_after for effect_after in after if effect_after.id == now]
    made = [effect_after for effect_after in own if effect_after.op is Op.ADDED and _creates(effect_after.path, effect)]
    if made:
        return OverlayDrift(now, made[0].path, Loss.CREATES, effect)
    if any(_same_branch(effect_after.path, effect.path) for effect_after in own):
        return None
    before, theirs = upgrade.before.manifests.by_id(), upgrade.after.manifests.by_id()
    if now not in theirs:
        # a patch that selects several objects still does its work on the others; one that deletes an object is done
        alive = any(
            effect_after.id.kind == now.kind and _same_branch(effect_after.path, effect.path) for effect_after in after
        )
        return None if alive or not effect.path else OverlayDrift(effect.id, (), Loss.OBJECT_GONE, effect)
    if _as_wanted(effect, before.get(effect.id), theirs[now]):
        return OverlayDrift(now, effect.path, Loss.NOTHING_LEFT, effect)
    return OverlayDrift(now, _lost_at(effect, theirs[now]), Loss.MISSES, effect)


def _creates(path: Path, effect: Effect) -> bool:
    """Whether adding ``path`` shows that what the effect was on is gone: a list entry, or a file in a ConfigMap."""
    if not path or len(path) > len(effect.path) or _plain(effect.path[: len(path)]) != _plain(path):
        return False
    if isinstance(path[-1], Entry):
        return len(path) < len(effect.path)
    return effect.id.kind in ("ConfigMap", "Secret") and path[0] == "data" and effect.op is Op.CHANGED


def _as_wanted(effect: Effect, before: Resource | None, after: Resource) -> bool:
    """Whether the object says what the overlay made it say."""
    path = _to_index(effect.path)
    wanted = get(before.body, path) if before is not None else MISSING
    actual = get(after.body, path)
    return wanted is MISSING and actual is MISSING if effect.op is Op.REMOVED else wanted == actual


def _lost_at(effect: Effect, after: Resource) -> Path:
    """The topmost list entry on the way that is no longer there, else the path itself."""
    for length, step in enumerate(effect.path, 1):
        if isinstance(step, Entry) and get(after.body, effect.path[:length]) is MISSING:
            return effect.path[:length]
    return effect.path


def _to_index(path: Path) -> Path:
    """Up to the first index: the list as a whole has to be compared there."""
    return tuple(_until_index(path))


def _until_index(path: Path) -> Iterator[str | Entry]:
    for step in path:
        if isinstance(step, int):
            return
        yield step


def _same_branch(one: Path, other: Path) -> bool:
    shared = min(len(one), len(other))
    return _plain(one[:shared]) == _plain(other[:shared])


def _plain(path: Path) -> Path:
    return tuple(-1 if isinstance(step, int) else step for step in path)
