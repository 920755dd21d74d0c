"""Two documents of one render describe the same object.

## Why it matters

The last one applied silently wins, and the order is not guaranteed: half of the chart's intent is lost.

## What to do

Disable one of the two with a value, or remove it with an overlay.
"""

from collections.abc import Iterator

from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    known = {resource.id for resource in upgrade.before.manifests.duplicates}
    final = upgrade.after.manifests.by_id()
    for resource in upgrade.after.manifests.duplicates:
        if resource.id not in known:
            known.add(resource.id)
            same = final[resource.id].body == resource.body
            sources = " and ".join(sorted({resource.source, final[resource.id].source} - {""}))
            yield Hit(
                place(resource),
                title=f"{resource.id} is rendered more than once" + (f": {sources}" if sources else ""),
                impact="The documents are equal: nothing breaks." if same else "The last one applied silently wins.",
                fix="Nothing to do." if same else "Disable one of them with a value, or remove it with an overlay.",
                severity=Severity.LOW if same else Severity.HIGH,
            )


_ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1'}\n"
_TWO = _ONE + "---\n" + _ONE.replace("'1'", "'2'")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("config-value-changed",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("a second document of the same name is added", ("high", ""), before=_ONE, after=_TWO),
        speaks("an equal copy is harmless", ("low", ""), before=_ONE, after=_ONE + "---\n" + _ONE),
        quiet("it was like that before", before=_TWO, after=_TWO),
    ),
)
