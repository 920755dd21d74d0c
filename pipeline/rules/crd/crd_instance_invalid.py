"""A custom resource of yours is valid under the old CRD and not under the new one.

## Why it matters

The API server refuses it at its next update, whoever makes it: your apply, or the controller that writes its status.

## What to do

Change the custom resource in the same step as the upgrade, or before it where the old CRD takes the change too.
"""

from collections.abc import Iterator

from pipeline.core.crd.cel import verdict
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.examples import field
from pipeline.core.crd.instances import instances
from pipeline.core.crd.keywords import narrows
from pipeline.core.crd.schema_changes import edits
from pipeline.core.crd.validate import violations
from pipeline.core.finding import Severity
from pipeline.core.resource import Resource
from pipeline.core.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for edit in edits(upgrade):
        if edit.pair.both and any(map(narrows, edit.schema)):
            before, after = edit.pair.both
            for resource in instances(upgrade, after):
                yield from _judged(resource, before, after)


def _judged(resource: Resource, before: Definition, after: Definition) -> Iterator[Hit]:
    if resource.version not in before.versions or resource.version not in after.versions:
        return
    old, new = before.schema(resource.version), after.schema(resource.version)
    if old is new or not old or not new:
        return
    if violations(old, resource.body):
        return
    # As on the server, validation rules are asked only where the schema itself is content.
    found = violations(new, resource.body) or verdict(old, new, resource.body).broken
    if found:
        yield Hit(
            place(resource, found[0].path),
            title=f"{resource.kind} {resource.id.name} is no longer valid: {'; '.join(map(str, found[:_SHOWN]))}",
            why="The API server refuses it at its next update.",
            remedy="Change it together with the upgrade, or before.",
            also=tuple(place(resource, one.path) for one in found[1:]),
        )


_MINE = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "a limit is too low for it",
            ("blocker", "spec.size"),
            before=field("size: {type: integer}") + _MINE % "size: 7",
            after=field("size: {type: integer, maximum: 5}") + _MINE % "size: 7",
        ),
        speaks(
            "a new validation rule forbids it",
            ("blocker", "spec"),
            before=field("size: {type: integer}") + _MINE % "size: 7",
            after=field("size: {type: integer}", "x-kubernetes-validations: [{rule: self.size < 5}]")
            + _MINE % "size: 7",
        ),
        quiet(
            "it fits",
            before=field("size: {type: integer}") + _MINE % "size: 7",
            after=field("size: {type: integer, maximum: 9}") + _MINE % "size: 7",
        ),
        quiet(
            "it was invalid before",
            before=field("size: {type: integer}") + _MINE % "size: x",
            after=field("size: {type: integer, maximum: 9}") + _MINE % "size: x",
        ),
    ),
)
