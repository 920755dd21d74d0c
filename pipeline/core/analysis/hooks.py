"""Which hook events an object is for, according to its annotations.

The events are those of helm.sh/helm/v4, pkg/release/v1/hook.go.
"""

from collections.abc import Iterable

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.render.manifests import HOOK_ANNOTATION
from pipeline.core.words import listed, noun_for

PATH: Path = ("metadata", "annotations", HOOK_ANNOTATION)
TESTS = frozenset({"test", "test-success"})
DELETIONS = frozenset({"pre-delete", "post-delete"})
RUNNING = frozenset(f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "rollback"))
EVENTS = RUNNING | DELETIONS | TESTS
WORKS = frozenset({"Job", "Pod"})
"""Kinds that do something at the event; others are only there from then on."""
_SHOWN = 3


def words(resource: Resource | None) -> tuple[str, ...]:
    """The events as written, known to Helm or not; empty for what is not a hook."""
    text = str(resource.annotations.get(HOOK_ANNOTATION) or "") if resource is not None else ""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def events(resource: Resource | None) -> frozenset[str]:
    """Those that Helm knows."""
    return EVENTS.intersection(words(resource))


def events_in(text: str) -> frozenset[str]:
    """The events that Helm knows, of an annotation's text."""
    return EVENTS.intersection(word.strip() for word in text.split(","))


def weight(resource: Resource) -> int:
    """Hooks of one event run from the lowest to the highest; none is 0."""
    try:
        return int(str(resource.annotations.get(f"{HOOK_ANNOTATION}-weight") or 0))
    except ValueError:
        return 0


def edited(change: ResourceChange) -> bool:
    """Whether it is an object on both sides."""
    return change.action not in (Action.ADDED, Action.REMOVED)


def annotation_path(change: ResourceChange) -> Path:
    """Where the change of the annotation stands: at the annotations as a whole where all of them come or go."""
    paths = [field.path for field in change.fields if field.path == PATH[: len(field.path)]]
    return paths[0] if paths else PATH


def claimed(change: ResourceChange) -> tuple[Path, ...]:
    """Every changed annotation about hooks: what becomes a hook, or is none any more, has all of them at once."""
    path = annotation_path(change)
    return (path, *(field.path for field in change.fields if field.path != path and _about_hooks(field.path)))


def _about_hooks(path: Path) -> bool:
    return path[:2] == PATH[:2] and str(path[-1]).startswith(HOOK_ANNOTATION)


def phrase(changes: Iterable[ResourceChange], what: str) -> str:
    """``hooks added (pre-upgrade): Job a, Job b and 2 more``."""
    hooks = list(changes)
    phases = sorted({word for change in hooks for word in words(change.resource)})
    names = listed((f"{change.id.kind} {change.id.name}" for change in hooks), _SHOWN)
    return f"{noun_for(len(hooks), 'hook')} {what} ({', '.join(phases)}): {names}"
