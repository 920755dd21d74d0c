"""A CRD is added, and none of the roles that work in its API group grants anything on the new kind.

## Why it matters

The controller that came with the CRD cannot read the new custom resources: it logs "forbidden" and does nothing, or
does not become ready. Charts that keep CRDs and roles in different places forget one of them in an upgrade.

## What to do

Grant the controller's role the new resource, with a value of the chart or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import Grant, grants
from pipeline.core.analysis.selection import around
from pipeline.core.crd.case_crds import crd
from pipeline.core.crd.pairs import CrdPair, pairs
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_ROLES = frozenset({"Role", "ClusterRole"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    new = [pair for pair in pairs(upgrade) if pair.before is None and pair.after is not None]
    if not new:
        return
    granted = [grant for role in around(upgrade)[1] if role.kind in _ROLES for grant in grants(role)]
    for pair in new:
        group, plural = pair.definition.group, str(pair.definition.names.get("plural") or "")
        beside = sorted({g.resource.partition("/")[0] for g in granted if g.group == group} - {"*"})
        if beside and not any(_reaches(grant, group, plural) for grant in granted):
            yield _hit(pair, group, plural, beside)


def _reaches(grant: Grant, group: str, plural: str) -> bool:
    """Whether a grant is about the resource or one of its subresources, whatever the verb."""
    return grant.group in ("*", group) and grant.resource.partition("/")[0] in ("*", plural)


def _hit(pair: CrdPair, group: str, plural: str, beside: list[str]) -> Hit:
    return Hit(
        pair.place(),
        title=f"CRD {pair.name} is added, and no role grants {plural} of {group}, only {', '.join(beside[:3])}",
        impact="Its controller cannot read the new custom resources: they do nothing.",
        fix=f"CRD {pair.name}: grant {plural}.{group} to the controller's role.",
        claims=(Claim(pair.id, ("spec", "names")),),
    )


_ROLE = (
    "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
    "rules: [{apiGroups: [%s], resources: [%s], verbs: [get, list, watch]}]\n"
)
RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "the controller's role knows the other kinds of the group alone",
            ("medium", ""),
            after=crd() + _ROLE % ("example.com", "gadgets"),
        ),
        quiet("it is granted", after=crd() + _ROLE % ("example.com", "gadgets, widgets")),
        quiet("everything of the group is granted", after=crd() + _ROLE % ("example.com", '"*"')),
        quiet("nothing here works in the group", after=crd() + _ROLE % ("apps", "deployments")),
        quiet("the CRD existed before", before=crd(), after=crd() + _ROLE % ("example.com", "gadgets")),
    ),
)
