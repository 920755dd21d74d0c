"""Every face of a report: hostile text stays text, budgets hold, shards merge to the same bytes."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import cmarkgfm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from pipeline import rules
from pipeline.core.config.shards import parse_shard, shared_out
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.merge_reports import merge
from pipeline.core.judge.report_document import ErrorEntry, ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import under_policies, with_verdict
from pipeline.core.judge.waivers import Policy
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.writer import dump
from pipeline.report import comment, html, junit, markdown, sarif, shapes, terminal
from pipeline.report.structured import document, schema
from pipeline.report.structured import render as dump_report

HOSTILE = [
    "\x1b[2J\x1b]0;x\x07",
    "@octocat #1 GH-12 octo/repo#3 a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    "``` </details><img src=x onerror=alert(1)><script>alert(1)</script>",
    "`" * 70_000,
    "| a | b |\n|---|---|",
    "</code></pre></summary></td></table><b>",
    "::error::x\n##[error]y\n::stop-commands::z",
    "\u202e\u200b\ufeff evil",
    "]]>--><!-- -->",
    "[a](javascript:alert(1)) http://e.vil www.e.vil mail@e.vil",
    ":tada: $x^2$ ~~a~~ **b** _c_",
    "\ud800 half",
]
FORMATS: dict[str, Callable[[ReportDocument], str]] = {
    "comment": comment.render,
    "summary": comment.summary,
    "html": html.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "terminal": terminal.render,
    "markdown": markdown.render,
}
TAGS = {"h2", "h3", "p", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "ol", "ul", "li"}
TAGS |= {"details", "summary", "b", "sub", "em", "hr"}


def side(text: str, name: str = "web") -> ReleaseSide:
    return ReleaseSide("shop", Side(parse(text, namespace="shop")), name, "1.0.0")


def objects(text: str, port: int) -> str:
    name = text.encode("utf-8", "replace").decode()
    service = {"kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": port, "name": name}]}}
    script = f"#!/bin/sh\n{name} {port}\n{name}\n  {name}\n\nexit {port}\n"
    texts = {name[:99]: f"{name} {port}", "script": script}
    data = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": texts}
    return "---\n".join(dump({"apiVersion": "v1"} | body) for body in (service, data))


def report(text: str) -> ReportDocument:
    key = ReleaseKey("", "web")
    old, new = (Snapshot(text, {key: side(objects(text, port))}) for port in (80, 81))
    return document(with_verdict(build(old, new, rules.load(), Targets()), Severity.BLOCKER))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(name: str, text: str) -> None:
    out = FORMATS[name](report(text))
    out.encode()
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e\u200b]", out)
    if name in ("comment", "summary", "markdown"):
        inert(cmarkgfm.github_flavored_markdown_to_html(out, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))
    if name == "html":
        assert out.count("<script>") == 1
        assert "<img" not in out
        assert "onerror=alert" not in re.sub(
            r"<code>.*?</code>|<summary>.*?</summary>|<td.*?</td>|<dd>.*?</dd>|<title>.*?</title>|<li>.*?</li>"
            r"|<p class=\"meaning\">.*?</p>|<pre.*?</pre>",
            "",
            out,
            flags=re.DOTALL,
        )
    if name == "junit":
        ET.fromstring(out)
    if name == "sarif":
        assert json.loads(out)["runs"][0]["results"]


@settings(max_examples=300)
@given(
    st.text(
        st.sampled_from("ab1 `|\\<>&@#_*[]()!:/.-~$\n\"'\u202e\x1b") | st.characters(exclude_categories=["Cs"]),
        max_size=60,
    )
)
def test_no_text_leaves_its_shape(text: str) -> None:
    parts = [
        f"- {shapes.code(text)}\n- {shapes.prose(text)}",
        shapes.block(text, "diff"),
        shapes.table(("a",), ((shapes.raw(text),),)),
        shapes.details(shapes.raw(text), shapes.block(text)),
    ]
    inert(cmarkgfm.github_flavored_markdown_to_html("\n\n".join(parts), cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))


def inert(found: str) -> None:
    """Only tags that we write, no attribute that leads anywhere, and no word with a meaning outside of code."""
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)", found)}
    assert tags <= TAGS, tags - TAGS
    outside = re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", found, flags=re.DOTALL)
    assert not re.search(r"@[a-z]|href=|src=|onerror|javascript:", outside)


def test_the_report_is_as_its_schema_says() -> None:
    Draft202012Validator(schema()).validate(json.loads(dump_report(report("web"))))


def big(releases: int, size: int) -> ReportDocument:
    """An upgrade of many releases, each with a removed port, a new image and large texts that change."""
    text = "\n".join(f"line {n} of a large text" for n in range(size))

    def snapshot(source: str, port: int) -> Snapshot:
        found = {}
        for number in range(releases):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"t": f"{text} {port}"}}
            found[ReleaseKey("prod", f"r{number}")] = side(f"{objects('web', port)}---\n{dump(body)}", f"chart{number}")
        return Snapshot(source, found)

    built = build(snapshot("old", 80), snapshot("new", 81), rules.load(), Targets({"prod": "1.34"}))
    return document(
        under_policies(built, {"prod": Policy(Severity.HIGH)}, None, __import__("datetime").date(2026, 1, 1))
    )


def test_a_large_upgrade_fits_one_comment_with_all_that_blocks() -> None:
    data = blocking(big(40, 4000))
    assert len(dump_report(data)) > 5_000_000
    out = comment.render(data)
    assert shapes.units(out) <= comment.COMMENT_UNITS
    assert out.startswith("## 🔴 Blocked")
    assert out.count("<b>blocker</b>") + out.count("🔴 `service-port-removed`") == 40
    assert all(f"`prod/r{number}`" in out for number in range(40))
    inert(cmarkgfm.github_flavored_markdown_to_html(out, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))


def blocking(data: ReportDocument) -> ReportDocument:
    """With each removed port a blocker."""
    findings = tuple(
        replace(finding, severity="blocker") if finding.rule == "service-port-removed" else finding
        for finding in data.findings
    )
    return replace(data, findings=findings)


@pytest.mark.parametrize("length", [300, 5_000, 70_000])
def test_names_of_any_length_leave_the_comment_within_its_budget(length: int) -> None:
    name = "w`|@" * (length // 4)
    data = report(name)
    data = replace(
        data,
        releases=tuple(replace(data.releases[0], name=f"{number}{name}") for number in range(60)),
        errors=(ErrorEntry(name, name, name, 1, name),) * 9,
        compared=replace(data.compared, old=name, new=name),
    )
    out = comment.render(data)
    assert shapes.units(out) <= comment.COMMENT_UNITS
    inert(cmarkgfm.github_flavored_markdown_to_html(out, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))


def test_a_tight_budget_drops_the_least_first_and_says_so() -> None:
    data = big(10, 10)
    out = comment.render(data, 4_500)
    assert shapes.units(out) <= 4_500
    assert "did not fit here" in out
    assert "## 🔴 Blocked" in out


def test_shards_merge_to_the_bytes_of_one_run() -> None:
    old, new = (
        Snapshot(
            source,
            {ReleaseKey(f"e{n % 3}", f"r{n}"): side(objects(f"web{n}", port if n % 5 else 80)) for n in range(1000)},
        )
        for source, port in (("old", 80), ("new", 81))
    )
    targets, loaded = Targets({f"e{n}": f"1.3{n}" for n in range(3)}), rules.load()
    costs = dict.fromkeys(old.releases, 1)
    today = __import__("datetime").date(2026, 1, 1)
    policies = {f"e{n}": Policy() for n in range(3)}

    def run(only: frozenset[ReleaseKey] | None) -> ReportDocument:
        return document(under_policies(build(old, new, loaded, targets, only=only), policies, None, today))

    whole = run(None)
    parts = [run(frozenset(group)) for group in shared_out(costs, 8)]
    assert all(part.releases for part in parts)
    assert dump_report(merge(parts)) == dump_report(merge(parts[::-1])) == dump_report(whole)


def test_shards_are_of_equal_cost() -> None:
    groups = shared_out({f"r{n}": n for n in range(100)}, 7)
    totals = [sum(int(key[1:]) for key in group) for group in groups]
    assert max(totals) - min(totals) <= 20
    assert sorted(key for group in groups for key in group) == sorted(f"r{n}" for n in range(100))
    assert parse_shard("2/8") == (2, 8)
