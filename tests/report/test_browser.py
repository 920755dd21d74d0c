"""The HTML report in a real browser, at phone and desktop width: readable, searchable, printable, and nothing else."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline.core.judge.report import Verdict
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.risk.levels import LEVELS
from pipeline.report import comment, html
from pipeline.report.fixes import steps_before_merging
from pipeline.report.plain import anchor
from tests.report.test_formats import HOSTILE, big, report
from tests.report.test_fuzz import report as hostile_report
from tests.support.browser import Page, shown
from tests.support.hostile import texts
from tests.support.tools import fetched

pytestmark = pytest.mark.slow

WIDTHS = (390, 1280)
READABLE = 4.5
"""Contrast that WCAG 2.2 asks for (1.4.3)."""
CONTRAST = """(() => {
  const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((c) => text.startsWith("color(") ? +c : c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (/^(rgb|color)\\(/.test(c)) return c; } return "rgb(255, 255, 255)"; };
  return [...document.querySelectorAll("h1, p, .badge, summary, a, a span, dt, dd, th, td, .soft, button")].map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), e.className || e.tagName]; }).sort((x, y) => x[0] - y[0])[0];
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("browser")) as found:
        yield found


def written(folder: Path, data: ReportDocument) -> Path:
    path = folder / "report.html"
    path.write_text(html.render(data), encoding="utf-8")
    return path


def same(text: str) -> ReportDocument:
    return replace(report(text), changes=(), findings=(), verdict=Verdict.NO_CHANGES)


REPORTS = {
    "large": lambda: big(40, 50),
    "small": lambda: report("web"),
    "nothing": lambda: same("web"),
    "hostile": lambda: hostile_report(list(texts(40, 7))),
    "long words": lambda: report("w" * 5000),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", REPORTS)
def test_it_fits_loads_nothing_and_breaks_nothing(page: Page, tmp_path: Path, name: str, width: int) -> None:
    file = written(tmp_path, REPORTS[name]())
    page.size(width, 800, phone=width < 600)
    page.open(file)
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.said == []
    assert page.asked == [file.as_uri()]
    assert page.value("document.querySelectorAll('img, iframe, object, form[action], a[href^=http]').length") == 0
    assert page.value("document.documentElement.className") == "js"


def test_search_and_severity_leave_what_fits(page: Page, tmp_path: Path) -> None:
    data = big(40, 1)
    page.open(written(tmp_path, data))
    count = "document.querySelectorAll('article:not([hidden])').length"
    everything = page.value(count)
    assert everything == len(data.findings)
    page.value("text.value = 'prod/r17 service-port-removed'; text.dispatchEvent(new Event('input'))")
    assert 0 < page.value(count) < 5
    assert page.value("found.textContent") == f"{page.value(count)} of {everything}"
    page.value("text.value = ''; text.dispatchEvent(new Event('input'))")
    page.value("level.value = 'info'; level.dispatchEvent(new Event('change'))")
    assert page.value(count) == data.summary.findings.info


SET = """
globalThis.seen = (what) => [...document.querySelectorAll(what)].filter((part) => part.offsetParent);
globalThis.set = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === "INPUT" ? "input" : "change"));
}"""


def test_filters_work_together_and_reach_the_changes(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, big(5, 3)))
    page.value(f"(() => {{{SET}}})()")
    page.value("set('release', 'prod/r3'); set('category', 'network')")
    found = page.value("seen('article').map((row) => row.dataset.release + ' ' + row.dataset.category)")
    assert found
    assert set(found) == {"prod/r3 network"}
    assert page.value("seen('section').length") == 1
    page.value("set('release', ''); set('category', ''); set('text', 'configmap')")
    heads = page.value("seen('.change').map((part) => part.textContent)")
    assert len(heads) == 5
    assert all("ConfigMap" in head for head in heads)


def test_the_keyboard_reaches_every_finding(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, big(5, 3)))
    focused = "document.activeElement.closest('article')?.id"
    for key, wanted in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "")
        assert page.value(focused) == page.value(f"rows[{wanted}].id")
    outline = page.value("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.value("document.getElementById('unfold').click()")
    assert page.value("rows.filter((row) => !row.hidden).every((row) => row.querySelector('details').open)")


def test_diffs_stand_side_by_side_and_on_a_phone_one_above_the_other(page: Page, tmp_path: Path) -> None:
    file = written(tmp_path, big(1, 3))
    for width, beside in ((1280, True), (390, False)):
        page.size(width, 800, phone=width < 600)
        page.open(file)
        page.value("document.querySelectorAll('details.change').forEach((part) => (part.open = true))")
        opened(page)
        assert page.value("document.querySelectorAll('td.new mark').length") > 0
        old, new = (shown(page, f".lines td.l.{side}") for side in ("old", "new"))
        assert (old["y"] == new["y"]) is beside
        assert (old["right"] <= new["left"]) is beside
        assert page.value("document.documentElement.scrollWidth") <= width


def test_a_line_stands_beside_the_one_of_its_key_or_alone(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, report("web")))
    for old, new, wanted in (
        (["a: 1", "b: 2"], ["b: 3"], [["a: 1", None], ["b: 2", "b: 3"]]),
        (["b: 2"], ["a: 1", "b: 3", "c: 4"], [[None, "a: 1"], ["b: 2", "b: 3"], [None, "c: 4"]]),
        (["x y", "z"], ["x w"], [["x y", "x w"], ["z", None]]),
    ):
        said = f"pairs({old}, {new}).map((two) => two.map((line) => line ?? null))"
        assert page.value(said) == wanted
    assert page.value("alike('a: 1', 'b: 1')") is False


def opened(page: Page) -> None:
    """Wait until what was opened is set side by side: the browser tells the page of it a moment later."""
    end = time.monotonic() + 60
    while page.value("document.querySelectorAll('details.change[open] pre.lines').length"):
        assert time.monotonic() < end, "nothing was set side by side"


def test_each_step_leads_to_its_finding_and_says_its_command(page: Page, tmp_path: Path) -> None:
    data = big(5, 3)
    page.open(written(tmp_path, data))
    links = page.value("[...document.querySelectorAll('.steps a')].map((link) => link.hash.slice(1))")
    assert [step.finding for step in steps_before_merging(data)]
    assert links == [anchor(step.finding) for step in steps_before_merging(data)]
    assert page.value(f"{links}.every((id) => document.getElementById(id).tagName === 'ARTICLE')")


def test_a_link_of_the_comment_opens_the_finding(page: Page, tmp_path: Path) -> None:
    data = big(40, 1)
    file = written(tmp_path, data)
    links = re.findall(
        r"\(https://p\.example/x#([^)]+)\)", comment.render(data, 10**9, comment.Setting("https://p.example/x"))
    )
    assert len(set(links)) == sum(finding.severity != "info" for finding in data.findings)
    last = links[-1]
    for width in WIDTHS:
        page.size(width, 800, phone=width < 600)
        page.open(file, last)
        assert page.value(f"document.getElementById('{last}').querySelector('details').open")
        assert -1 <= shown(page, f"[id='{last}']")["y"] < 800
    assert {anchor(finding) for finding in data.findings} == set(page.value("rows.map((row) => row.id)"))


def test_without_scripts_everything_is_there(page: Page, tmp_path: Path) -> None:
    file = written(tmp_path, report("web"))
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(file)
        root = page.call("DOM.getDocument", depth=-1)["root"]["nodeId"]
        text = page.call("DOM.getOuterHTML", nodeId=root)["outerHTML"]
        form = page.call("DOM.querySelector", nodeId=root, selector="form")["nodeId"]
        with pytest.raises(AssertionError, match="box model"):  # a search that cannot work is not shown
            page.call("DOM.getBoxModel", nodeId=form)
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert 'class="js"' not in text
    assert "service-port-removed" in text
    assert "<details open" in text or "<details>" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(page: Page, tmp_path: Path, scheme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    data = big(3, 5)
    levels = dict(enumerate(LEVELS[:4]))
    findings = (
        replace(finding, severity=levels.get(n, finding.severity), category=levels.get(n, finding.category))
        for n, finding in enumerate(data.findings)
    )
    data = replace(data, findings=tuple(findings))
    page.open(written(tmp_path, data))
    page.value("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    dark = page.value("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")
    contrast, where = page.value(CONTRAST)
    assert contrast >= READABLE, where
    page.call("Emulation.setEmulatedMedia", features=[])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_everyone_can_use_it_as_far_as_axe_can_tell(page: Page, tmp_path: Path, scheme: str, width: int) -> None:
    """WCAG 2.1 A and AA, and what the makers of axe advise beyond it."""
    axe = fetched("axe.min.js").decode()
    page.size(width, 800, phone=width < 600)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.call("Page.setBypassCSP", enabled=True)  # the page itself lets no other script run
    try:
        page.open(written(tmp_path, big(3, 3)))
        page.value("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        opened(page)
        page.value(f"{axe};0")
        found = page.value(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then((said) =>"
            " ({wrong: said.violations.map((one) => [one.id, one.nodes[0].html]), right: said.passes.length}))"
        )
    finally:
        page.call("Page.setBypassCSP", enabled=False)
        page.call("Emulation.setEmulatedMedia", features=[])
    assert found["wrong"] == []
    assert found["right"] > 20


def test_it_prints_with_its_findings_open(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, big(3, 5)))
    printed = base64.b64decode(page.call("Page.printToPDF")["data"])
    assert printed.startswith(b"%PDF-")
    assert page.value("rows.every((row) => row.querySelector('details').open)")


def test_nothing_of_a_manifest_becomes_an_element(page: Page, tmp_path: Path) -> None:
    page.open(written(tmp_path, report("".join(HOSTILE[:3]) + HOSTILE[5])))
    assert page.value("document.querySelectorAll('script').length") == 1
    assert page.value("document.querySelectorAll('img, b').length") == 0
    assert page.said == []
