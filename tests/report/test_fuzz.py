"""10,000 hostile texts, in every shape and through a whole report: not one leaves its place, or is obeyed."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import cmarkgfm
import pytest

from pipeline import rules
from pipeline.cli.support.showing import show
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import RenderFailure
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.writer import dump
from pipeline.report import annotations, comment, html, junit, markdown, sarif, shapes, terminal
from pipeline.report.structured import document
from tests.support.hostile import texts
from tests.support.runner_log import heard

CASES = 10_000
A_DOCUMENT = 250
OWN_TAGS = {"h2", "h3", "p", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "ol", "ul", "li"}
OWN_TAGS |= {"details", "summary", "b", "sub", "em"}
OWN_ATTRIBUTES = {("pre", "lang"), ("details", "open")}
WORDS = re.compile(r"[A-Za-z0-9\s'’\"().,;:!?→–—·+…×⚪🔴🟠🟡🔵🟢🟣-]*")
MEANINGS = re.compile(r"@|#\d|GH-\d|://|www\.|::|:\w+:|[0-9a-f]{7,40}\b(?<![a-z])")
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


class Parts(HTMLParser):
    """The tags of a page, and its text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.outside: list[str] = []
        self._code = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self._code += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.outside.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.tags.append(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.tags.append(f"<?{data}")


def batches(number: int = A_DOCUMENT) -> Iterator[list[str]]:
    found = list(texts(CASES))
    return (found[start : start + number] for start in range(0, CASES, number))


def shown(document: str) -> Parts:
    options = cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
    return Parts(cmarkgfm.github_flavored_markdown_to_html(document, options))


def inert(parts: Parts) -> None:
    assert set(parts.tags) <= OWN_TAGS, set(parts.tags) - OWN_TAGS
    assert parts.attributes <= OWN_ATTRIBUTES
    for text in parts.outside:
        assert WORDS.fullmatch(text), text
        assert not MEANINGS.search(text), text


def test_a_code_span_holds_every_text() -> None:
    for batch in batches():
        spans = [span for text in batch if (span := shapes.code(text))]
        parts = shown("\n".join(f"- {span} end" for span in spans))
        inert(parts)
        assert parts.tags == ["ul"] + ["li", "code"] * len(spans)


def test_a_block_holds_every_text() -> None:
    for batch in batches():
        parts = shown("\n\n".join(f"{shapes.block(text, 'diff')}\n\nend" for text in batch))
        inert(parts)
        assert parts.tags == ["pre", "code", "p"] * len(batch)


def test_a_cell_and_a_summary_hold_every_text() -> None:
    for batch in batches():
        table = shapes.table(("a",), ((shapes.raw(text),) for text in batch))
        folded = "\n\n".join(shapes.details(shapes.raw(text), shapes.block(text)) for text in batch)
        parts = shown(f"{table}\n\n{folded}\n\n**end**")
        inert(parts)
        rows = ["table", "tr", "th"] + ["tr", "td", "code"] * len(batch)
        assert parts.tags == rows + ["details", "summary", "code", "pre", "code"] * len(batch) + ["p", "strong"]


def test_a_sentence_keeps_its_plain_words_and_nothing_else() -> None:
    for batch in batches():
        sentences = [sentence for text in batch if (sentence := shapes.prose(text))]
        parts = shown("\n".join(f"- **{sentence}**" for sentence in sentences))
        inert(parts)
        assert parts.tags.count("li") == parts.tags.count("strong") == len(sentences)


def body(kind: str, text: str, port: int) -> str:
    name = text.encode("utf-8", "replace").decode()
    if kind == "Service":
        rest: dict[str, Any] = {"spec": {"ports": [{"port": port, "name": name}], "selector": {name[:20]: name}}}
    else:
        rest = {"data": {name[:40]: f"{name} {port}"}}
    metadata = {"name": name, "namespace": "n", "labels": {"a": f"{name}{port}"}, "annotations": {name: name}}
    return dump({"apiVersion": "v1", "kind": kind, "metadata": metadata} | rest)


def report(batch: list[str]) -> ReportDocument:
    """Objects that come, go and change, a release that does not render, and hostile names all over."""
    first = batch[0].encode("utf-8", "replace").decode()
    key, lost = ReleaseKey("", "web"), ReleaseKey("e", first)

    def side(port: int) -> ReleaseSide:
        kinds = [("Service" if number % 3 else "ConfigMap", text) for number, text in enumerate(batch)]
        some = [(kind, text) for number, (kind, text) in enumerate(kinds) if (number + port) % 7]
        manifests = parse("---\n".join(body(kind, text, port) for kind, text in some), namespace="n")
        return ReleaseSide("n", Side(manifests), first, first)

    failure = RenderFailure(first, first, first, 7, "".join(batch[:20]))
    old = Snapshot(first, {key: side(80), lost: side(80)})
    new = Snapshot(first, {key: side(81)}, {lost: failure})
    return document(with_verdict(build(old, new, rules.load(), Targets()), Severity.BLOCKER))


@pytest.mark.slow
def test_no_face_of_a_report_gives_way(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for batch in batches():
        data = report(batch)
        assert len(data.changes) > len(batch) // 2
        for text in (comment.render(data, 10**9), comment.render(data), markdown.render(data)):
            inert(shown(text))
            assert not CONTROLS.search(text)
        assert not CONTROLS.search(terminal.render(data))
        page = Parts(html.render(data))
        assert page.tags.count("script") == page.tags.count("style") == 1
        assert not {"img", "a"} & {tag for tag, name in page.attributes if name in ("src", "onerror", "style")}
        assert not any(name.startswith("on") for _, name in page.attributes)
        ET.fromstring(junit.render(data))
        json.loads(sarif.render(data))
        rows = annotations.render(data, {"web": ("a,b:c%.yaml", 3)}).splitlines()
        assert {command for command, _ in heard("\n".join(rows))} <= {"error", "warning"}
        assert len(list(heard("\n".join(rows)))) == len(rows) <= 20
        for form in ("terminal", "comment", "markdown", "json", "sarif", "junit", "html"):
            show(data, (form,))
            assert list(heard(capsys.readouterr().out)) == [], form


def test_the_runner_would_have_heard_them() -> None:
    assert sum(bool(list(heard(text))) for text in texts(CASES)) > 1000
    assert list(heard("::stop-commands::t\n::error::x\n##[error]x\n::t::\n ::error a=b::y")) == [("error", "y")]
