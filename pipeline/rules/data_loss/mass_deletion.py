"""Most objects of a release are no longer rendered.

## Why it matters

Usually a mistake: a value that disables everything, a renamed parent key, a wrong chart. A prune would then delete the
application. It is also what a release that is removed on purpose looks like.

## What to do

Check the render first. If the removal is intended, say so with a waiver.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import removed
from pipeline.core.diff.change import Action
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, counted

_AT_LEAST = 10
_SHARE = 0.3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    no_longer_rendered = [change for change in removed(upgrade) if change.action is Action.REMOVED]
    total = len(upgrade.before.manifests.resources)
    empty = bool(no_longer_rendered) and not upgrade.after.manifests.resources
    if not empty and len(no_longer_rendered) <= max(_AT_LEAST, _SHARE * total):
        return
    yield Hit(
        at(no_longer_rendered[0]),
        title=f"{len(no_longer_rendered)} of {counted(total, 'object')} "
        f"{agreeing(len(no_longer_rendered), 'is')} no longer rendered",
        impact="Nothing is rendered now: a prune deletes everything." if empty else "A prune deletes them all.",
        fix="Check the values and the chart; if the removal is intended, add a waiver.",
        confidence=Confidence.PROVEN if empty else Confidence.LIKELY,
        severity=Severity.BLOCKER if empty else Severity.HIGH,
        also=tuple(at(change) for change in no_longer_rendered[1:]),
        claims=(Claim(no_longer_rendered[0].id, ("not explained by their number",)),),
    )


def _maps(count: int) -> str:
    return "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}}}\n" for n in range(count))


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("the new render is empty", ("blocker", ""), before=_maps(2)),
        speaks("most objects are removed", ("high", ""), before=_maps(20), after=_maps(3)),
        quiet("a few of many are removed", before=_maps(20), after=_maps(15)),
        quiet("nothing was rendered before", after=_maps(3)),
    ),
)
