"""What a policy does to findings: severities by rule, category and object; waivers by version; what stays high."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import pipeline
from pipeline import rules
from pipeline.core.config.read import read
from pipeline.core.errors import ConfigError
from pipeline.core.judge.report import ReleaseReport, Report
from pipeline.core.judge.verdict import under_policies
from pipeline.core.judge.waivers import REFUSED_RULES, Policy, judged
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity
from pipeline.report.policy_text import policy_text

TODAY = date(2027, 1, 1)
WAIVER = "{id: W-1, rule: a-rule, from: 4.13.*, to: 4.14.*, reason: agreed with the team, owner: ada, expires: %s}"


def policy(text: str, environment: str = "default", environments: str = "{default: {}}") -> Policy:
    rules = ("a-rule", "category:mesh", "category:image")
    config = read(f"releases: []\nenvironments: {environments}\npolicy: {text}\n", rule_ids=rules)
    return config.environments[environment].policy


def finding(category: str = "mesh", kind: str = "Service", severity: Severity = Severity.MEDIUM) -> Finding:
    place = Place(ResourceRef("", "v1", kind, "shop", "web"))
    return Finding("a-rule", category, severity, Confidence.PROVEN, "web", place, "t", "w", "r")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", Severity.MEDIUM),
        ("{overrides: {category:mesh: high}}", Severity.HIGH),
        ("{overrides: {category:image: high}}", Severity.MEDIUM),
        ("{overrides: {category:mesh: high, a-rule: low}}", Severity.LOW),
        ('{severities: [{resource: "Service/shop/*", severity: info}]}', Severity.INFO),
        ('{severities: [{resource: "Deployment/*", severity: info}]}', Severity.MEDIUM),
        ("{severities: [{category: mesh, severity: info}, {rule: a-rule, severity: high}]}", Severity.HIGH),
        ("{overrides: {a-rule: low}, severities: [{release: web, severity: high}]}", Severity.HIGH),
        ("{overrides: {a-rule: low}, severities: [{release: api, severity: high}]}", Severity.LOW),
    ],
)
def test_the_narrowest_severity_counts(text: str, expected: Severity) -> None:
    (found,) = judged((finding(),), policy(text), TODAY)
    assert found.severity is expected


def test_profiles_nest() -> None:
    text = (
        "{failOn: high, overrides: {a-rule: high}, profiles: {base: {failOn: blocker, overrides: {category:mesh: low}},"
        " dev: {extends: base, overrides: {a-rule: info}}}}"
    )
    dev = policy(text, "dev", "{dev: {policy: dev}, prod: {}}")
    prod = policy(text, "prod", "{dev: {policy: dev}, prod: {}}")
    assert (dev.profiles, dev.fail_on) == (("base", "dev"), Severity.BLOCKER)
    assert dev.overrides == {"a-rule": Severity.INFO, "category:mesh": Severity.LOW}
    assert (prod.profiles, prod.fail_on, prod.overrides) == ((), Severity.HIGH, {"a-rule": Severity.HIGH})
    assert "dev (profile dev extends base)" in policy_text({"dev": dev}, TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{profiles: {a: {extends: b}, b: {extends: a}}}", "extends itself"),
        ("{profiles: {a: {extends: a}}}", "extends itself"),
        ("{profiles: {a: {extends: c}}}", "extends: "),
        ("{overrides: {category:mash: low}}", "category"),
        ("{severities: [{category: mash, severity: low}]}", "category"),
        (f"{{waivers: [{WAIVER % '2027-02-01'}, {WAIVER % '2027-02-01'}]}}", "the id of two waivers"),
    ],
)
def test_what_nothing_can_mean_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        policy(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("versions", "expires", "waived", "said"),
    [
        (("4.13.2", "4.14.0"), "2027-02-01", True, []),
        (("4.14.0", "4.15.0"), "2027-02-01", False, ["waiver-stale"]),
        (("4.13.2", "4.14.0"), "2027-01-01", False, ["waiver-expired"]),
    ],
)
def test_a_waiver_holds_for_its_versions_and_until_its_day(
    versions: tuple[str, str], expires: str, *, waived: bool, said: list[str]
) -> None:
    own = policy(f"{{waivers: [{WAIVER % expires}]}}")
    found, *more = judged((finding(),), own, TODAY, {"web": versions})
    assert (found.waived is not None, [one.rule for one in more]) == (waived, said)


@pytest.mark.parametrize(
    ("name", "category", "text", "severity"),
    [
        ("a-rule", "immutable", "{overrides: {a-rule: off}}", Severity.HIGH),
        ("a-rule", "immutable", "{severities: [{resource: Service/*, severity: info}]}", Severity.HIGH),
        ("crd-instance-invalid", "crd", "{severities: [{resource: Service/*, severity: info}]}", Severity.HIGH),
        ("a-rule", "crd", "{overrides: {a-rule: low}}", Severity.LOW),
    ],
)
def test_no_severity_has_the_server_accept_what_it_refuses(
    name: str, category: str, text: str, severity: Severity
) -> None:
    refused = replace(finding(category, severity=Severity.BLOCKER), rule=name)
    (found,) = judged((refused,), policy(text), TODAY)
    assert found.severity is severity
    assert bool(found.evidence) is (severity is Severity.HIGH)


def test_the_rules_that_speak_of_refusals_exist() -> None:
    assert {one.id for one in rules.load()} >= REFUSED_RULES


@pytest.mark.parametrize(("category", "severity"), [("immutable", Severity.HIGH), ("data-loss", Severity.BLOCKER)])
def test_what_the_server_refuses_is_lowered_to_high_and_counts(category: str, severity: Severity) -> None:
    own = policy("{waivers: [{rule: a-rule, reason: agreed with the team, owner: ada, expires: 2027-02-01}]}")
    (found,) = judged((finding(category, severity=Severity.BLOCKER),), own, TODAY)
    assert found.severity is severity
    assert (found.waived is None) is (category == "immutable")


@pytest.mark.parametrize(
    ("environments", "said"),
    [({"dev": True, "prod": False}, []), ({"dev": False}, ["waiver-unused"]), ({"other": False}, [])],
)
def test_a_waiver_is_unused_where_no_environment_needs_it(environments: dict[str, bool], said: list[str]) -> None:
    text = (
        "{waivers: [{rule: a-rule, environment: dev, reason: agreed with the team, owner: ada, expires: 2027-02-01}]}"
    )
    own = policy(text)
    releases = tuple(ReleaseReport("web", name, "shop") for name in environments)
    findings = tuple(replace(finding(), environment=name) for name, needs in environments.items() if needs)
    report = Report("old", "new", "", "", releases=releases, findings=findings)
    found = under_policies(report, dict.fromkeys(environments, own), None, TODAY)
    assert [one.rule for one in found.findings if one.category == "policy"] == said


def test_rules_are_told_what_the_environment_says() -> None:
    text = (
        "{options: {replicas-changed: {minimum: 2}, mesh-version-skew: {minors: 2}},"
        " profiles: {dev: {options: {replicas-changed: {minimum: 0}}}}}"
    )
    environments = "{dev: {policy: dev}, prod: {}}"
    dev, prod = policy(text, "dev", environments), policy(text, "prod", environments)
    assert dev.options == {"replicas-changed": {"minimum": 0}, "mesh-version-skew": {"minors": 2}}
    assert prod.options == {"replicas-changed": {"minimum": 2}, "mesh-version-skew": {"minors": 2}}
    assert "replicas-changed has minimum: 0    pipeline.yaml:3 (profile dev)" in policy_text({"dev": dev}, TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{options: {replicas-changed: {minimum: two}}}", "minimum: a whole number is expected"),
        ("{options: {replicas-changed: {maximum: 2}}}", "unknown key 'maximum'"),
        ("{options: {replicas: {minimum: 2}}}", "unknown key 'replicas'"),
        ("{options: {image-registry-unlisted: {registries: [https://quay.io]}}}", "'https://quay.io' will not do"),
    ],
)
def test_an_option_has_a_name_and_a_type(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"pipeline\.yaml:3:") as error:
        policy(text)
    assert message in str(error.value)


def test_the_schema_lists_the_options_of_the_rules() -> None:
    schema = json.loads((Path(pipeline.__file__).parent / "data" / "pipeline.schema.json").read_text())
    listed = {
        (rule, option) for rule, one in schema["$defs"]["options"]["properties"].items() for option in one["properties"]
    }
    known = {(one.rule, one.name): rule.id for rule in rules.load() for one in rule.options}
    assert listed == known.keys()
    assert all(rule == at for (rule, _), at in known.items())
