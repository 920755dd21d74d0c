"""A hook's place in the order of hooks, or the time of its deletion, changes.

## Why it matters

Hooks of one event run from the lowest weight to the highest, and each waits for the one before it. A hook that needs an
account or settings from another hook fails if that one now runs later. A hook that is no longer deleted stays in the
cluster.

## What to do

Check that what the hook needs is still created before it.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.hooks import events
from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.render.manifests import HOOK_ANNOTATION
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PATHS: tuple[Path, ...] = tuple(
    ("metadata", "annotations", f"{HOOK_ANNOTATION}-{key}") for key in ("weight", "delete-policy", "output-log-policy")
)


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    if any(str(field.path[-1]).endswith("-weight") for field in fields):
        return None
    return (
        "The hook's object and its log are kept for a different time.",
        "Check that you can still read the log when the hook fails.",
    )


_WORDS = FindingText(
    "hook settings change",
    "A hook fails if an object that it needs is now created later.",
    "Check that what the hook needs is still created before it.",
    advise=_advise,
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in upgrade.diff.changes:
        picked: list[FieldChange] = [field for field in change.fields if field.path in _PATHS]
        if picked and events(change.before) == events(change.after):  # else another hook rule reports it
            weight_hit = hit(change, picked, _WORDS)
            yield weight_hit if events(change.after) else replace(weight_hit, severity=Severity.INFO)


_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: pre-upgrade%s}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "it runs later",
            ("low", 'metadata.annotations["helm.sh/hook-weight"]'),
            before=_JOB % ", helm.sh/hook-weight: '-5'",
            after=_JOB % ", helm.sh/hook-weight: '5'",
        ),
        speaks(
            "it is deleted afterwards",
            ("low", 'metadata.annotations["helm.sh/hook-delete-policy"]'),
            before=_JOB % "",
            after=_JOB % ", helm.sh/hook-delete-policy: hook-succeeded",
        ),
        quiet("another annotation", before=_JOB % "", after=_JOB % ", a: b"),
        quiet(
            "it is no longer a hook",
            before=_JOB % ", helm.sh/hook-weight: '5'",
            after="apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n",
        ),
    ),
)
