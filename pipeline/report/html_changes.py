"""The folded diffs of the HTML page, side by side: what was on the left, what is on the right."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby, zip_longest
from typing import Any

from pipeline.report import plain
from pipeline.report.text_rows import Row, by_line, rows

_LONGEST = 2_000
"""Characters of a value: what is longer is shortened, its finding says what matters."""
_MOST_LINES = 1_000
_MOST_CHANGES = 2_000_000
"""Characters of all diffs together: beyond it objects are named and not opened."""


def changes(report: Mapping[str, Any]) -> Iterator[str]:
    """A section a release, an entry an object."""
    room = _MOST_CHANGES
    title = '<h2 id="changes">Changes</h2>'
    for release in report["releases"]:
        shown, folded = plain.shown_changes(report, release)
        if not shown and not folded:
            continue
        yield f'{title}<section data-release="{escape(home(release))}"><h3>{escape(plain.release_title(release))}</h3>'
        title = ""
        for change in shown:
            text = _change(change)
            room -= len(text)
            yield text if room > 0 else f'<p class="change">{_head(change)}: too much to show here</p>'
        if folded:
            yield f'<p class="soft">{plain.counted(folded, "object")} differ in version labels and checksums only.</p>'
        yield "</section>"


def home(release: Mapping[str, Any]) -> str:
    """What filters know a release by: ``prod/web``."""
    name = f"{release['environment']}/{release['name']}" if release["environment"] else release["name"]
    return plain.line(name)


def _code(text: str) -> str:
    return f"<code>{escape(plain.line(text))}</code>"


def _head(change: Mapping[str, Any]) -> str:
    unexplained, real = len(change.get("unaccounted", ())), plain.real_paths(change)
    notes = [plain.counted(real, "path")] if real else []
    notes += [f"{unexplained} unexplained"] if unexplained else []
    was = (
        f' <span class="soft">was {_code(plain.resource(change["old_resource"]))}</span>'
        if "old_resource" in change
        else ""
    )
    note = f' <span class="soft">{", ".join(notes)}</span>' if notes else ""
    return f"{change['action']} {_code(plain.resource(change['resource']))}{was}{note}"


def _change(change: Mapping[str, Any]) -> str:
    """Side by side: the path, what was, what is."""
    found = "".join(_field(field) for field in change["fields"] if not field.get("noise"))
    if not found:
        return f'<p class="change">{_head(change)}</p>'
    head = '<thead><tr><th scope="col">Path</th><th scope="col">Old</th><th scope="col">New</th></tr></thead>'
    table = f'<div class="wide"><table class="diff">{head}<tbody>{found}</tbody></table></div>'
    return f'<details class="change"><summary>{_head(change)}</summary><div>{table}</div></details>'


def _field(field: Mapping[str, Any]) -> str:
    name = _code(plain.path(field["path"]))
    if by_line(field):
        return f'<tr><td colspan="3" class="text">{name}{_lines(field)}</td></tr>'
    cells = (
        f'<td class="v {side}">{escape(_value(field[side]))}</td>' if side in field else '<td class="none"></td>'
        for side in ("old", "new")
    )
    return f"<tr><td>{name}</td>{''.join(cells)}</tr>"


def _lines(field: Mapping[str, Any]) -> str:
    """Which lines of a text differ, the old ones beside the new ones, with their numbers."""
    shown, more = rows(field, _MOST_LINES, around=3)
    body, last = "", 0
    for same, group in groupby(shown, key=lambda row: row.mark == " "):
        entries = list(group)
        first = min(row.number for row in entries)
        if same and last and first > last + 1:
            body += '<tr class="gap"><td colspan="4">⋯</td></tr>'
        body += "".join(_same(row) for row in entries) if same else "".join(_pair(*pair) for pair in _paired(entries))
        last = max(row.new or row.old for row in entries)
    rest = f'<p class="soft">{plain.counted(more, "more line")}</p>' if more else ""
    return f'<table class="lines"><tbody>{body}</tbody></table>{rest}'


def _paired(entries: Iterable[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Each run of lines that went beside the run that came for it."""
    went: list[Row] = []
    came: list[Row] = []
    for row in entries:
        if row.mark == "-" and came:
            yield from zip_longest(went, came)
            went, came = [], []
        (went if row.mark == "-" else came).append(row)
    yield from zip_longest(went, came)


def _same(row: Row) -> str:
    text = escape(plain.row(row.text, _LONGEST))
    cells = (f'<td>{number}</td><td class="l">  {text}</td>' for number in (row.old, row.new))
    return f'<tr class="same">{"".join(cells)}</tr>'


def _pair(old: Row | None, new: Row | None) -> str:
    return f"<tr>{_side(old, 'old')}{_side(new, 'new')}</tr>"


def _side(row: Row | None, side: str) -> str:
    if row is None:
        return '<td class="none"></td><td class="none"></td>'
    return f'<td>{row.number}</td><td class="l {side}">{row.mark} {escape(plain.row(row.text, _LONGEST))}</td>'


def _value(value: Any) -> str:
    text = plain.safe(value) if isinstance(value, str) else plain.value(value, _LONGEST)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
