"""The chart renders a different value each time: a password, certificate or name that is random or depends on the time.

## Why it matters

Every render is a change and every apply rolls it out: pods restart, and clients that use the old password or trust the
old certificate are locked out. Two renders of the same input were compared, so this is proven.

## What to do

Set the value yourself, or refer to a Secret that is created once (``existingSecret``, External Secrets, cert-manager).
``render: {volatile: freeze}`` keeps the committed value (a certificate only until it expires). To get a new value,
remove the object's file under rendered/ and render again.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.kube.path import Entry, Path, to_text
from pipeline.core.kube.resource import ResourceId
from pipeline.core.render.notes import Notes, VolatilePath
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, listed

_SET = "Set the value, or use an existing Secret."
_FREEZE = "Set the value, use an existing Secret, or set render.volatile to freeze."


def check(upgrade: Upgrade) -> Iterator[Hit]:
    notes = upgrade.after.notes
    known = {_sort(path) for path in upgrade.before.notes.volatile or ()}
    fresh = [path for path in notes.volatile or () if _sort(path) not in known]
    old = [path for path in notes.volatile or () if _sort(path) in known]
    if fresh:
        yield _hit(fresh, upgrade, None if not notes.frozen else Severity.MEDIUM)
    if old and not notes.frozen:
        yield _hit(old, upgrade, Severity.INFO)


def _sort(one: VolatilePath) -> tuple[str, str, str]:
    """What it is, whatever its object or list entry is called: one more webhook's CA is as random as the others'."""
    path = tuple("*" if isinstance(step, Entry | int) else step for step in one.path)
    return (one.id.group, one.id.kind, to_text(path))


def _hit(varying: list[VolatilePath], upgrade: Upgrade, severity: Severity | None) -> Hit:
    """A Secret first, since its checksum elsewhere only follows it."""
    ranked = sorted(varying, key=lambda one: (one.id.kind != "Secret", "annotations" in one.path))
    places = [Place(_ref(varied.id, upgrade), varied.path) for varied in ranked]
    first = places[0].resource
    names = listed((to_text(place.path) for place in places), 1, noun="path")
    functions = ", ".join(upgrade.after.notes.functions)
    frozen = upgrade.after.notes.frozen
    return Hit(
        places[0],
        title=f"{first.kind} {first.name}: {names} {agreeing(len(places), 'gets')} a new value at each render"
        f"{f' ({functions})' if functions else ''}",
        impact="The committed value is kept (a certificate only until it expires). "
        "Without its file a new one is rendered."
        if frozen
        else "It was like that before: its changes are not reported, and every apply rolls out a new value."
        if severity is Severity.INFO
        else "Every apply replaces it: pods restart, and clients that use the old value are locked out.",
        fix="Set the value, or use an existing Secret."
        if frozen
        else "Set the value, use an existing Secret, or set render.volatile to freeze.",
        severity=severity,
        also=tuple(places[1:]),
    )


def _ref(rid: ResourceId, upgrade: Upgrade) -> ResourceRef:
    there = upgrade.after.manifests.by_id().get(rid)
    if there is not None:
        return ResourceRef.of(there)
    return ResourceRef(rid.group, "", rid.kind, rid.namespace, rid.name)


_OBJECT = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {password: %s}\n"
_PATH = VolatilePath(ResourceId("", "Secret", "shop", "s"), ("data", "password"))
_LOOKED, _RANDOM = Notes(()), Notes((_PATH,), ("randAlphaNum",))
_KEPT = Notes((_PATH,), ("randAlphaNum",), frozen=True)


def _webhooks(*names: str) -> Notes:
    rid = ResourceId("x.io", "Hook", "", "w")
    paths: list[Path] = [("hooks", Entry((("name", name),)), "ca") for name in names]
    return Notes(tuple(VolatilePath(rid, path) for path in paths), ("genCA",))


def _noted(before: Notes, after: Notes) -> dict[str, dict[str, object]]:
    both = sides(chart("1.0.0"), chart("1.1.0"))
    return {"before": {**both["before"], "notes": before}, "after": {**both["after"], "notes": after}}


_TEXTS = {"before": _OBJECT % "a", "after": _OBJECT % "b"}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("config-value-changed",),
    severity=Severity.HIGH,
    whole=check,
    needs=(Need.SECOND_RENDER,),
    cases=(
        speaks(
            "a chart that starts to generate it", ("high", "data.password"), sides=_noted(_LOOKED, _RANDOM), **_TEXTS
        ),
        speaks("it is kept as committed", ("medium", "data.password"), sides=_noted(_LOOKED, _KEPT), **_TEXTS),
        speaks("it was like that before", ("info", "data.password"), sides=_noted(_RANDOM, _RANDOM), **_TEXTS),
        speaks(
            "one more entry of a list is random",
            ("info", "hooks[name=a].ca"),
            sides=_noted(_webhooks("a"), _webhooks("a", "b")),
        ),
        quiet("it was so before, and is kept as committed", sides=_noted(_KEPT, _KEPT), **_TEXTS),
        quiet("two renders agree", sides=_noted(_LOOKED, _LOOKED), **_TEXTS),
    ),
)
