"""An object has another name or namespace: to the cluster, one is deleted and another is created.

## Why it matters

A workload stops and starts anew, a Service gets another address and DNS name, and whatever refers to the old name finds
nothing. Names that end in a hash or a version are meant to change.

## What to do

Keep the old name (fullnameOverride, namespaceOverride), or move what refers to it first.
"""

import re
from collections.abc import Iterator

from pipeline.core.change import Action, ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.upgrade import Upgrade

_HASH = re.compile(r"(?:[-.][0-9a-f]{5,}|[-.]v?\d+(?:[-.]\d+)*)+\Z")
_NAMES: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action not in (Action.RENAMED, Action.MOVED) or change.before is None or change.after is None:
        return
    old, new = change.before.id, change.after.id
    if (old.name, old.namespace) == (new.name, new.namespace):
        return
    was, now = (f"{one.namespace}/{one.name}" if old.namespace != new.namespace else one.name for one in (old, new))
    meant = _HASH.sub("", old.name) == _HASH.sub("", new.name) and old.namespace == new.namespace
    yield Hit(
        at(change),
        title=f"{change.id.kind} {was} becomes {now}",
        why="One is deleted, another created: what refers to the old name finds nothing.",
        remedy="Keep the old name by fullnameOverride or namespaceOverride, or move what refers to it first.",
        severity=Severity.INFO if meant else None,
        also=(place(change.before),),
        claims=tuple(Claim(change.id, path) for path in _NAMES),
    )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {a: 1, b: 2, c: 3}\n"

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
        quiet("two of a name", before=_SERVICE % "web", after=_SERVICE % "web"),
        quiet("another thing", before=_SERVICE % "web", after=(_SERVICE % "api").replace("1, b: 2", "9, b: 8")),
    ),
)
