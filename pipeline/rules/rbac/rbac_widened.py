"""A role grants more than before.

## Why it matters

Every subject bound to the role gets them, including people and your own service accounts. Wildcards, Secrets, exec,
role bindings and admission webhooks grant more than they seem to, and have a higher severity.

## What to do

Check whether the new permissions are needed. If not, remove them with an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import Grant, beyond, by_resource, grants
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action in (Action.REMOVED, Action.ADDED) or not any(change.under("rules")):
        return
    before, after = grants(change.before), grants(change.after)
    gained = beyond(after, before)
    if not gained:
        return
    yield Hit(
        place(change.resource, ("rules",)),
        title=f"{change.id.kind} {change.id.name} gains: {by_resource(gained)}",
        impact="Its subjects get these permissions, and so does an attacker who takes one over." + _danger(gained),
        fix="Check whether the new permissions are needed; if not, remove them with an overlay.",
        severity=Severity.HIGH if _danger(gained) else None,
        claims=(Claim(change.id, ("rules",)),),
    )


def _danger(gained: tuple[Grant, ...]) -> str:
    words = sorted({grant.dangerous for grant in gained if grant.dangerous})
    return f" They include {', '.join(words)}." if words else ""


_ROLE = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
    'rules: [{apiGroups: [""], resources: [%s], verbs: [%s]}]\n'
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Role", "ClusterRole"}),
    cases=(
        speaks(
            "a resource more", ("medium", "rules"), before=_ROLE % ("pods", "get"), after=_ROLE % ("pods, nodes", "get")
        ),
        speaks(
            "every Secret", ("high", "rules"), before=_ROLE % ("pods", "get"), after=_ROLE % ("pods, secrets", "get")
        ),
        quiet("a wildcard covered it", before=_ROLE % ("pods", '"*"'), after=_ROLE % ("pods", '"*", get')),
        quiet("in another order", before=_ROLE % ("pods, nodes", "get"), after=_ROLE % ("nodes, pods", "get")),
    ),
)
