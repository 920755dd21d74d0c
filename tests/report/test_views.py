"""The terminal and the Markdown view: they say the same facts, and nothing that a chart says takes them over."""

import re
from collections.abc import Iterator

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import rules
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import RenderFailure
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.upgrade import Side
from pipeline.report import comment, html, markdown, plain, shapes, terminal
from pipeline.report.diff_rows import within
from pipeline.report.structured import document

HOSTILE = "\x1b[2J@octocat `x` <img src=x> [a](http://e.vil) | **b** \u202e GH-12 www.e.vil #1 ::error::\r##[error]"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: %d}]}\n"
KEY = ReleaseKey("", "web")


def report(before: str, after: str, name: str = "web") -> ReportDocument:
    old, new = (
        Snapshot("x", {KEY: ReleaseSide("shop", Side(parse(text, namespace="shop")), name, "1.0.0")})
        for text in (before, after)
    )
    return document(with_verdict(build(old, new, rules.load(), Targets()), Severity.BLOCKER))


def test_the_verdict_comes_first_and_counts_what_is_unexplained() -> None:
    data = report(SERVICE % ("a", 80), SERVICE % ("a", 81))
    first = terminal.render(data).splitlines()[0]
    assert first == "REVIEW  Service a: port 80/TCP removed"
    assert markdown.render(data).startswith("## Review: Service a: port `80/TCP` removed\n")


def test_nothing_changed_is_said_in_two_lines() -> None:
    text = terminal.render(report(SERVICE % ("a", 80), SERVICE % ("a", 80)))
    assert text.splitlines()[:2] == ["NO CHANGES  both sides are the same", "  no findings"]


def test_a_removed_object_is_named_with_what_to_do() -> None:
    data = report(SERVICE % ("a", 80) + "---\n" + SERVICE % ("b", 80), SERVICE % ("a", 80))
    for text in (terminal.render(data), markdown.render(data)):
        assert "resource-removed" in text
        assert "Service shop/b" in text


def test_a_failed_render_is_told_with_template_and_line() -> None:
    failure = RenderFailure("web", "web 1.0.0", "web/templates/a.yaml", 7, "no luck")
    old = Snapshot("x", {KEY: ReleaseSide("shop", Side(parse("", namespace="shop")))})
    data = document(with_verdict(build(old, Snapshot("y", {}, {KEY: failure}), (), Targets()), Severity.BLOCKER))
    assert data.verdict == "failed"
    for text in (terminal.render(data), markdown.render(data)):
        assert "web/templates/a.yaml:7" in text
        assert "no luck" in text
        assert "the changes of 1 release are unknown" in text
        assert "nothing changes" not in text


@pytest.mark.parametrize(("folded", "said"), [(1, "1 object differs in"), (2, "2 objects differ in")])
def test_what_is_folded_is_counted_in_the_right_number(folded: int, said: str) -> None:
    assert plain.folded_text(folded).startswith(said)


def test_hostile_text_neither_drives_the_terminal_nor_leaves_its_span() -> None:
    name = plain.value(HOSTILE)
    import orjson

    after = SERVICE % (orjson.dumps(HOSTILE).decode(), 80)
    data = report(SERVICE % ("a", 80), after, HOSTILE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", terminal.render(data))
    html = cmarkgfm.github_flavored_markdown_to_html(markdown.render(data))
    assert_inert(html)
    assert "octocat" in html
    assert name


@given(
    st.text(st.sampled_from("ab1 `|\\<>&@#_*[]()!:/.-~$\n\"'\u202e\x1b") | st.characters(codec="utf-8"), max_size=60)
)
def test_no_text_becomes_markup(text: str) -> None:
    folded = shapes.details(shapes.raw_prose(text), shapes.code(text))
    source = f"- {shapes.code(text)}\n- {shapes.prose(text)}\n\n{folded}\n\n| a |\n|---|\n"
    assert_inert(cmarkgfm.github_flavored_markdown_to_html(source, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))


@pytest.mark.parametrize(
    "word", ["@octocat", "#12", "GH-12", "www.example.org", "a_b_", "*x*", "0123456789abcdef0123", ":tada:", "$x$"]
)
def test_a_word_with_a_meaning_stands_in_code(word: str) -> None:
    assert shapes.prose(f"the {word} here") == f"the `{word}` here"


def test_a_sentence_stays_readable() -> None:
    text = "2 objects go, and their pods' data with them: back up first."
    assert shapes.prose(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Deployment default/web: keep it.", "Deployment `default/web`: keep it."),
        ("memory 128Mi -> 256Mi; policy Ignore -> Fail", "`memory 128Mi -> 256Mi`; `policy Ignore -> Fail`"),
        ("it is down (failurePolicy Ignore -> Fail)", "it is down (`failurePolicy Ignore -> Fail`)"),
        (
            "2 Jobs (a, b): it changes (x (1) -> 2, y; z=1 added)",
            "2 Jobs (a, b): it changes (`x (1) -> 2, y`; `z=1` added)",
        ),
        ("it changes (a.b 1 -> 2) (the same for c.d)", "it changes (`a.b 1 -> 2`) (the same for `c.d`)"),
        ("do it step by step: 7 -> 8. Read it.", "do it step by step: `7 -> 8`. Read it."),
        ("a.b/c=x, d.e added", "`a.b/c=x`, `d.e` added"),
        ("since Kubernetes 1.32", "since Kubernetes 1.32"),
        ("x moves from 1.4.0 to 2.0.0: a new one", "x moves from 1.4.0 to 2.0.0: a new one"),
    ],
)
def test_punctuation_stays_outside_of_code_and_a_change_is_one_span(text: str, shown: str) -> None:
    assert shapes.prose(text) == shown


def test_rows_without_room_are_not_made() -> None:
    made: list[str] = []

    def rows() -> Iterator[str]:
        for row in ("a", "b", "c" * 9, "d"):
            made.append(row)
            yield row

    assert within(rows(), 100) == (["a", "b", "c" * 9, "d"], 84)
    made.clear()
    assert within(rows(), 10)[0] == []
    assert made == ["a", "b", "c" * 9]


def test_a_summary_reads_as_the_sentence_does() -> None:
    text = "Deployment web: arguments change (--port=1 removed); a.b/c changes (x 1 -> 2)"
    shown = "Deployment web: arguments change (<code>--port=1</code> removed); <code>a.b/c</code> changes"
    assert shapes.raw_prose(text.removesuffix(" (x 1 -> 2)")) == shown
    assert shapes.raw_prose("it changes (x <1 -> 2)") == "it changes (<code>x &lt;1 -&gt; 2</code>)"


def assert_inert(html: str) -> None:
    """Only the tags that the view itself writes, and no attribute that leads anywhere."""
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)", html)}
    assert tags <= {
        "p",
        "h2",
        "h3",
        "ul",
        "ol",
        "li",
        "code",
        "strong",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "em",
        "pre",
        "details",
        "summary",
    }
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert not re.search(r"@\w|href|src=", outside)


SCRIPT = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    "data:\n  run.sh: |\n    #!/bin/sh\n    set -e\n    %s\n    exit 0\n"
)


def test_a_text_is_shown_by_the_lines_that_differ_in_every_view() -> None:
    data = report(SCRIPT % "wait 5", SCRIPT % "wait 9\n    date")
    assert "run.sh lines 3-4, +2 -1 lines" in data.findings[0].title
    for text in (terminal.render(data), markdown.render(data), comment.render(data), html.render(data)):
        lines = re.sub("<td[^>]*>", " ", text)
        assert re.search(r"- +wait 5|- +3 wait 5|3 - wait 5", lines)
        assert re.search(r"\+ +wait 9|\+ +3 wait 9|3 \+ wait 9", lines)
        assert re.search(r"\+ +date|\+ +4 date|4 \+ date", lines)


def test_one_line_that_differs_is_said_in_the_title() -> None:
    title = report(SCRIPT % "wait 5", SCRIPT % "wait 9").findings[0].title
    assert title.endswith("line 3 wait 5 -> wait 9)")
