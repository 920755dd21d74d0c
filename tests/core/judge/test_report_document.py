"""The types of report.json and its published schema say the same; what is not a report is one clear error."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from pipeline.cli import run
from pipeline.core.judge.report_document import ReportDocument, from_data, to_data
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.levels import LEVELS
from pipeline.report import comment, html, junit, markdown, sarif, structured, terminal
from tests.report.test_formats import report
from tests.report.test_standards import everything

__all__ = ["everything"]
WRONG: tuple[Any, ...] = (None, True, -2, 1.5, "", "x y", [], [None], [{}], [-1], {}, {"a": 1})


def edits(data: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document, the first two entries of each list standing for all."""
    if at:
        yield at
    items = data.items() if isinstance(data, dict) else enumerate(data[:2]) if isinstance(data, list) else ()
    for key, value in items:
        yield from edits(value, (*at, key))


def edited(data: Any, at: tuple[str | int, ...], value: Any) -> Any:
    made = copy.deepcopy(data)
    inner = made
    for step in at[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return made


def taken(data: Any) -> bool:
    try:
        from_data(data)
    except ValueError:
        return False
    return True


def small(document: ReportDocument) -> Any:
    """One of each of its parts, as JSON has them."""
    some = {
        name: getattr(document, name)[:2] for name in ("releases", "changes", "findings", "not_evaluated", "errors")
    }
    return json.loads(structured.render(replace(document, **some)))


@pytest.mark.slow
def test_types_and_schema_take_and_refuse_the_same(everything: ReportDocument) -> None:
    check = Draft202012Validator(structured.schema())
    data = small(everything)
    counts = {True: 0, False: 0}
    for at in edits(data):
        for value in (..., *WRONG):
            made = edited(data, at, value)
            valid = check.is_valid(made)
            counts[valid] += 1
            assert taken(made) == valid, (at, value)
    assert min(counts.values()) > 100


def test_a_name_with_a_line_break_is_refused(everything: ReportDocument) -> None:
    """``$`` matches before a final line break in Python's patterns, and not in those of JSON Schema."""
    data = small(everything)
    for at in (("findings", 0, "rule"), ("findings", 0, "fingerprint"), ("digests", "render")):
        assert not taken(edited(data, at, f"{data['findings'][0]['fingerprint']}\n"))


def test_a_document_is_read_as_it_was_written(everything: ReportDocument) -> None:
    text = structured.render(everything)
    assert from_data(json.loads(text)) == from_data(to_data(everything))
    assert structured.render(from_data(json.loads(text))) == text


def test_the_levels_are_the_severities_worst_first() -> None:
    assert list(LEVELS) == [level.label for level in sorted(Severity, reverse=True) if level is not Severity.OFF]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "$"),
        ([], "$"),
        ({"schema": "pipeline.report/v2"}, "$.schema"),
        ("report", "$.findings[0].severity"),
    ],
)
def test_a_foreign_report_is_one_clear_error(
    data: Any, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if data == "report":
        data = json.loads(structured.render(report("web")))
        data["findings"][0]["severity"] = "fatal"
    (tmp_path / "report.json").write_text(json.dumps(data))
    assert run(["report", str(tmp_path / "report.json")]) == 64
    error = capsys.readouterr().err
    assert "report.json is not a report: " in error
    assert where == "$" or where in error
    assert len(error.splitlines()) == 2


def test_commands_stand_whole_and_alone_in_every_format() -> None:
    document = report("web")
    command = "kubectl annotate deployment web -n shop 'a=<b> & c' --overwrite " + "--" + "x" * 100
    findings = tuple(replace(finding, commands=(command,)) for finding in document.findings)
    document = replace(document, findings=findings)
    assert any(row.strip() == command for row in terminal.render(document).splitlines())
    for text in (markdown.render(document), comment.render(document)):
        rows = [row.strip() for row in text.splitlines()]
        at = rows.index(command)
        assert (rows[at - 1], rows[at + 1]) == ("```sh", "```")
    escaped = command.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    assert f'<pre class="command"><code>{escaped}</code></pre>' in html.render(document)
    assert command in json.loads(sarif.render(document))["runs"][0]["results"][0]["properties"]["commands"]
    assert escaped.replace("&#39;", "'") in junit.render(document)
