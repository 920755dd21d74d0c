"""An object's API version changes.

## Why it matters

It is the same stored object, interpreted by a different version: defaults and fields may differ. A webhook
configuration that moves from v1beta1 to v1 fails closed by default, and an empty selector of a disruption budget
matches all pods instead of none.

## What to do

Read what changes in its defaults. Clusters that do not serve the new version reject it.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATH: Path = ("apiVersion",)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    old, new = change.before, change.after
    if (
        change.action in (Action.ADDED, Action.REMOVED)
        or old is None
        or new is None
        or old.api_version == new.api_version
    ):
        return
    flips = _empty_budget(change)
    yield Hit(
        place(new, _PATH),
        title=f"{change.id.kind} {change.id.name}: apiVersion {old.api_version} -> {new.api_version}",
        impact="Its empty selector matched no pod before and now matches all of them: node drains may hang."
        if flips
        else "Defaults and fields of the new version may differ.",
        fix="Give it a selector."
        if flips
        else "Check that your clusters serve the new version, and how its defaults differ.",
        severity=Severity.HIGH if flips else None,
        claims=(Claim(change.id, _PATH),),
    )


def _empty_budget(change: ResourceChange) -> bool:
    """policy/v1 of KEP-85: an empty selector is everything, where it was nothing in v1beta1."""
    resource = change.resource
    spec = mapping(resource.body.get("spec"))
    return resource.kind == "PodDisruptionBudget" and resource.version == "v1" and spec.get("selector") in ({}, None)


_BUDGET = "apiVersion: policy/%s\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {selector: %s}\n"
_SOME = "{matchLabels: {a: b}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    cases=(
        speaks(
            "a beta becomes stable",
            ("low", "apiVersion"),
            before=_BUDGET % ("v1beta1", _SOME),
            after=_BUDGET % ("v1", _SOME),
        ),
        speaks(
            "an empty selector",
            ("high", "apiVersion"),
            before=_BUDGET % ("v1beta1", "{}"),
            after=_BUDGET % ("v1", "{}"),
        ),
        quiet("it stays", before=_BUDGET % ("v1", _SOME), after=_BUDGET % ("v1", "{matchLabels: {a: c}}")),
    ),
)
