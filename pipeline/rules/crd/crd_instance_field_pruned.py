"""A custom resource of yours sets a field that the new CRD does not know.

## Why it matters

The API server drops the field without an error: the setting is lost, and nobody is told.

## What to do

Move the setting to what replaces the field, together with the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.crd.definition import Definition
from pipeline.core.crd.examples import field
from pipeline.core.crd.instances import instances
from pipeline.core.crd.keywords import narrows
from pipeline.core.crd.schema_changes import edits
from pipeline.core.crd.validate import pruned
from pipeline.core.finding import Severity
from pipeline.core.path import Path, to_text
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
    if old is new or not old or not new or after.spec.get("preserveUnknownFields"):
        return
    known = pruned(old, resource.body)
    found = tuple(path for path in pruned(new, resource.body) if path not in known)
    if found:
        yield Hit(
            place(resource, found[0]),
            title=f"{resource.kind} {resource.id.name} sets what the new CRD drops: {_listed(found)}",
            why="The API server drops it without an error: the setting is lost.",
            remedy="Move the setting to what replaces the field.",
            also=tuple(place(resource, path) for path in found[1:]),
        )


def _listed(paths: tuple[Path, ...]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(to_text, paths[:_SHOWN])) + more


_MINE = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "its field is gone",
            ("high", "spec.size"),
            before=field("size: {type: integer}, a: {type: string}") + _MINE % "size: 7",
            after=field("a: {type: string}") + _MINE % "size: 7",
        ),
        quiet(
            "another field is gone",
            before=field("size: {type: integer}, a: {type: string}") + _MINE % "size: 7",
            after=field("size: {type: integer}") + _MINE % "size: 7",
        ),
        quiet(
            "it was dropped before",
            before=field("a: {type: string}") + _MINE % "size: 7",
            after=field("b: {type: string}") + _MINE % "size: 7",
        ),
    ),
)
