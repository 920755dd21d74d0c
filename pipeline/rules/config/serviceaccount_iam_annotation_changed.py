"""A service account's cloud identity changes or is removed (AWS role, Google service account, Azure client).

## Why it matters

From their next start its pods have different cloud permissions, or none: uploads, DNS records and keys are denied.

## What to do

Set the annotation with a value of the chart (``serviceAccount.annotations``) or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.references import ACCOUNT
from pipeline.core.analysis.service_accounts import identity
from pipeline.core.diff.change import ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_NOTES = ("metadata", "annotations")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    old, new = identity(change.before), identity(change.after)
    for key in sorted({*old, *new}):
        was, now = old.get(key, "none"), new.get(key, "none")
        if was == now:
            continue
        yield Hit(
            place(change.after, ("metadata", "annotations", key)),
            title=f"ServiceAccount {change.id.name}: {key} {was} -> {now}",
            impact="Its pods have different cloud permissions from their next start."
            if key in new
            else "Its pods have no cloud permissions from their next start.",
            fix="Set the annotation with a value (serviceAccount.annotations), or move the permissions first.",
            severity=None if key in old else Severity.LOW,
        )


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {eks.amazonaws.com/role-arn: %s}}\n"
_BARE = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"
_PATH = 'metadata.annotations["eks.amazonaws.com/role-arn"]'

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({ACCOUNT}),
    cases=(
        speaks("another role", ("high", _PATH), before=_ACCOUNT % "arn:1", after=_ACCOUNT % "arn:2"),
        speaks("it is removed", ("high", _PATH), before=_ACCOUNT % "arn:1", after=_BARE),
        speaks("it is added", ("low", _PATH), before=_BARE, after=_ACCOUNT % "arn:1"),
        quiet("it stays", before=_ACCOUNT % "arn:1", after=(_ACCOUNT % "arn:1").replace("{eks", "{a: b, eks")),
    ),
)
