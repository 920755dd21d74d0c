"""An object of an API that Kubernetes has removed is no longer rendered.

## Why it matters

On a cluster that still serves the API, the object's effect ends: a PodSecurityPolicy no longer limits pods. On a newer
cluster it was rejected anyway.

## What to do

If you still run an old cluster, set up the replacement there first (Pod Security Admission for PodSecurityPolicies).
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.apis import ApiKind, lookup
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.REMOVED or change.before is None:
        return
    api = lookup(change.before.group, change.before.version, change.before.kind)
    if api is None or api.removed is None:
        return
    served = _served(api, upgrade)
    yield Hit(
        at(change),
        title=f"{change.id.kind} {change.id.name} is no longer rendered; its API was removed in 1.{api.removed}",
        impact="The cluster still serves it: what it enforces ends with the upgrade."
        if served
        else "The target does not serve this API: nothing is lost there.",
        fix="Set up its replacement first." if served else "Nothing to do.",
        severity=None if served else Severity.INFO,
    )


def _served(api: ApiKind, upgrade: Upgrade) -> bool:
    target = upgrade.facts.target
    return target is not None and api.exists(target[1])


_POLICY = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    cases=(
        speaks("the cluster still serves it", ("low", ""), before=_POLICY, facts={"target": (1, 24)}),
        speaks("the cluster no longer does", ("info", ""), before=_POLICY, facts={"target": (1, 30)}),
        quiet("an API that stays", before="apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"),
    ),
)
