"""SARIF as its schema and GitHub's limits have it, JUnit as Jenkins reads it, and the same facts in every format."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import date
from html import unescape

import cmarkgfm
import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from msgspec.structs import replace

from pipeline import rules
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import RenderFailure
from pipeline.core.judge.report_document import PlaceEntry, ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import under_policies
from pipeline.core.judge.waivers import Policy, WaiverRule
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Waiver
from pipeline.core.risk.upgrade import Side
from pipeline.report import comment, html, junit, markdown, plain, sarif, terminal
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.structured import document, schema
from pipeline.report.structured import render as structured_render
from pipeline.report.verdict_reason import reason
from tests.report.test_formats import big
from tests.support.tools import fetched

OBJECTS = """apiVersion: v1
kind: Service
metadata: {name: %(name)s}
spec: {selector: {app: %(name)s}, ports: [{name: http, port: %(port)d}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: %(name)s}
spec:
  selector: {matchLabels: {app: %(name)s, port: "%(port)d"}}
  template:
    metadata: {labels: {app: %(name)s, port: "%(port)d"}}
    spec: {containers: [{name: web, image: "web:%(port)d", args: ["--port=%(port)d"]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: %(name)s}
data:
  run.sh: |
    #!/bin/sh
    exec serve %(port)d
"""


@pytest.fixture(scope="module")
def everything() -> ReportDocument:
    """Two environments, a render that fails, waivers at work, late and idle, and rules that lack their input."""
    keys = [ReleaseKey(environment, name) for environment in ("prod", "test") for name in ("shop", "web")]

    def snapshot(source: str, port: int, errors: dict[ReleaseKey, RenderFailure]) -> Snapshot:
        sides = {
            key: ReleaseSide(
                "n", Side(parse(OBJECTS % {"name": key.name, "port": port}, namespace="n")), "c", f"1.{port}"
            )
            for key in keys
        }
        return Snapshot(source, sides, errors)

    lost = {
        ReleaseKey("test", "lost"): RenderFailure("lost", "c 2.0", "c/templates/x.yaml", 7, "no such thing", "test")
    }
    built = build(snapshot("old", 80, {}), snapshot("new", 81, lost), rules.load(), Targets())
    waiver = Waiver("agreed with the shop", "ada", "2999-01-01")
    waivers = (
        WaiverRule(waiver, rule="service-port-removed", release="shop", environment="prod", where="pipeline.yaml:9"),
        WaiverRule(Waiver("late", "bob", "2020-01-01"), rule="image-changed", where="pipeline.yaml:10"),
        WaiverRule(waiver, rule="crd-removed", where="pipeline.yaml:11"),
    )
    policies = {name: Policy(waivers=waivers) for name in ("prod", "test")}
    data = document(under_policies(built, policies, None, date(2026, 1, 1)))
    Draft202012Validator(schema()).validate(json.loads(structured_render(data)))
    assert {finding.category for finding in data.findings} >= {"policy", "immutable"}
    assert data.not_evaluated
    assert any(finding.waived for finding in data.findings)
    return data


def shown(markup: str) -> str:
    """What a person reads of a page: its text, in one line."""
    return " ".join(unescape(re.sub(r"<(style|script)>.*?</\1>|<[^>]+>", " ", markup, flags=re.DOTALL)).split())


def faces(data: ReportDocument) -> dict[str, str]:
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    rendered = {"comment": comment.render(data), "summary": comment.summary(data), "markdown": markdown.render(data)}
    found = {name: shown(cmarkgfm.github_flavored_markdown_to_html(text, options)) for name, text in rendered.items()}
    return found | {"html": shown(html.render(data)), "terminal": " ".join(terminal.render(data).split())}


def close(text: str) -> str:
    """Without the blanks that markup puts between words."""
    return re.sub(r"\s", "", text)


def test_every_text_format_states_the_same_facts(everything: ReportDocument) -> None:
    for name, text in faces(everything).items():
        whole = close(text)
        assert close(reason(everything)) in whole, name
        assert close(plain.tally(everything)) in whole, name
        assert close(plain.extent(everything)) in whole, name
        assert "c/templates/x.yaml:7" in text, name
        assert "no such thing" in text, name
        for finding in everything.findings:
            facts = [finding.title]
            if finding.severity != "info" and not finding.waived:
                facts += [
                    finding.rule,
                    finding.impact,
                    fix(finding).partition(": ")[2],
                    plain.home(everything, finding),
                ]
                facts += [plain.resource(finding.resource), *finding.evidence[:3]]
            if finding.waived:
                facts = [finding.rule, finding.waived.reason]
            assert [fact for fact in facts if close(fact) not in whole] == [], (name, finding.rule)
        for step in steps_before_merging(everything):
            assert close(step.text) in whole, name
        for change in everything.changes:
            assert close(plain.resource(change.resource)) in whole, name
        assert "serve 81" in text, name
        assert re.search(r"(?i)not evaluated", text), name


def test_the_parts_come_in_one_order(everything: ReportDocument) -> None:
    for name, text in faces(everything).items():
        low = text.lower()
        verdict, steps = low.index("failed"), low.index("before merging")
        told = sum(len(step.text) for step in steps_before_merging(everything))
        finding = low.index("selector", steps + len("before merging") + told)
        diff = low.rindex("serve 81")
        assert verdict < steps < finding < diff, name
    for name, text in {"comment": comment.render(everything), "markdown": markdown.render(everything)}.items():
        assert text.startswith("## "), name
        assert "<details><summary>Changes of" in text, name
        assert text.rindex("serve 81") > text.index("<details><summary>Changes of"), name
    assert html.render(everything).count('<details class="change" data-kind=') >= 4


def test_sarif_is_as_its_schema_says(everything: ReportDocument) -> None:
    wanted = json.loads(fetched("sarif-2.1.0.json"))
    check = validator_for(wanted)(wanted)
    for data in (everything, big(3, 3), replace(everything, findings=(), errors=(), not_evaluated=())):
        made = json.loads(sarif.render(data))
        assert [f"{list(error.absolute_path)}: {error.message}" for error in check.iter_errors(made)] == []
        (run,) = made["runs"]
        assert len(run["results"]) == len(data.findings)
        rule_ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(rule_ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    wrong = json.loads(sarif.render(everything))
    wrong["runs"][0]["results"][0]["level"] = "blocker"
    assert list(check.iter_errors(wrong))


def test_sarif_keeps_within_what_github_takes(everything: ReportDocument) -> None:
    finding = next(finding for finding in everything.findings if finding.severity != "info")
    also = tuple(PlaceEntry(finding.resource, ("spec", n)) for n in range(1_500))
    many = [replace(finding, fingerprint=f"{n:012x}", also=() if n else also) for n in range(6_000)]
    text = sarif.render(replace(everything, findings=tuple(many)))
    (run,) = json.loads(text)["runs"]
    assert len(run["results"]) == 5_000
    assert "1000 findings are missing" in json.dumps(run["invocations"])
    for result in run["results"]:
        assert len(result["locations"]) + len(result.get("relatedLocations", ())) <= 100
        assert len({json.dumps(result["partialFingerprints"])}) == 1
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 10
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert 0 <= float(rule["properties"]["security-severity"]) <= 10
    import gzip

    assert len(gzip.compress(text.encode())) < 10_000_000


# Jenkins's junit-10.xsd: what an element may have, what it must, and what may stand in it.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
        {"name", "tests", "failures", "errors"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name", "classname", "time", "group"}, {"name"}, {"skipped", "error", "failure", "system-out"}),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "skipped": ({"type", "message"}, set(), set()),
    "system-out": (set(), set(), set()),
}


def test_junit_is_as_jenkins_reads_it(everything: ReportDocument) -> None:
    root = ET.fromstring(junit.render(everything))
    for element in root.iter():
        may, must, inside = JUNIT[element.tag]
        assert must <= set(element.attrib) <= may, element.tag
        assert {child.tag for child in element} <= inside, element.tag
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[count]) == len(suite.findall(f"testcase/{tag}")), (suite.attrib, tag)
    said = "".join(root.itertext()) + " ".join(v for e in root.iter() for v in e.attrib.values())
    for finding in everything.findings:
        assert finding.waived or finding.title in said
        assert finding.rule in said
    assert [suite.attrib["name"] for suite in root][-2:] == ["policy", "not evaluated"]
