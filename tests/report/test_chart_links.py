"""The links of a chart that moves, in every format; a stranger's report cannot smuggle one in."""

import json
from pathlib import Path

import msgspec
import pytest

from pipeline.cli import run
from pipeline.core.judge import report_document
from pipeline.report import comment, html, markdown, terminal
from tests.support.charts import pack
from tests.support.platforms import CHART

HOME = "sources: ['https://github.com/o/web']\n"
URL = "https://github.com/o/web/releases"


@pytest.fixture
def charts(tmp_path: Path) -> list[str]:
    found = []
    for version in ("1.0.0", "1.1.0"):
        files = {**CHART, "Chart.yaml": CHART["Chart.yaml"].replace("1.0.0", version) + HOME}
        (tmp_path / f"{version}.tgz").write_bytes(pack({f"web/{name}": text for name, text in files.items()}))
        found.append(f"chart:{tmp_path / f'{version}.tgz'}")
    return found


def test_each_format_links_what_moves(charts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    assert run(["diff", *charts, "--engine", "embedded", "-o", f"json={file}"]) == 0
    report = report_document.from_data(json.loads(file.read_text()))
    assert f"  web 1.0.0 → 1.1.0: release notes {URL}\n" in terminal.render(report)
    line = f"- `web 1.0.0 → 1.1.0`: [release notes](<{URL}>)\n"
    assert line in markdown.render(report)
    assert line in comment.render(report)
    assert f'<a href="{URL}" rel="noopener noreferrer">release notes</a>' in html.render(report)
    capsys.readouterr()
    assert run(["diff", charts[0], charts[0], "--engine", "embedded"]) == 0
    assert URL not in capsys.readouterr().out


@pytest.mark.parametrize(
    "link", [("release notes", "javascript:alert(1)"), ("click `me`", URL), ("changelog", "https://x>")]
)
def test_a_strangers_report_cannot_link_elsewhere(charts: list[str], tmp_path: Path, link: tuple[str, str]) -> None:
    file = tmp_path / "report.json"
    assert run(["diff", *charts, "--engine", "embedded", "-o", f"json={file}"]) == 0
    report = report_document.from_data(json.loads(file.read_text()))
    (release,) = report.releases
    entry = report_document.LinkEntry(*link)
    chart = msgspec.structs.replace(release.chart, links=(entry,))
    forged = msgspec.structs.replace(report, releases=(msgspec.structs.replace(release, chart=chart),))
    for shown in (terminal.render(forged), markdown.render(forged), comment.render(forged), html.render(forged)):
        assert link[1] not in shown
        assert link[0] not in shown
