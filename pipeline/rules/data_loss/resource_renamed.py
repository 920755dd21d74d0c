"""An object has another name or namespace: to the cluster, one is deleted and another is created.

## Why it matters

A workload stops and starts anew, a Service gets another address and DNS name, and whatever refers to the old name finds
nothing. Names that end in a hash or a version are meant to change.

## What to do

Keep the old name (fullnameOverride, namespaceOverride), or move what refers to it first.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.change import Action, FieldChange, ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.follow import FOLLOWED, Followed, followed
from pipeline.core.path import Path
from pipeline.core.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.stems import same_stem
from pipeline.core.upgrade import Upgrade

_NAMES: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    if change.action not in (Action.RENAMED, Action.MOVED) or change.before is None or change.after is None:
        return
    old, new = change.before.id, change.after.id
    if (old.name, old.namespace) == (new.name, new.namespace):
        return
    was, now = (f"{one.namespace}/{one.name}" if old.namespace != new.namespace else one.name for one in (old, new))
    users = _users(Followed(old, new), upgrade)
    own = tuple(Claim(change.id, path) for path in _NAMES)
    hit = Hit(
        at(change),
        title=f"{change.id.kind} {was} becomes {now}",
        why="One is deleted, another created: what refers to the old name finds nothing.",
        remedy="Keep the old name by fullnameOverride or namespaceOverride, or move what refers to it first.",
        also=(place(change.before), *(at(user, field) for user, field in users)),
        claims=own + tuple(Claim(user.id, field.path) for user, field in users),
    )
    if same_stem(old.name, new.name) and old.namespace == new.namespace:
        hit = replace(hit, severity=Severity.INFO, why="Its name ends in a hash or version, and is meant to change.")
    elif users:
        why = "The workloads here name the new one; what else names the old one finds nothing."
        hit = replace(hit, severity=Severity.LOW, why=why)
    yield hit


def _users(pair: Followed, upgrade: Upgrade) -> list[tuple[ResourceChange, FieldChange]]:
    """The workloads of the release that named the old one and name the new one now."""
    if pair.old.kind not in FOLLOWED:
        return []
    return [(change, field) for change in upgrade.diff.changes for field, found in followed(change) if found == pair]


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {a: 1, b: 2, c: 3}\n"
_CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {%s}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, configMap: {name: %s}}]}}}\n"
)
_FIRST, _SECOND = _CONFIG % ("web-6ct58987ht", "a: x", "web-6ct58987ht"), _CONFIG % ("web-k2", "b: y", "web-k2")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    cases=(
        speaks("another name", ("medium", ""), before=_SERVICE % "web", after=_SERVICE % "shop-web"),
        speaks(
            "another namespace", ("medium", ""), before=_SERVICE % "a, namespace: x", after=_SERVICE % "a, namespace: y"
        ),
        speaks("another hash", ("info", ""), before=_SERVICE % "web-5f0c9a1b", after=_SERVICE % "web-0a1b2c3d"),
        speaks(
            "another hash and other data", ("info", ""), before=_FIRST, after=_FIRST.replace("6ct58987ht", "9hkm2f7ctb")
        ),
        speaks("its user names the new one", ("low", ""), before=_FIRST, after=_SECOND),
        quiet("two of a name", before=_SERVICE % "web", after=_SERVICE % "web"),
        quiet("another thing", before=_SERVICE % "web", after=(_SERVICE % "api").replace("1, b: 2", "9, b: 8")),
    ),
)
