"""An AuthorizationPolicy names a service account or a namespace that the upgrade takes away.

## Why it matters

Callers are known by their service account. Under another name they no longer match: an ALLOW policy refuses them, and
a DENY policy lets them through.

## What to do

Keep the name, or name the new service account in the policy before the upgrade.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, namespaces
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import SECURITY
from pipeline.core.mesh.route_parts import spec, texts
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_PARTS = 5
"""``cluster.local/ns/shop/sa/web``."""


@once
def _accounts(side: SideIndex) -> frozenset[tuple[str, str]]:
    return frozenset(
        (side.home(service_account), service_account.id.name) for service_account in side.of("ServiceAccount", "")
    )


def _has_account(account: tuple[str, str], side: SideIndex) -> bool:
    return account in _accounts(side)


def _has_namespace(name: str, side: SideIndex) -> bool:
    return name in namespaces(side)


def _sources(policy: Resource) -> Iterator[tuple[Path, str, str]]:
    """Path, key and text of each principal and namespace."""
    for index, rule in enumerate(map(mapping, sequence(spec(policy).get("rules")))):
        for place, entry in enumerate(map(mapping, sequence(rule.get("from")))):
            for key, texts_ in mapping(entry.get("source")).items():
                path: Path = ("spec", "rules", index, "from", place, "source", key)
                yield from (((*path, n), key, text) for n, text in enumerate(texts(texts_)))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    for path, key, text in _sources(resource) if resource.id.group == SECURITY else ():
        if "*" in text:
            continue
        parts = text.split("/")
        if key in ("principals", "notPrincipals") and len(parts) == _PARTS and parts[1::2] == ["ns", "sa"]:
            account = parts[2], parts[4]
            if account not in _accounts(side):
                title, there = (
                    f"names service account {'/'.join(account)}, which is gone",
                    partial(_has_account, account),
                )
                yield StateFault(resource, path, (text,), title, is_there=there, unsure=True)
        elif key in ("namespaces", "notNamespaces") and text not in namespaces(side):
            title = f"names namespace {text}, which is gone"
            yield StateFault(resource, path, (text,), title, is_there=partial(_has_namespace, text), unsure=True)


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s, namespace: shop}\n---\n"
_POLICY = (
    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: callers, namespace: api}\n"
    "spec: {rules: [{from: [{source: {principals: ['cluster.local/ns/shop/sa/%s']}}]}]}\n"
)
_AT = "spec.rules[0].from[0].source.principals[0]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=fault_check(
        frozenset({"AuthorizationPolicy"}),
        _faults,
        impact="Its callers no longer match: ALLOW refuses them with 403, DENY lets them through.",
        fix="Keep the name, or name the new service account before the upgrade.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the account is renamed",
            ("blocker", _AT),
            before=_ACCOUNT % "web" + _POLICY % "web",
            after=_ACCOUNT % "shop-web" + _POLICY % "web",
        ),
        quiet("the account is made elsewhere", before=_POLICY % "web", after=_ACCOUNT % "api" + _POLICY % "web"),
        quiet("any account", before=_ACCOUNT % "web" + _POLICY % "*", after=_POLICY % "*"),
        quiet(
            "the policy follows the new name",
            before=_ACCOUNT % "web" + _POLICY % "web",
            after=_ACCOUNT % "shop-web" + _POLICY % "shop-web",
        ),
    ),
)
