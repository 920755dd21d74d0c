"""Objects move to another namespace: they are deleted in one and created in the other.

## Why it matters

DNS names change, and whatever is bound to the namespace is lost: Secrets and ConfigMaps created by hand, role bindings,
network policies, cloud identities bound to namespace and account.

## What to do

Keep the namespace (``namespaceOverride``), or move Secrets, policies and clients first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import by_kind, grouped
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing

_CALLED = frozenset({"Service", "Deployment", "DaemonSet", "Secret", "ConfigMap", "ServiceAccount", "Ingress"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    moved = [
        change
        for change in upgrade.diff.of_action(Action.MOVED, Action.RENAMED)
        if change.before and change.before.id.namespace != change.id.namespace
    ]
    for (old, new), changes in grouped(moved, _ways).items():
        news = [at(change) for change in changes]
        yield Hit(
            news[0],
            title=f"{by_kind(changes)} {agreeing(len(changes), 'moves')} from namespace {old} to {new}",
            impact=f"Deleted in {old} and created in {new}: DNS names change, and whatever is bound to {old} is lost.",
            fix=f"Keep the namespace (namespaceOverride), or first move what is bound to it to {new}.",
            severity=None if any(change.id.kind in _CALLED for change in changes) else Severity.MEDIUM,
            also=(*news[1:], *(place(change.before) for change in changes if change.before)),
            claims=tuple(Claim(change.id, ("metadata", "namespace")) for change in changes),
        )


def _ways(change: ResourceChange) -> tuple[str, str]:
    old = change.before.id.namespace if change.before else ""
    return old or "none", change.id.namespace or "none"


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: %s}\n---\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: %s}\ndata: {a: x}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("one object", ("high", ""), before=_MAP % "x", after=_MAP % "y"),
        speaks(
            "several objects are one finding",
            ("high", ""),
            before=_MAP % "x" + "---\n" + _ACCOUNT % "x",
            after=_MAP % "y" + "---\n" + _ACCOUNT % "y",
        ),
        quiet("it stays", before=_MAP % "x", after=_MAP % "x"),
        quiet("it is rendered in both namespaces", before=_MAP % "x", after=_MAP % "x" + "---\n" + _MAP % "y"),
    ),
)
