"""The report as one self-contained HTML page: nothing is loaded, and it works without JavaScript.

All text is escaped; the policy in its head lets nothing run but the one script that is hashed there.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from pkgutil import get_data
from typing import Any

from pipeline.report import plain
from pipeline.report.plain import anchor
from pipeline.report.text_rows import by_line, rows

_LONGEST = 2_000
"""Characters of a value: what is longer is shortened, its finding says what matters."""
_MOST_LINES = 1_000
_MOST_CHANGES = 2_000_000
"""Characters of all diffs together: beyond it objects are named and not opened."""


def render(report: Mapping[str, Any]) -> str:
    """The whole page."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    blocks = (_verdict, _errors, _steps, _releases, _findings, _changes, _gaps)
    body = "\n".join(row for part in blocks for row in part(report))
    title = f"{plain.VERDICT_WORDS[report['verdict']]}: {report['compared']['old']} against {report['compared']['new']}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    data = get_data("pipeline", f"data/{name}")
    assert data is not None, f"BUG: {name} is missing from the package"
    return data.decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(text: str) -> str:
    return escape(plain.line(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _verdict(report: Mapping[str, Any]) -> Iterator[str]:
    verdict, unexplained = report["verdict"], report["summary"]["unaccounted"]
    rest = (
        f"{plain.counted(unexplained, 'changed path')} that no rule explains" if unexplained else "every path explained"
    )
    compared = report["compared"]
    yield f'<header class="verdict {verdict}"><h1>{plain.VERDICT_WORDS[verdict]}</h1>'
    yield f"<p>{plain.VERDICT_MEANING[verdict]}</p>"
    yield f"<p><strong>{_text(plain.tally(report))}</strong> · {_text(plain.extent(report))} · {rest}</p>"
    kube = f" · Kubernetes {_code(compared['kube_version'])}" if compared["kube_version"] else ""
    yield f'<p class="soft">{_code(compared["old"])} against {_code(compared["new"])}{kube}</p></header>'


def _errors(report: Mapping[str, Any]) -> Iterator[str]:
    for error in report["errors"]:
        where = f"{error['template']}:{error['line']}" if error["template"] else error["chart"]
        yield f"<h2>Release {_code(error['release'])} does not render: {_code(where)}</h2>"
        yield f"<pre>{escape(plain.safe(error['message']))}</pre>"


def _steps(report: Mapping[str, Any]) -> Iterator[str]:
    steps = plain.steps_before_merging(report)
    if steps:
        yield "<h2>Before merging</h2>\n<ol>" + "".join(f"<li>{_text(step)}</li>" for step in steps) + "</ol>"


def _releases(report: Mapping[str, Any]) -> Iterator[str]:
    """The heat table: releases by category, each cell with its count and the worst level in words."""
    open_ = [finding for finding in report["findings"] if not finding["waived"] and finding["severity"] != "info"]
    categories = sorted({finding["category"] for finding in open_})
    rows = [
        release for release in report["releases"] if any(release["objects"][k] for k in ("added", "changed", "removed"))
    ]
    if not rows:
        return
    yield '<h2>Releases</h2>\n<div class="wide"><table><tr><th>Release</th><th>Objects</th>'
    yield "".join(f"<th>{_text(category)}</th>" for category in categories) + "</tr>"
    for release in rows:
        objects = release["objects"]
        counts = ", ".join(f"{objects[k]} {k}" for k in ("added", "changed", "removed") if objects[k])
        cells = "".join(_cell(open_, release, category) for category in categories)
        yield f"<tr><td>{_text(plain.release_title(release))}</td><td>{counts}</td>{cells}</tr>"
    yield "</table></div>"


def _cell(findings: list[Mapping[str, Any]], release: Mapping[str, Any], category: str) -> str:
    key = (release["name"], release["environment"], category)
    own = [f for f in findings if (f["release"], f.get("environment", ""), f["category"]) == key]
    if not own:
        return "<td></td>"
    worst = min(own, key=lambda finding: plain.LEVELS.index(finding["severity"]))
    level = worst["severity"]
    return f'<td class="heat {level}"><a href="#{escape(anchor(worst))}">{len(own)} {level}</a></td>'


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["findings"]:
        return
    options = "".join(f"<option>{level}</option>" for level in plain.LEVELS)
    yield "<h2>Findings</h2>"
    yield '<form id="filter" role="search">'
    yield '<input id="text" type="search" aria-label="Search findings" placeholder="Search">'
    yield f'<select id="level" aria-label="Severity"><option value="">all</option>{options}</select>'
    yield '<output id="found"></output></form>'
    yield from (_finding(finding, plain.home(report, finding)) for finding in report["findings"])


def _finding(finding: Mapping[str, Any], home: str) -> str:
    level = finding["severity"]
    waived = finding["waived"]
    opened = " open" if level == "blocker" and not waived else ""
    head = f'<span class="badge {level}">{level}</span> {_code(finding["rule"])} {_text(finding["title"])}'
    head += f' <span class="soft">{_text(home)}</span>' if home else ""
    rows = [("Release", _code(home))] if home else []
    rows += [
        ("Where", _code(plain.place(finding))),
        ("Breaks", _text(finding["why"])),
        ("Do", _text(finding["remedy"])),
    ]
    rows += [("Also", ", ".join(map(_code, also)))] if (also := plain.elsewhere(finding)[:50]) else []
    rows += [("Sure", _text(finding["confidence"]))]
    rows += [("Evidence", ", ".join(map(_code, finding["evidence"])))] if finding["evidence"] else []
    if waived:
        rows += [("Waived", _text(f"{waived['reason']} ({waived['owner']}, until {waived['expires']})"))]
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    return (
        f'<article id="{escape(anchor(finding))}" data-level="{level}"><details{opened}><summary>{head}</summary>'
        f"<div><dl>{listed}</dl></div></details></article>"
    )


def _changes(report: Mapping[str, Any]) -> Iterator[str]:
    room = _MOST_CHANGES
    for release in report["releases"]:
        shown, folded = plain.shown_changes(report, release)
        if not shown and not folded:
            continue
        yield f"<h2>{_text(plain.release_title(release))}</h2>"
        for change in shown:
            text = _change(change)
            room -= len(text)
            yield text if room > 0 else f"<p>{_head(change)}: too much to show here</p>"
        if folded:
            yield f'<p class="soft">{plain.counted(folded, "object")} differ in version labels and checksums only.</p>'


def _head(change: Mapping[str, Any]) -> str:
    unexplained = len(change.get("unaccounted", ()))
    note = f", {unexplained} unexplained" if unexplained else ""
    return f"{change['action']} {_code(plain.resource(change['resource']))}{note}"


def _change(change: Mapping[str, Any]) -> str:
    """Side by side: the path, what was, what is."""
    rows = "".join(_field(field) for field in change["fields"] if not field.get("noise"))
    if not rows:
        return f"<p>{_head(change)}</p>"
    table = f'<div class="wide"><table><tr><th>Path</th><th>Old</th><th>New</th></tr>{rows}</table></div>'
    return f"<details><summary>{_head(change)}</summary><div>{table}</div></details>"


def _field(field: Mapping[str, Any]) -> str:
    if by_line(field):
        return f'<tr><td>{_code(plain.path(field["path"]))}</td><td colspan="2" class="v">{_lines(field)}</td></tr>'
    cells = (
        f'<td class="v {side}">{escape(_value(field[side]))}</td>' if side in field else "<td></td>"
        for side in ("old", "new")
    )
    return f"<tr><td>{_code(plain.path(field['path']))}</td>{''.join(cells)}</tr>"


def _lines(field: Mapping[str, Any]) -> str:
    """Which lines of a text differ: both numbers, and the line."""
    shown, more = rows(field, _MOST_LINES, around=3)
    sides = {"-": ' class="old"', "+": ' class="new"', " ": ""}
    lines = "".join(
        f"<tr{sides[row.mark]}><td>{row.old or ''}</td><td>{row.new or ''}</td>"
        f'<td class="l">{row.mark} {escape(plain.row(row.text, _LONGEST))}</td></tr>'
        for row in shown
    )
    rest = f'<p class="soft">{plain.counted(more, "more line")}</p>' if more else ""
    return f'<table class="lines">{lines}</table>{rest}'


def _value(value: Any) -> str:
    text = plain.safe(value) if isinstance(value, str) else plain.value(value, _LONGEST)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _gaps(report: Mapping[str, Any]) -> Iterator[str]:
    if report["not_evaluated"]:
        yield "<h2>Not evaluated</h2>\n<ul>"
        yield from (f"<li>{_code(n['rule'])}: needs {_text(n['needs'])}</li>" for n in report["not_evaluated"])
        yield "</ul>"
