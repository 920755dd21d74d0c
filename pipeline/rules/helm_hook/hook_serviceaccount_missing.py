"""A hook that runs before everything else needs an object that is created later.

## Why it matters

A pre-install or pre-upgrade hook runs before the release's ordinary objects are written, and before hooks with a higher
weight. If its pods refer to a service account, ConfigMap or Secret that is added with this upgrade and is not an
earlier hook itself, the pods cannot start, and the upgrade waits until it times out.

## What to do

Make the object a hook with a lower weight, or apply it before the upgrade.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import events, weight
from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.references import Reference, references
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_BEFORE = frozenset({"pre-install", "pre-upgrade"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    hooks = [resource for resource in upgrade.after.manifests.resources if "pre-upgrade" in events(resource)]
    wanted = {
        name for hook in hooks for name in (hook.id, *(reference_there.id for reference_there in references(hook)))
    }
    old, new = (side.among(wanted) for side in known_objects(upgrade))
    for hook in hooks:
        late = {
            reference_there.id: reference_there
            for reference_there in references(hook)
            if reference_there.id not in old and _late(hook, new.get(reference_there.id))
        }
        known = {reference.id for reference in references(old[hook.id])} if hook.id in old else set()
        for reference in (missing for name, missing in sorted(late.items()) if name not in known):
            yield _hit(hook, reference)


def _late(hook: Resource, needed: Resource | None) -> bool:
    """Whether it is rendered, and written only after the hook has run."""
    if needed is None:
        return False
    return not events(needed) & _BEFORE or weight(needed) > weight(hook)


def _hit(hook: Resource, reference: Reference) -> Hit:
    needed: ResourceId = reference.id
    return Hit(
        place(hook, reference.path),
        title=f"the hook {hook.kind} {hook.id.name} needs {needed.kind} {needed.name}, which is created later",
        impact="Its pods cannot start, and the upgrade waits until it times out.",
        fix=f"Make {needed.kind} {needed.name} a hook with a lower weight, or apply it before the upgrade.",
        claims=(Claim(hook.id, reference.path),),
    )


_JOB = (
    "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"
    "spec: {template: {spec: {serviceAccountName: b}}}\n"
)
_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b%s}\n"
_HOOK = ", annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-weight: '%s'}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "its account is also new",
            ("high", "spec.template.spec.serviceAccountName"),
            after=_ACCOUNT % "" + _JOB % "pre-upgrade",
        ),
        speaks(
            "its account is a later hook",
            ("high", "spec.template.spec.serviceAccountName"),
            after=_ACCOUNT % (_HOOK % 5) + _JOB % "pre-upgrade",
        ),
        quiet("its account is an earlier hook", after=_ACCOUNT % (_HOOK % -5) + _JOB % "pre-upgrade"),
        quiet("the account was there before", before=_ACCOUNT % "", after=_ACCOUNT % "" + _JOB % "pre-upgrade"),
        quiet("the account exists elsewhere", after=_JOB % "pre-upgrade"),
        quiet("it runs afterwards", after=_ACCOUNT % "" + _JOB % "post-upgrade"),
    ),
)
