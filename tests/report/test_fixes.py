"""A fix names its objects first, once, in every format and for every case of every rule."""

import re
from collections.abc import Callable
from html import unescape

import msgspec
import pytest

from pipeline import rules
from pipeline.core.judge.report_document import FindingEntry, ReportDocument, ResourceEntry
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule
from pipeline.report import annotations, comment, html, junit, markdown, plain, sarif, terminal
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.structured import entry
from tests.report.test_views import SERVICE, report
from tests.support import texts

EVERY = rules.load()
FORMATS: dict[str, Callable[[ReportDocument], str]] = {
    "terminal": terminal.render,
    "markdown": markdown.render,
    "comment": comment.render,
    "html": html.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "annotations": lambda data: annotations.render(data, {}),
}


def serious(rule: Rule) -> list[FindingEntry]:
    """What the rule's cases report, each different fix once, as findings that every format shows in full."""
    shown = (one for _, _, one in texts.rule_findings(rule, EVERY) if one.severity is not Severity.OFF)
    found = map(entry, shown)
    every = {fix(one): msgspec.structs.replace(one, severity="high", release="web") for one in found}
    return list(every.values())[:9]


def read(text: str) -> str:
    """What a reader sees, without blanks and marks of code."""
    text = text.encode().decode("unicode_escape") if text.startswith("{") else text
    return re.sub(r"[\s`]|<[^<>]*>", "", unescape(text)).replace("%25", "%")


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
def test_every_format_names_the_object_first(rule: Rule) -> None:
    findings = serious(rule)
    data = msgspec.structs.replace(report(SERVICE % ("a", 80), SERVICE % ("a", 80)), findings=tuple(findings))
    for one in findings:
        text = fix(one)
        own = (
            plain.resource(one.resource)
            .replace("CustomResourceDefinition ", "CRD ")
            .replace("chart's Chart.yaml", "chart")
        )
        assert text.startswith(("Nothing", "values/", f"{own}: ")), text
        after = text.partition(": ")[2]
        assert not after.lower().startswith(f"{one.resource.kind} {one.resource.name}: ".lower()), text
    for name, render in FORMATS.items():
        said = read(render(data))
        assert [text for text in map(fix, findings) if read(text) not in said] == [], name
        if name in ("terminal", "markdown", "comment", "html"):
            assert [step for step in steps_before_merging(data) if read(step.text) not in said] == [], name


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Keep the old port.", "Service", "Service shop/web: keep the old port."),
        ("Service web: keep the old port.", "Service", "Service shop/web: keep the old port."),
        ("service Web: keep the old port.", "Service", "Service shop/web: keep the old port."),
        (
            "CRD web: render its Service.",
            "CustomResourceDefinition",
            "CRD web: render its Service.",
        ),
        ("Helm needs --take-ownership once.", "Service", "Service shop/web: Helm needs --take-ownership once."),
        ("Service website: keep it.", "Service", "Service shop/web: Service website: keep it."),
        ("Nothing to do.", "Service", "Nothing to do."),
    ],
)
def test_the_object_is_named_once(text: str, kind: str, said: str) -> None:
    own = ResourceEntry("", "v1", kind, "web", "shop")
    found = next(one for rule in EVERY for one in serious(rule))
    assert fix(msgspec.structs.replace(found, resource=own, also=(), fix=text)) == said


def test_findings_that_share_a_fix_share_its_line() -> None:
    found = next(one for rule in EVERY for one in serious(rule))
    every = [
        msgspec.structs.replace(
            found, resource=ResourceEntry("", "v1", "Service", name, "shop"), also=(), fix="Keep it."
        )
        for name in "abcde"
    ]
    assert fix(*every) == "Service shop/a, Service shop/b, Service shop/c and 2 more objects: keep it."
