"""The API server rejects one of your custom resources at the next apply, and did not before.

## Why it matters

A custom resource that is new, or whose value changes, must fit its CRD. What does not change is accepted as it is from
Kubernetes 1.30 on, with exceptions: a value of another type, duplicates in a set or map, an embedded object without
apiVersion and kind, a rule about changes (oldSelf), and whatever the root of the object must have.

## What to do

Correct the custom resource before the upgrade, if the old CRD allows the new value too. Otherwise correct it together
with the upgrade. After a change of type, correct the stored value with a merge patch first: server-side apply fails as
long as the stored value is of the old type.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import orjson

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import Judged, judged
from pipeline.core.crd.schema.violation import Refuses
from pipeline.core.kube.path import get
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import in_a_title, kubectl

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for instances in judged(upgrade).values():
        yield from (_hit(instance) for instance in instances if instance.refused)


def _hit(instance: Judged) -> Hit:
    resource, wrong = instance.resource, instance.refused
    return Hit(
        place(resource, wrong[0].path),
        title=in_a_title(
            lambda said: f"{resource.kind} {resource.id.name} is not valid ({said})",
            map(str, wrong),
            _SHOWN,
            between="; ",
        ),
        impact=_why(instance),
        fix=_remedy(instance),
        commands=_correction(instance),
        also=tuple(place(resource, violation.path) for violation in wrong[1:]),
    )


def _why(instance: Judged) -> str:
    if any(violation.refuses is not Refuses.EDITS for violation in instance.refused):
        return "The API server rejects the next apply, even if the custom resource does not change."
    return "The API server rejects the next apply."


def _remedy(instance: Judged) -> str:
    if any(violation.refuses is Refuses.TYPE for violation in instance.refused):
        return "Apply the CRD, correct the stored value with kubectl patch, then apply the object."
    return "Correct the custom resource together with the upgrade, or before."


def _correction(instance: Judged) -> tuple[str, ...]:
    """The merge patch that stores the new values; none where the custom resource still has those of the old type."""
    stored = [violation for violation in instance.refused if violation.refuses is Refuses.TYPE and violation.stored]
    patch: dict[str, Any] = {}
    for violation in stored:
        path = tuple(takewhile(lambda step: isinstance(step, str), violation.path))
        below = patch
        for step in path[:-1]:
            below = below.setdefault(str(step), {})
        below[str(path[-1])] = get(instance.resource.body, path)
    if not patch:
        return ()
    text, rid = orjson.dumps(patch, option=orjson.OPT_SORT_KEYS).decode(), instance.resource.id
    target = f"{rid.kind.lower()}.{instance.resource.version}.{rid.group}/{rid.name}"
    return (kubectl("patch", target, "--type=merge", "-p", text, namespace=rid.namespace),)


_EMBEDDED = "a: {type: object, x-kubernetes-preserve-unknown-fields: true%s}"
_OWN = field("size: {type: integer, maximum: 5}, a: {type: string}", "required: [size]")
_LIST = "a: {type: array, items: {type: string}%s}"
_OPTIONAL = "x-kubernetes-validations: [{rule: 'oldSelf.hasValue()', optionalOldSelf: true}]"
_FIXED = "x-kubernetes-validations: [{rule: 'self.size > oldSelf.size'}]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("custom-resource-changed",),
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "its value is of another type now",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: string}") + MINE % "size: 7",
        ),
        speaks(
            "its value is corrected, and another type is stored",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: string}") + MINE % "size: '7'",
        ),
        speaks(
            "a list with duplicates becomes a set",
            ("blocker", "spec.a"),
            before=field(_LIST % "") + MINE % "a: [x, x]",
            after=field(_LIST % ", x-kubernetes-list-type: set") + MINE % "a: [x, x]",
        ),
        speaks(
            "a part becomes an embedded object, and has no kind",
            ("blocker", "spec.a.apiVersion"),
            before=field(_EMBEDDED % "") + MINE % "a: {b: 1}",
            after=field(_EMBEDDED % ", x-kubernetes-embedded-resource: true") + MINE % "a: {b: 1}",
        ),
        speaks(
            "a new rule about changes fails where nothing changes",
            ("blocker", "spec"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer}", _FIXED) + MINE % "size: 7",
        ),
        speaks(
            "its value exceeds a new limit, and the target validates whole objects",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
            facts={"target": (1, 29)},
        ),
        speaks(
            "a rule forbids it, and another field of the same part changes",
            ("blocker", "spec"),
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("size: {type: integer}, a: {type: string}", "x-kubernetes-validations: [{rule: self.size < 5}]")
            + MINE % "size: 7, a: x",
        ),
        speaks(
            "it is new, and its value too large", ("blocker", "spec.size"), before=_OWN, after=_OWN + MINE % "size: 7"
        ),
        speaks(
            "its CRD is unchanged, and its value becomes too large",
            ("blocker", "spec.size"),
            before=_OWN + MINE % "size: 5",
            after=_OWN + MINE % "size: 7",
        ),
        quiet(
            "an unchanged value exceeds a new limit",
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
        ),
        quiet(
            "another field changes than the one that exceeds its limit",
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}, a: {type: string}") + MINE % "size: 7, a: x",
        ),
        quiet("it fits", before=_OWN + MINE % "size: 5", after=_OWN + MINE % "size: 4"),
        quiet(
            "it was invalid before",
            before=field("size: {type: integer}") + MINE % "size: x",
            after=field("size: {type: integer, maximum: 9}") + MINE % "size: x",
        ),
    ),
)
