"""Every rule file proves itself: its cases hold, its doc is whole, and what it says is short."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline import rules
from pipeline.core.diff.change import Diff
from pipeline.core.judge.case_findings import upgrade
from pipeline.core.judge.judge import claimed, judge
from pipeline.core.kube.path import to_text
from pipeline.core.risk.rule import Case, Rule

RULES = rules.load()
CASES = [pytest.param(rule, case, id=f"{rule.id}: {case.title}") for rule in RULES for case in rule.cases]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_case_holds(rule: Rule, case: Case) -> None:
    beside = [other for other in RULES if other.id in case.beside]
    found = judge(upgrade(case), [rule, *beside])
    assert not found.not_evaluated or not case.expect
    own = [finding for finding in found.findings if finding.rule == rule.id]
    assert tuple((f.severity.label, to_text(f.place.path)) for f in own) == case.expect
    assert len(beside) == len(case.beside)
    for finding in own:  # short enough for two in the morning
        assert all((finding.title, finding.impact, finding.fix))
        assert all("\n" not in line for line in (finding.title, finding.impact, finding.fix))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_documented_and_tried_both_ways(rule: Rule) -> None:
    assert rule.doc is not None
    assert "## Why it matters" in rule.doc
    assert "## What to do" in rule.doc
    assert {bool(case.expect) for case in rule.cases} == {True, False}
    assert [rule.each, rule.whole, rule.last].count(None) == 2


def test_a_rule_that_compares_says_nothing_where_no_object_differs() -> None:
    """Which is why it is not asked then: tried here with all objects of every case of such a rule, on both sides."""
    comparing = [rule for rule in RULES if rule.compares]
    assert comparing
    for tried in (upgrade(case) for rule in comparing for case in rule.cases):
        facts = replace(tried.facts, repository_before=tried.facts.repository_after)
        still = replace(tried, before=tried.after, facts=facts, diff=Diff())
        assert not judge(still, comparing).findings


@pytest.mark.slow  # each case before every rule: 3 s
def test_no_two_rules_explain_one_path_unless_one_names_the_other() -> None:
    shares = {rule.id: frozenset(rule.shares) for rule in RULES}
    assert frozenset[str]().union(*shares.values()) <= shares.keys()
    twice = [
        f"{rule.id} and {other.id} both explain {kind} {path}: improve the older one, or name it in `shares`"
        for rule in RULES
        for case in rule.cases
        for other, kind, path in also_explained(rule, case)
        if other.id not in shares[rule.id] and rule.id not in shares[other.id]
    ]
    assert not twice, "\n".join(sorted(set(twice)))


def also_explained(rule: Rule, case: Case) -> Iterator[tuple[Rule, str, str]]:
    """The paths of the case that its own rule explains and another does as well, with that rule."""
    tried = upgrade(case)
    own = claimed(rule, tried) if case.expect else {}
    for other in RULES if any(own.values()) else ():
        theirs = {} if other.id == rule.id else claimed(other, tried)
        for rid, paths in theirs.items():
            yield from ((other, rid.kind, to_text(path)) for path in sorted(paths & own.get(rid, frozenset()), key=str))
