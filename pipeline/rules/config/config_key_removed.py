"""A key is removed from a ConfigMap or Secret.

## Why it matters

A pod that refers to the key (a variable, an item of a volume, a file mounted by ``subPath``) does not start without it,
unless the reference is ``optional``. A program that reads its settings there falls back to its own default.

## What to do

Search your own volumes and variables for the key.
"""

from collections.abc import Iterator

from pipeline.core.analysis.references import DATA_FIELDS, key_references
from pipeline.core.analysis.references import keys as keys_of
from pipeline.core.analysis.selection import around
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import ResourceId, mapping
from pipeline.core.risk.finding import Place, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed, noun_for

_KINDS = frozenset({"ConfigMap", "Secret"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    removed = [(change, fields) for change in upgrade.diff.changes if (fields := _removed(change))]
    users = _users(upgrade) if removed else {}
    for change, fields in removed:
        held = keys_of(change.resource)
        keys = [key for field in fields for key in _keys(field) if key not in held]
        if not keys:  # from stringData to data, or the other way round
            continue
        named = [user for key in keys for user in users.get((change.id, key), ())]
        yield _hit(change, fields, keys, named)


def _removed(change: ResourceChange) -> list[FieldChange]:
    """The keys that are gone from an edited object, one by one or all at once."""
    if change.id.kind not in _KINDS or change.id.group or change.action in (Action.ADDED, Action.REMOVED):
        return []
    return [field for field in change.fields if not field.noise and _key(field.path) and field.new is MISSING]


def _key(path: Path) -> bool:
    """A key as a whole, or all of them."""
    return path[:1] != () and path[0] in DATA_FIELDS and not path[2:]


def _keys(field: FieldChange) -> list[str]:
    return [str(field.path[1])] if field.path[1:] else sorted(mapping(field.old))


def _users(upgrade: Upgrade) -> dict[tuple[ResourceId, str], list[Place]]:
    """Where pods name a key after the upgrade, here and in the rest of the repository."""
    users: dict[tuple[ResourceId, str], list[Place]] = {}
    for resource in around(upgrade)[1]:
        for key_reference in key_references(resource) if resource.kind in WORKLOADS else ():
            users.setdefault((key_reference.id, key_reference.key), []).append(place(resource, key_reference.path))
    return users


def _hit(change: ResourceChange, fields: list[FieldChange], keys: list[str], named: list[Place]) -> Hit:
    title = f"{change.id.kind} {change.id.name} loses the {noun_for(len(keys), 'key')} {listed(keys)}"
    first = named[0].resource if named else None
    return Hit(
        at(change, fields[0]),
        title=f"{title}, which {first.kind} {first.name} needs" if first else title,
        impact="Its pods do not start: they refer to a key that does not exist."
        if first
        else "A program that reads the key falls back to its own default, or fails.",
        fix="Keep the key with a value or an overlay, or remove the reference."
        if first
        else "Check whether pods of yours read it; set it again if they do.",
        severity=Severity.BLOCKER if first else None,
        also=(*(at(change, field) for field in fields[1:]), *named),
        claims=tuple(Claim.of(change, field) for field in fields),
    )


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"
_USER = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: "
    "[{name: a, env: [{name: B, valueFrom: {configMapKeyRef: {name: a, key: b}}}]}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("a key is removed", ("medium", "data.b"), before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
        speaks(
            "a key that a variable refers to is removed",
            ("blocker", "data.b"),
            before=_MAP % ("", "a: x, b: y") + _USER,
            after=_MAP % ("", "a: x") + _USER,
        ),
        speaks(
            "the variable can do without",
            ("medium", "data.b"),
            before=_MAP % ("", "a: x, b: y") + _USER.replace("key: b", "key: b, optional: true"),
            after=_MAP % ("", "a: x") + _USER.replace("key: b", "key: b, optional: true"),
        ),
        quiet("a key is added", before=_MAP % ("", "a: x"), after=_MAP % ("", "a: x, b: y")),
    ),
)
