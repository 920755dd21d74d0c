"""pipeline.yaml: what it means, and that everything wrong with it is said at once, with place and cure."""

import re
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from pipeline.core.config.read import read, schema
from pipeline.core.errors import ConfigError, UsageError
from pipeline.core.judge.waivers import judged
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity

FULL = """\
repositories:
  prometheus-community: {url: "https://charts.example.org/prometheus/", usernameEnv: U, passwordEnv: P}
environments:
  prod:
    kubeVersion: "1.34"
    apiVersions: [monitoring.coreos.com/v1]
    cluster: {context: prod-eu, uid: 5f0c}
    policy: strict
  dev: {kubeVersion: v1.35.2}
releases:
  - name: cert-manager
    chart: ./charts/own
    namespace: cert-manager
  - name: monitoring
    chart: prometheus-community/kube-prometheus-stack
    version: ^72.9
    namespace: monitoring
    environments: [prod]
    needs: [cert-manager]
    values: [values/extra.yaml]
groups: {all: [cert-manager, monitoring]}
policy:
  failOn: high
  overrides: {crd-removed: low}
  profiles: {strict: {failOn: medium, overrides: {resource-removed: "off"}}}
  waivers:
    - rule: crd-removed
      release: monitoring
      resource: Custom*/x*
      reason: agreed with the team
      owner: ada
      expires: 2026-12-31
secrets: {rendered: omit}
render: {volatile: allow}
helm: {engine: cli, version: ">=4.1"}
"""
RULES = ("crd-removed", "resource-removed")
HEAD = "releases:\n  - {name: a, chart: ./a, namespace: x}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, rule_ids=RULES)
    return str(caught.value).splitlines()


def test_everything_that_may_be_said_is_understood() -> None:
    config = read(FULL, rule_ids=RULES)
    prod, dev = config.environments.values()
    assert (prod.full_kube_version, dev.full_kube_version) == ("1.34.0", "1.35.2")
    assert prod.cluster is not None
    assert (prod.cluster.context, prod.cluster.uid) == ("prod-eu", "5f0c")
    assert (prod.policy.fail_on, dev.policy.fail_on) == (Severity.MEDIUM, Severity.HIGH)
    assert prod.policy.overrides == {"crd-removed": Severity.LOW, "resource-removed": Severity.OFF}
    assert [(e.name, r.name) for e, r in config.pairs()] == [
        ("prod", "cert-manager"),
        ("prod", "monitoring"),
        ("dev", "cert-manager"),
    ]
    monitoring = config.releases[1]
    assert monitoring.value_files("prod") == (
        "values/monitoring/common.yaml",
        "values/extra.yaml",
        "values/monitoring/prod.yaml",
    )
    assert config.repositories["prometheus-community"].url == "https://charts.example.org/prometheus"
    assert (config.secrets, config.volatile, config.helm_engine, config.helm_version) == (
        "omit",
        "allow",
        "cli",
        ">=4.1",
    )


def test_a_release_with_a_chart_and_a_namespace_needs_nothing_else() -> None:
    config = read(HEAD)
    assert [(e.name, r.name, e.full_kube_version) for e, r in config.pairs()] == [("default", "a", "1.35.0")]
    assert (config.secrets, config.volatile, config.helm_engine) == ("refuse", "freeze", "auto")


def test_all_problems_come_at_once_each_with_its_place() -> None:
    text = """\
enviroments: {}
releases:
  - name: Bad_Name
    chart: ./a
    namespace: x
    versoin: 1.0.0
  - {name: b}
secrets: {rendered: refuze}
helm: {version: 4}
"""
    assert problems(text) == [
        "pipeline.yaml:1:1: unknown key 'enviroments'; did you mean 'environments'?",
        (
            "pipeline.yaml:3:5: name: 'Bad_Name' will not do: "
            "a release's name as Helm takes it: a DNS label of at most 53 characters"
        ),
        "pipeline.yaml:6:5: unknown key 'versoin'; did you mean 'version'?",
        "pipeline.yaml:7:5: 'chart' is missing",
        "pipeline.yaml:7:5: 'namespace' is missing",
        "pipeline.yaml:8:11: rendered: 'refuze' is unknown; did you mean 'refuse'?",
        "pipeline.yaml:9:8: version: text is expected, not 4 (put quotes around it?)",
    ]


def test_what_the_schema_cannot_say_is_said_too() -> None:
    text = """\
repositories: {jetstack: {url: "https://charts.example.org"}}
environments: {prod: {policy: strikt}}
releases:
  - {name: a, chart: jetstak/x, namespace: x, needs: [b], environments: [prd]}
  - {name: b, chart: ./b, namespace: x, needs: [a, c], version: soon}
  - {name: b, chart: ../b, namespace: x, needs: [a], values: [../../secret.yaml]}
groups: {g: [z]}
policy:
  profiles: {strict: {}}
  overrides: {crd-remove: low}
  waivers: [{rule: crd-removed, reason: because it is so, owner: me, expires: 2026-02-30}]
"""
    found = problems(text)
    for words in (
        "2:23: policy: there is no profile 'strikt'; did you mean 'strict'?",
        "there is no repository 'jetstak'; did you mean 'jetstack'?",
        "4:74: environments: there is no environment 'prd'; did you mean 'prod'?",
        ": needs: a circle: a -> b -> a",
        ": needs: there is no release 'c'",
        "version:",
        "release 'b' is declared twice",
        "chart '../b' is outside this repository",
        "'../../secret.yaml' is outside this repository",
        "group g: there is no release 'z'",
        "there is no rule 'crd-remove'; did you mean 'crd-removed'?",
        "expires: '2026-02-30' is not a date",
    ):
        assert any(words in line for line in found), (words, found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a map"),
        ("- a", "expected a map"),
        ("releases: [", "pipeline.yaml:"),
        (f"{HEAD}---\na: b\n", "expected one document"),
        (f"{HEAD}helm: {{}}\nhelm: {{}}\n", "'helm' appears twice"),
        ("releases: {}\n", "a list is expected, not a map"),
        ("releases:\n", "a list is expected, not nothing"),
        (f"{HEAD}environments: {{PROD: {{}}}}\n", "'PROD' will not do"),
        (f"{HEAD}repositories: {{a: {{url: 'https://user:pw@host'}}}}\n", "url"),
        (
            f"{HEAD}policy: {{waivers: [{{reason: long enough to read, owner: me, expires: '2026-01-01'}}]}}\n",
            "'rule' or",
        ),
    ],
)
def test_each_mistake_is_named(text: str, words: str) -> None:
    assert any(words in line for line in problems(text)), problems(text)


def test_asking_for_what_is_not_there_says_what_is() -> None:
    with pytest.raises(UsageError, match=r"(?s)no release 'x'.*cert-manager, monitoring"):
        read(FULL).pairs((), ("x",))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def finding(rule: str, name: str, severity: Severity = Severity.BLOCKER) -> Finding:
    ref = ResourceRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", name)
    return Finding(rule, "crd", severity, Confidence.PROVEN, "monitoring", Place(ref), "t", "w", "r", fingerprint="f")


def test_a_waiver_covers_what_it_says_until_it_expires() -> None:
    policy = read(FULL, rule_ids=RULES).environments["dev"].policy
    covered, other = judged(
        (finding("crd-removed", "x.io"), finding("crd-removed", "y.io")), policy, date(2026, 12, 30)
    )
    assert covered.waived is not None
    assert (covered.waived.owner, covered.severity, other.waived) == ("ada", Severity.LOW, None)
    late = judged((finding("crd-removed", "x.io"),), policy, date(2026, 12, 31))
    assert [(f.rule, f.waived) for f in late] == [("crd-removed", None), ("waiver-expired", None)]
    assert not judged((), policy, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("value", "shown"), [("[a]", "['a'] is unknown"), ("{}", "{} is unknown"), ("1", "1 is unknown"), ("on", "true is")]
)
def test_a_value_of_any_type_where_a_word_belongs_is_shown_as_it_stands(value: str, shown: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(shown)):
        read(f"releases: []\nsecrets: {{rendered: {value}}}\n")


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        ("file:///tmp/charts/web", "chart 'file:///tmp/charts/web': no chart is fetched by file://"),
        ("s3://bucket/web", "no chart is fetched by s3://"),
        ("ssh://git:hush@host/repo.git", "no chart is fetched by ssh://"),
    ],
)
def test_an_address_that_nothing_is_fetched_by_is_named_without_its_password(chart: str, words: str) -> None:
    (told,) = problems(f"releases: [{{name: a, chart: '{chart}', namespace: x}}]\n")
    assert words in told
    assert "hush" not in told


def test_the_url_of_an_index_is_not_that_of_its_repository() -> None:
    text = "repositories: {{shop: {{url: 'https://charts.example.org/index.yaml{}'}}}}\nreleases: []\n"
    for query in ("", "?sig=1"):
        (told,) = problems(text.format(query))
        assert "leave /index.yaml out" in told
