"""The report as one self-contained HTML page: nothing is loaded, and it works without JavaScript.

All text is escaped; the policy in its head lets nothing run but the one script that is hashed there.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pkgutil import get_data
from typing import Any

from pipeline.report import plain
from pipeline.report.html_changes import changes, home
from pipeline.report.plain import anchor

_MOST_NAMED = 50
"""Objects and pieces of evidence of one finding."""


def render(report: Mapping[str, Any]) -> str:
    """The whole page."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'"
    blocks = (_verdict, _errors, _steps, _releases, _findings, changes, _gaps)
    body = "\n".join(row for part in blocks for row in part(report))
    title = f"{plain.VERDICT_WORDS[report['verdict']]}: {report['compared']['old']} against {report['compared']['new']}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
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
    verdict, summary = report["verdict"], report["summary"]
    unexplained = summary["unaccounted"]
    rest = (
        f"{plain.counted(unexplained, 'changed path')} that no rule explains"
        if unexplained
        else "every changed path is explained"
    )
    compared = report["compared"]
    yield f'<header class="verdict {verdict}"><h1>{plain.VERDICT_WORDS[verdict]}</h1>'
    yield f'<p class="meaning">{plain.VERDICT_MEANING[verdict]}</p>'
    facts = [_text(plain.extent(report)), rest if report["changes"] else ""]
    yield f"<p><strong>{_text(plain.tally(report))}</strong> · {' · '.join(filter(None, facts))}</p>"
    kube = f" · Kubernetes {_code(compared['kube_version'])}" if compared["kube_version"] else ""
    yield f'<p class="soft">{_code(compared["old"])} against {_code(compared["new"])}{kube}</p></header>'
    yield from _contents(report)


def _contents(report: Mapping[str, Any]) -> Iterator[str]:
    """Where to go on a long page."""
    parts = [("steps", "Before merging", len(plain.steps_before_merging(report)))]
    parts += [("findings", "Findings", len(report["findings"])), ("changes", "Changes", len(report["changes"]))]
    parts += [("gaps", "Not evaluated", len(report["not_evaluated"]))]
    links = [
        f'<a href="#{name}">{title}</a> <span class="soft">{count}</span>' for name, title, count in parts if count
    ]
    if links:
        yield f'<nav aria-label="Contents">{"".join(f"<span>{link}</span>" for link in links)}</nav>'


def _errors(report: Mapping[str, Any]) -> Iterator[str]:
    for error in report["errors"]:
        where = f"{error['template']}:{error['line']}" if error["template"] else error["chart"]
        yield f"<h2>Release {_code(error['release'])} does not render: {_code(where)}</h2>"
        yield f"<pre>{escape(plain.safe(error['message']))}</pre>"


def _steps(report: Mapping[str, Any]) -> Iterator[str]:
    steps = plain.steps_before_merging(report)
    if steps:
        yield (
            '<h2 id="steps">Before merging</h2>\n<ol>' + "".join(f"<li>{_text(step)}</li>" for step in steps) + "</ol>"
        )


def _releases(report: Mapping[str, Any]) -> Iterator[str]:
    """The heat table: releases by category, each cell with its count and the worst level in words."""
    open_ = [finding for finding in report["findings"] if not finding["waived"] and finding["severity"] != "info"]
    rows = [
        release
        for release in report["releases"]
        if release["status"] != "ok" or any(release["objects"][k] for k in ("added", "changed", "removed"))
    ]
    if not rows:
        return
    shown = {(release["name"], release["environment"]) for release in rows}
    categories = sorted({f["category"] for f in open_ if (f["release"], f.get("environment", "")) in shown})
    heads = "".join(f'<th scope="col">{_text(category)}</th>' for category in categories)
    heads = f'<th scope="col">Release</th><th scope="col">Objects</th>{heads}'
    yield '<h2 id="releases">Releases</h2>\n<div class="wide"><table class="map">'
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for finding in open_:
        found.setdefault((finding["release"], finding.get("environment", ""), finding["category"]), []).append(finding)
    for release in rows:
        objects = release["objects"]
        counts = ", ".join(f"{objects[k]} {k}" for k in ("added", "changed", "removed") if objects[k])
        counts = counts if release["status"] == "ok" else "does not render"
        key = (release["name"], release["environment"])
        cells = "".join(_cell(found.get((*key, category), [])) for category in categories)
        yield f'<tr><th scope="row">{_text(plain.release_title(release))}</th><td>{counts}</td>{cells}</tr>'
    yield "</tbody></table></div>"


def _cell(own: list[Mapping[str, Any]]) -> str:
    if not own:
        return "<td></td>"
    worst = min(own, key=lambda finding: plain.LEVELS.index(finding["severity"]))
    level = worst["severity"]
    return f'<td class="heat {level}"><a href="#{escape(anchor(worst))}"><span>{len(own)}</span> {level}</a></td>'


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    """Those to read, then those that are waived or only recorded, folded."""
    if not report["findings"]:
        return
    yield '<h2 id="findings">Findings</h2>'
    yield from _filter(report)
    shown, _ = plain.told_apart(report)
    rest = [finding for finding in report["findings"] if finding["waived"] or finding["severity"] == "info"]
    yield from (_finding(finding, plain.home(report, finding)) for finding in shown)
    if rest:
        waived = sum(1 for finding in rest if finding["waived"])
        notes = [f"{waived} waived"] if waived else []
        notes += [plain.counted(len(rest) - waived, "note")] if len(rest) > waived else []
        yield f'<details class="notes"><summary>{" · ".join(notes)}</summary><div>'
        yield from (_finding(finding, plain.home(report, finding)) for finding in rest)
        yield "</div></details>"


def _filter(report: Mapping[str, Any]) -> Iterator[str]:
    """Shown where there are scripts to make it work."""
    categories = sorted({finding["category"] for finding in report["findings"]})
    releases = sorted({home(release) for release in report["releases"]})
    yield '<form id="filter" role="search">'
    yield '<input id="text" type="search" aria-label="Search findings and changes" placeholder="Search">'
    yield _select("level", "Severity", "all severities", plain.LEVELS)
    yield _select("category", "Category", "all categories", categories)
    yield _select("release", "Release", "all releases", releases) if len(releases) > 1 else ""
    yield '<button id="unfold" type="button">Open all</button><output id="found"></output></form>'


def _select(name: str, label: str, every: str, choices: Iterable[str]) -> str:
    options = "".join(f"<option>{_text(choice)}</option>" for choice in choices)
    return f'<select id="{name}" aria-label="{label}"><option value="">{every}</option>{options}</select>'


def _finding(finding: Mapping[str, Any], own: str) -> str:
    level = finding["severity"]
    waived = finding["waived"]
    opened = " open" if level == "blocker" and not waived else ""
    soft = " · ".join(filter(None, (_code(finding["rule"]), _text(own), "waived" if waived else "")))
    head = f'<span class="badge {level}">{level}</span><span class="what">{_text(finding["title"])} '
    head += f'<span class="soft">{soft}</span></span>'
    rows = [("Release", _code(own))] if own else []
    rows += [
        ("Where", _code(plain.place(finding))),
        ("Breaks", _text(finding["why"])),
        ("Do", _text(finding["remedy"])),
    ]
    rows += [("Also", _listed(also))] if (also := plain.elsewhere(finding)) else []
    rows += [("Sure", _text(finding["confidence"]))]
    rows += [("Evidence", _listed(finding["evidence"]))] if finding["evidence"] else []
    rows += [("Waived", _text(plain.waiver(finding)))] if waived else []
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    marks = (
        f'data-level="{level}" data-category="{_text(finding["category"])}" data-release="{_text(_release(finding))}"'
    )
    return (
        f'<article id="{escape(anchor(finding))}" {marks}><details{opened}><summary>{head}</summary>'
        f"<div><dl>{listed}</dl></div></details></article>"
    )


def _release(finding: Mapping[str, Any]) -> str:
    return home({"name": finding["release"], "environment": finding.get("environment", "")})


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
    return ", ".join(map(_code, texts[:_MOST_NAMED])) + more


def _gaps(report: Mapping[str, Any]) -> Iterator[str]:
    if report["not_evaluated"]:
        needs: dict[str, list[str]] = {}
        for gap in report["not_evaluated"]:
            needs.setdefault(gap["needs"], []).append(gap["rule"])
        yield '<h2 id="gaps">Not evaluated</h2>\n<ul>'
        yield from (
            f"<li>without a {_text(need)}: {', '.join(map(_code, rules))}</li>" for need, rules in sorted(needs.items())
        )
        yield "</ul>"
