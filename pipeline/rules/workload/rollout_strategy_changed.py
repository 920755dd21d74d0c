"""A workload's update strategy changes.

## Why it matters

Recreate stops all pods before the first new one starts; a different surge changes how many serve in the meantime.
A server-side apply from RollingUpdate to Recreate or OnDelete is rejected if the old manifest had no ``rollingUpdate``:
the server filled it in, no apply removes it, and the new type forbids it.

## What to do

Keep the old strategy if you cannot afford the downtime. If the apply is rejected, remove ``rollingUpdate`` and set the
new type in one JSON patch first; the finding has the command.
"""

from collections.abc import Iterator
from dataclasses import replace

import orjson

from pipeline.core.analysis.change_text import shown
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import kubectl

_SETTINGS = frozenset(
    ("spec", key)
    for key in (
        "minReadySeconds",
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "paused",
        "persistentVolumeClaimRetentionPolicy",
    )
)


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] in (("spec", "strategy"), ("spec", "updateStrategy")) or path in _SETTINGS


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    recreate = any(field.path[-1] == "type" and field.new in ("Recreate", "OnDelete") for field in fields)
    return Severity.MEDIUM if recreate else None


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    keys = {field.path[1] for field in fields}
    if keys == {"revisionHistoryLimit"}:
        return "The number of revisions to roll back to changes.", "Keep the old limit if you roll back with kubectl."
    if keys & {"strategy", "updateStrategy"}:
        return None
    return "Rollouts take another course, or wait.", "Compare the settings with what your rollouts need."


_changed = object_check(
    _picks,
    FindingText(
        "rollout settings change",
        "Fewer pods may serve during a rollout, or none.",
        "Keep the old strategy if you cannot afford the downtime.",
        grade=_grade,
        advise=_advise,
        say=lambda _, field: f"{field.path[-1]} removed" if field.new is MISSING else shown(field),
    ),
)
_settings_changed = object_check(
    _picks,
    FindingText(
        "its rollout settings change",
        "Rollouts take longer or shorter, or fewer old revisions can be returned to.",
        "Compare the settings with the time that your pods need, and with how far you roll back.",
    ),
)
_STRATEGY = {"Deployment": "strategy", "StatefulSet": "updateStrategy"}


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    picked = [field for field in change.fields if not field.noise and _picks(field, field.path)]
    said = _settings_changed if all(field.path in _SETTINGS for field in picked) else _changed
    for hit in said(change, upgrade):
        yield _refusal(change, hit) if _is_left_behind(change) else hit


def _is_left_behind(change: ResourceChange) -> bool:
    """Whether rollingUpdate stays that only the server wrote, beside a type that forbids it."""
    key = _STRATEGY.get(change.id.kind)
    if key is None or change.before is None or change.after is None:
        return False
    old, new = (mapping(mapping(side.body.get("spec")).get(key)) for side in (change.before, change.after))
    filled_in = (None, "RollingUpdate") if key == "strategy" else (None,)
    rolled = old.get("type") in filled_in and not old.get("rollingUpdate")
    return rolled and new.get("type") in ("Recreate", "OnDelete")


def _refusal(change: ResourceChange, hit: Hit) -> Hit:
    path = f"spec.{_STRATEGY[change.id.kind]}.rollingUpdate"
    return replace(
        hit,
        impact="Server-side apply is rejected: the new type forbids rollingUpdate, which the server still holds.",
        fix=f"Remove {path} and set the new type in one patch before the apply.",
        commands=(_patch(change),),
        severity=Severity.HIGH,
    )


def _patch(change: ResourceChange) -> str:
    key = _STRATEGY[change.id.kind]
    kind = mapping(mapping(change.resource.body.get("spec")).get(key)).get("type")
    steps = [
        {"op": "remove", "path": f"/spec/{key}/rollingUpdate"},
        {"op": "replace", "path": f"/spec/{key}/type", "value": kind},
    ]
    target, text = f"{change.id.kind.lower()}/{change.id.name}", orjson.dumps(steps).decode()
    return kubectl("patch", target, "--type=json", "-p", text, namespace=change.id.namespace)


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"}),
    cases=(
        speaks(
            "all pods stop first",
            ("medium", "spec.strategy.rollingUpdate"),
            before=_WEB % "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}",
            after=_WEB % "strategy: {type: Recreate}",
        ),
        speaks(
            "all pods stop first, and the server keeps its defaults",
            ("high", "spec.strategy.rollingUpdate"),
            before=_WEB % "",
            after=_WEB % "strategy: {type: Recreate}",
        ),
        speaks(
            "less history",
            ("low", "spec.revisionHistoryLimit"),
            before=_WEB % "",
            after=_WEB % "revisionHistoryLimit: 3",
        ),
        quiet("the default is spelled out", before=_WEB % "", after=_WEB % "strategy: {type: RollingUpdate}"),
    ),
)
