"""Judges a case of a rule as an upgrade of the release ``web`` in the namespace ``shop``."""

from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Finding
from pipeline.core.risk.rule import Case, Rule
from pipeline.core.risk.upgrade import Facts, Side, Upgrade


def manifests(text: str) -> ManifestSet:
    return parse(text, namespace="shop", release="web")


def upgrade(case: Case) -> Upgrade:
    before = Side(manifests(case.before), **case.sides.get("before", {}))
    after = Side(manifests(case.after), **case.sides.get("after", {}))
    diff = compare(before.manifests, after.manifests)
    return Upgrade("web", "shop", before, after, diff, Facts(**case.facts))


def findings(rule: Rule, case: Case, rules: tuple[Rule, ...] = ()) -> tuple[Finding, ...]:
    """What the rule itself reports of a case, judged beside those of ``rules`` that the case names."""
    beside = [other for other in rules if other.id in case.beside]
    found = judge(upgrade(case), [rule, *beside])
    return tuple(finding for finding in found.findings if finding.rule == rule.id)
