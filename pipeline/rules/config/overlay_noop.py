"""The chart now sets by itself what our overlay sets.

## Why it matters

The patch no longer has an effect. It will hide the next change of the chart's own value.

## What to do

Delete that part of the overlay, unless you want to pin the value.
"""

from collections.abc import Iterator

from pipeline.core.analysis.overlay_drift import Loss, drifts
from pipeline.core.analysis.overlay_lines import where
from pipeline.core.diff.change import Op
from pipeline.core.kube.path import to_text
from pipeline.core.render.manifests import parse
from pipeline.core.render.notes import Notes
from pipeline.core.render.overlay_effects import Effect
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(upgrade: Upgrade) -> Iterator[Hit]:
    idle = [drift for drift in drifts(upgrade) if drift.loss is Loss.NOTHING_LEFT]
    if not idle:
        return
    resources = upgrade.after.manifests.by_id()
    places = [place(resources[drift.id], drift.path) for drift in idle]
    line = where(upgrade.after.overlay, idle[0].effect.id, idle[0].path)
    names = listed((to_text(drift.path) for drift in idle), 1)
    yield Hit(
        places[0],
        title=f"{f'{line}: ' if line else ''}sets {idle[0].id.kind} {idle[0].id.name} {names} to the chart's own value",
        impact="The overlay has no effect there now, and hides the next change of the chart's value.",
        fix="Delete that part of the overlay, unless you want to pin the value.",
        also=tuple(places[1:]),
        evidence=(line,) if line else (),
    )


_OBJECT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: %s}\n"
(_WEB,) = parse(_OBJECT % 3, namespace="shop").resources
_SET = Effect(_WEB.id, Op.CHANGED, ("spec", "replicas"))
_FILE = {"overlays/web/kustomization.yaml": "replicas: [{name: web, count: 3}]\n"}


def _sides(after: tuple[Effect, ...]) -> dict[str, object]:
    return {
        "before": {"notes": Notes(overlaid=(_SET,)), "overlay": _FILE},
        "after": {"notes": Notes(overlaid=after), "overlay": _FILE},
    }


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    needs=(Need.OVERLAY,),
    cases=(
        speaks(
            "the chart has our number of replicas now",
            ("low", "spec.replicas"),
            before=_OBJECT % 3,
            after=_OBJECT % 3,
            sides=_sides(()),
        ),
        quiet("it still changes it", before=_OBJECT % 3, after=_OBJECT % 3, sides=_sides((_SET,))),
    ),
)
