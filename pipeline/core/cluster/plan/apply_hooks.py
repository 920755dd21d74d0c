"""Helm's hooks as apply runs them: their events, their order, and when they are deleted."""

from dataclasses import dataclass

from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.kube.resource import Resource
from pipeline.core.render.manifests import HOOK_ANNOTATION

_PHASES = {
    "pre-install": Phase.PRE_HOOKS,
    "pre-upgrade": Phase.PRE_HOOKS,
    "post-install": Phase.POST_HOOKS,
    "post-upgrade": Phase.POST_HOOKS,
}
BEFORE, SUCCEEDED, FAILED = "before-hook-creation", "hook-succeeded", "hook-failed"
RUNS_TO_ITS_END = frozenset({"Job", "Pod"})


@dataclass(frozen=True, slots=True)
class Hook:
    """``phase`` is None where apply never runs it on this event. ``deletes`` are Helm's delete policies."""

    phase: Phase | None
    weight: int
    deletes: frozenset[str]
    events: tuple[str, ...]


def hook_of(resource: Resource, *, installing: bool) -> Hook:
    """``installing``: the release has no object in the inventory yet (Helm's "install"); else it is an upgrade."""
    events = tuple(_words(resource.annotations.get(HOOK_ANNOTATION)))
    wanted = "install" if installing else "upgrade"
    phases = [_PHASES[event] for event in events if event in _PHASES and event.endswith(wanted)]
    try:
        weight = int(str(resource.annotations.get("helm.sh/hook-weight") or 0))
    except ValueError:
        weight = 0
    deletes = frozenset(_words(resource.annotations.get("helm.sh/hook-delete-policy"))) or frozenset({BEFORE})
    return Hook(min(phases) if phases else None, weight, deletes, events)


def _words(value: object) -> list[str]:
    return [word.strip() for word in str(value or "").split(",") if word.strip()]
