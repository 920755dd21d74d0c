"""What a rule reports of one of its own cases: the example in its documentation, and its test."""

from collections.abc import Iterable

from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Finding
from pipeline.core.risk.rule import Case, Rule
from pipeline.core.risk.upgrade import Facts, Side, Upgrade

RELEASE, NAMESPACE = "web", "shop"


def upgrade(case: Case) -> Upgrade:
    """The case as an upgrade of the release ``web`` in the namespace ``shop``."""
    before = Side(_manifests(case.before), **case.sides.get("before", {}))
    after = Side(_manifests(case.after), **case.sides.get("after", {}))
    diff = compare(before.manifests, after.manifests)
    return Upgrade(RELEASE, NAMESPACE, before, after, diff, Facts(**case.facts))


def findings(rule: Rule, case: Case, every: Iterable[Rule] = ()) -> tuple[Finding, ...]:
    """What the rule itself reports, judged together with those of ``every`` that the case names."""
    beside = [other for other in every if other.id in case.beside]
    judgement = judge(upgrade(case), [rule, *beside])
    return tuple(finding for finding in judgement.findings if finding.rule == rule.id)


def _manifests(text: str) -> ManifestSet:
    return parse(text, namespace=NAMESPACE, release=RELEASE)
