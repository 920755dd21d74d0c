"""Our overlay matched something before and matches nothing now: its setting is lost, or is added beside its target.

## Why it matters

Kustomize does not report it when a patch misses its target. A patch for a container that was renamed creates a new,
incomplete container. A selector that selects nothing, a changed image name, an index that points to the next entry:
each silently loses our setting, hardening included.

## What to do

Point the patch at the new name, or delete it if its target was removed. Then render again.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from pipeline.core.analysis.overlay_drift import Loss, OverlayDrift, drifts
from pipeline.core.analysis.overlay_lines import where
from pipeline.core.diff.change import Op
from pipeline.core.kube.path import Entry, Path, get, to_text
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.render.manifests import parse
from pipeline.core.render.notes import Notes
from pipeline.core.render.overlay_effects import Effect
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import LONGEST_TITLE, listed

_WHOLE = frozenset({"containers", "initContainers"})
"""Lists whose entries are refused by the API server where only a patch's part of them is there."""


def check(upgrade: Upgrade) -> Iterator[Hit]:
    orphaned = [d for d in drifts(upgrade) if d.loss is not Loss.NOTHING_LEFT and d.id in _side(d, upgrade).by_id()]
    seen: set[tuple[object, ...]] = set()
    for drift in orphaned:
        key = (drift.id, drift.loss, drift.path if drift.loss is Loss.CREATES else ())
        if key not in seen:
            seen.add(key)
            same = [d for d in orphaned if (d.id, d.loss, d.path if d.loss is Loss.CREATES else ()) == key]
            yield _hit(same, upgrade)


def _side(drift: OverlayDrift, upgrade: Upgrade) -> ManifestSet:
    return (upgrade.before if drift.loss is Loss.OBJECT_GONE else upgrade.after).manifests


def _hit(same: list[OverlayDrift], upgrade: Upgrade) -> Hit:
    drift = same[0]
    resource = _side(drift, upgrade).by_id()[drift.id]
    line = where(upgrade.after.overlay or upgrade.before.overlay, drift.effect.id, drift.path or drift.effect.path)
    name = drift.effect.id.name if drift.loss is not Loss.CREATES else drift.id.name
    head = f"{f'{line}: ' if line else ''}{_title(drift.loss)} {drift.id.kind} {name}"
    paths = [drift_alike.path or drift_alike.effect.path for drift_alike in same]
    title = f"{head} {listed(map(to_text, paths), 1)}"
    if len(title) > LONGEST_TITLE:  # the end of the path tells more
        title = f"{head} {listed((f'…{to_text(path[-2:])}' for path in paths), 1)}"
    severity, confidence = _weight(drift)
    return Hit(
        place(resource, drift.path),
        title=title,
        impact=_why(drift),
        fix=f"Correct or delete the patch{_nearest(drift, resource)}.",
        severity=severity,
        confidence=confidence,
        also=tuple(place(resource, drift_alike.path) for drift_alike in same[1:]),
        evidence=(line,) if line else (),
    )


def _title(loss: Loss) -> str:
    return {
        Loss.CREATES: "the patch now adds its own",
        Loss.MISSES: "the patch no longer changes",
        Loss.OBJECT_GONE: "the patch no longer matches",
    }[loss]


def _why(drift: OverlayDrift) -> str:
    if drift.loss is Loss.OBJECT_GONE:
        return "The chart no longer has the object: what we set on it has no effect."
    if drift.loss is Loss.MISSES:
        return "Our setting is silently lost: the chart's own value applies."
    if _list_of(drift.path) in _WHOLE:
        return "The chart's container lacks our setting, and an incomplete container is added beside it."
    return "Its target was removed or renamed: our setting has no effect where it is added now."


def _weight(drift: OverlayDrift) -> tuple[Severity | None, Confidence | None]:
    """An environment variable or a file that we add may still be read by what there is; no other loss may work."""
    if drift.loss is Loss.OBJECT_GONE:
        return Severity.MEDIUM, Confidence.LIKELY
    if drift.loss is Loss.CREATES and (_list_of(drift.path) == "env" or not isinstance(drift.path[-1], Entry)):
        return Severity.MEDIUM, Confidence.LIKELY
    return None, None


def _list_of(path: Path) -> str:
    return str(path[-2]) if len(path) > 1 and isinstance(path[-1], Entry) else ""


def _nearest(drift: OverlayDrift, resource: Resource) -> str:
    """The entry of the same list whose key is most like the lost one."""
    entry = next((n for n, step in enumerate(drift.path) if isinstance(step, Entry)), None)
    if entry is None or drift.loss is Loss.OBJECT_GONE:
        return ""
    step = drift.path[entry]
    assert isinstance(step, Entry), "BUG: looked for and found"
    key, value = step.pairs[0]
    entries = get(resource.body, drift.path[:entry])
    others = (
        [
            str(entry_there.get(key))
            for entry_there in entries
            if isinstance(entry_there, dict) and entry_there.get(key) != value
        ]
        if isinstance(entries, list)
        else []
    )
    near = get_close_matches(str(value), others, n=1, cutoff=0.3) or others[:1]
    return f"; the most similar {key} is now {near[0]}" if near else ""


_POD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {spec: {containers: [%s]}}}\n"
)
_APP = "{name: app, image: 'a:1'%s}"
_FILE = {"overlays/web/kustomization.yaml": "patches:\n- patch: |\n    kind: Deployment\n    metadata: {name: web}\n"}


def _effect(op: Op, *path: str | Entry) -> Effect:
    (resource,) = parse(_POD % _APP % "", namespace="shop").resources
    return Effect(resource.id, op, ("spec", "template", "spec", "containers", *path))


def _sides(before: tuple[Effect, ...], after: tuple[Effect, ...], edited: str = "") -> dict[str, object]:
    files = {name: text + edited for name, text in _FILE.items()}
    return {
        "before": {"notes": Notes(overlaid=before), "overlay": _FILE},
        "after": {"notes": Notes(overlaid=after), "overlay": files},
    }


_LIMITED = _effect(Op.ADDED, Entry.of(name="app"), "resources")
_MADE = _effect(Op.ADDED, Entry.of(name="app"))
_OURS = ", resources: {limits: {cpu: 1}}"
_RENAMED = "{name: server, image: 'a:2'}"
_WITH = _POD % (_APP % _OURS)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("image-pull-changed", "resources-changed"),
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.OVERLAY,),
    cases=(
        speaks(
            "a container is renamed, and the patch adds a second one",
            ("blocker", "spec.template.spec.containers[name=app]"),
            before=_WITH,
            after=_POD % (_RENAMED + ", {name: app, resources: {limits: {cpu: 1}}}"),
            sides=_sides((_LIMITED,), (_MADE,)),
        ),
        speaks(
            "the patch uses an index, and another container has that index",
            ("blocker", "spec.template.spec.containers[name=app].resources"),
            before=_WITH,
            after=_POD % ("{name: first, image: 'b:1'" + _OURS + "}, " + _APP % ""),
            sides=_sides((_LIMITED,), (_effect(Op.ADDED, Entry.of(name="first"), "resources"),)),
        ),
        quiet("it does what it did", before=_WITH, after=_WITH, sides=_sides((_LIMITED,), (_LIMITED,))),
        quiet(
            "a container that the overlay adds itself",
            before=_WITH,
            after=_WITH,
            sides=_sides((_MADE,), (_MADE,)),
        ),
        quiet(
            "the chart says so itself: overlay-noop speaks",
            before=_WITH,
            after=_WITH,
            sides=_sides((_LIMITED,), ()),
        ),
        quiet(
            "somebody edited the overlay",
            before=_WITH,
            after=_POD % (_APP % ""),
            sides=_sides((_LIMITED,), (), "# not any more\n"),
        ),
    ),
)
