"""One of your custom resources no longer fits its CRD. It is accepted as it is, and rejected when that part changes.

## Why it matters

From Kubernetes 1.30 on, a value that does not change is not held to a stricter schema. The next edit of it is: of a
single value only that value's edit; of a missing field, a length or a validation rule any edit of the same map or list.
A new cluster and a restore from a backup create the object, and reject it.

## What to do

Correct the custom resource while it is still accepted.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import Judged, judged
from pipeline.core.kube.path import get
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for instances in judged(upgrade).values():
        yield from (_hit(instance) for instance in instances if instance.later)


def _hit(instance: Judged) -> Hit:
    resource, wrong = instance.resource, instance.later
    single = not any(isinstance(get(resource.body, violation.path), dict | list) for violation in wrong)
    return Hit(
        place(resource, wrong[0].path),
        title=f"{resource.kind} {resource.id.name} no longer fits its CRD ({'; '.join(map(str, wrong[:_SHOWN]))})",
        impact="The API server accepts it unchanged, and rejects it "
        + ("when that value changes." if single else "when anything in that part changes."),
        fix="Correct the custom resource together with the upgrade, or before.",
        severity=Severity.LOW if single else None,
        also=tuple(place(resource, violation.path) for violation in wrong[1:]),
    )


_KEYED = "a: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: %s}"
_ITEM = "{type: object, required: [name], properties: {name: {type: string}, mode: {type: string%s}}}"
_LIST = "a: {type: array, items: {type: string%s}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "its value exceeds a new limit",
            ("low", "spec.size"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
        ),
        speaks(
            "a new validation rule forbids it",
            ("medium", "spec"),
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer}", "x-kubernetes-validations: [{rule: self.size < 5}]")
            + MINE % "size: 7",
        ),
        speaks(
            "a field that it lacks becomes required",
            ("medium", "spec"),
            before=field("size: {type: integer}, a: {type: string}") + MINE % "size: 7",
            after=field("size: {type: integer}, a: {type: string}", "required: [a]") + MINE % "size: 7",
        ),
        speaks(
            "another entry changes in a list with keys",
            ("low", "spec.a[0].mode"),
            before=field(_KEYED % (_ITEM % "")) + MINE % "a: [{name: x, mode: old}, {name: y}]",
            after=field(_KEYED % (_ITEM % ", enum: [new]")) + MINE % "a: [{name: x, mode: old}, {name: y, mode: new}]",
        ),
        quiet(
            "another entry changes in a list without keys: rejected at once",
            before=field(_LIST % "") + MINE % "a: [long, x]",
            after=field(_LIST % ", maxLength: 3") + MINE % "a: [long, y]",
        ),
        quiet(
            "the target validates every write whole",
            before=field("size: {type: integer}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
            facts={"target": (1, 29)},
        ),
        quiet(
            "it did not fit before",
            before=field("size: {type: integer, maximum: 5}") + MINE % "size: 7",
            after=field("size: {type: integer, maximum: 6}, a: {type: string}") + MINE % "size: 7",
        ),
    ),
)
