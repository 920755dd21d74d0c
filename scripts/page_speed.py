"""Prints how fast a large report opens in a browser, and how fast a comment is made of it: as ratios to an empty page.

usage: python -m scripts.page_speed [REPORT.json ...] (with chromium on PATH). Without a report: 40 releases that change
by 5 MB together. First paint is the browser's own entry; interactive is when the page's script has run and a frame was
drawn after it. The rounds are interleaved with those of an empty page, and the medians are taken.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline import rules
from pipeline.cli.report import read
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.writer import dump
from pipeline.report import comment, html
from pipeline.report.structured import document
from tests.support.browser import Page

ROUNDS = 5
EMPTY = "<!doctype html><title>empty</title><p>x</p>"
PAINT = """new Promise((done) => new PerformanceObserver((seen) => done(seen.getEntries()[0].startTime))
  .observe({ type: "paint", buffered: true }))"""
INTERACTIVE = """new Promise((done) => requestAnimationFrame(() => setTimeout(
  () => done(performance.now()), 0)))"""


def main(paths: Sequence[str]) -> None:
    """A line a report, and one for the empty page."""
    reports = {path: read(Path(path)) for path in paths} or {"40 releases": large()}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Page(Path(folder)) as page:
        for name, report in reports.items():
            _measure(page, Path(folder), name, report)


def large(releases: int = 40, objects: int = 28, lines: int = 60) -> ReportDocument:
    """Every line of every object changes, and no two releases change alike."""

    def snapshot(word: str) -> Snapshot:
        found = {}
        for release in range(releases):
            rows = [f"line {number} of release {release} says {word}" for number in range(lines)]
            bodies = [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{n}"}, "data": {"t": "\n".join(rows)}}
                for n in range(objects)
            ]
            manifests = parse("---\n".join(map(dump, bodies)), namespace="n")
            found[ReleaseKey("prod", f"r{release}")] = ReleaseSide("n", Side(manifests), "c", word)
        return Snapshot(word, found)

    return document(with_verdict(build(snapshot("old"), snapshot("new"), rules.load(), Targets()), Severity.BLOCKER))


def _measure(page: Page, folder: Path, name: str, report: ReportDocument) -> None:
    files = {"empty page": folder / "empty.html", name: folder / "report.html"}
    files["empty page"].write_text(EMPTY, encoding="utf-8")
    files[name].write_text(html.render(report), encoding="utf-8")
    found: dict[str, list[tuple[float, float]]] = {shown: [] for shown in files}
    for _ in range(ROUNDS):
        for shown, file in files.items():
            page.open(file)
            ready = page.value(INTERACTIVE)
            found[shown].append((page.value(PAINT), ready))
    base = [statistics.median(row) for row in zip(*found["empty page"], strict=True)]
    for shown, file in files.items():
        paint, ready = (statistics.median(row) for row in zip(*found[shown], strict=True))
        size = file.stat().st_size / 1e6
        print(
            f"{shown:<14} {size:6.2f} MB   first paint {paint:6.0f} ms ({paint / base[0]:5.1f}x)"
            f"   interactive {ready:6.0f} ms ({ready / base[1]:5.1f}x)"
        )
    begun = time.process_time()
    text = comment.render(report)
    print(f"{'its comment':<14} {len(text) / 1e6:6.2f} MB   made in {(time.process_time() - begun) * 1000:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
