"""What is said of several objects in the same words is one finding, and a waiver of one object does not cover all."""

from datetime import date

from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.judge.waivers import Policy, WaiverRule, judged
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Finding, Waiver
from pipeline.core.risk.upgrade import Side, Upgrade
from pipeline.rules import load

ROLE = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: [{%s}]\n"
RULES = "apiGroups: [''], resources: [pods], verbs: [%s]"
OLD, NEW = RULES % "get", RULES % "get, list"


def judgement(names: str, odd: str = "") -> Judgement:
    before, after = ("".join(ROLE % (name, rules) for name in names) for rules in (OLD, NEW))
    if odd:
        before, after = before + ROLE % (odd, OLD), after + ROLE % (odd, NEW.replace("list", "watch"))
    old, new = (parse(text, namespace="shop") for text in (before, after))
    return judge(Upgrade("web", "shop", Side(old), Side(new), compare(old, new)), load())


def widened(found: Judgement) -> list[Finding]:
    return [finding for finding in found.findings if finding.rule == "rbac-widened"]


def test_the_same_of_several_objects_is_said_once_with_all_of_them() -> None:
    (finding,) = widened(judgement("abcde"))
    assert finding.title == "ClusterRole a gains: list pods (the same for b, c, d and 1 more)"
    assert [place.resource.name for place in finding.also] == ["b", "c", "d", "e"]
    assert not judgement("abcde").unaccounted


def test_something_else_of_another_object_is_another_finding() -> None:
    assert [finding.place.resource.name for finding in widened(judgement("ab", "z"))] == ["a", "z"]


def test_a_waiver_covers_a_finding_where_it_covers_all_its_objects() -> None:
    findings = judgement("ab").findings
    for pattern, held in (("ClusterRole/a", 0), ("ClusterRole/*", 1)):
        waiver = WaiverRule(Waiver("known", "platform", "2999-01-01"), rule="rbac-widened", resource=pattern)
        out = judged(findings, Policy(waivers=(waiver,)), date(2026, 1, 1))
        assert sum(1 for finding in out if finding.waived) == held
