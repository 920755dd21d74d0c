"""The HTML report in a real browser: its script runs under its own policy, and nothing of the report does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.report import html
from tests.report.test_formats import HOSTILE, report


def page(path: Path, text: str) -> str:
    """The document as the browser has it after the page's script ran."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    path.write_text(html.render(report(text)), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run([chromium, *options, path.as_uri()], capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


@pytest.mark.slow
def test_its_own_script_runs_and_counts_the_findings(tmp_path: Path) -> None:
    dom = page(tmp_path / "report.html", "web")
    assert 'class="js"' in dom
    count = dom.count("<article")
    assert f">{count} of {count}</output>" in dom


@pytest.mark.slow
def test_nothing_of_a_manifest_becomes_an_element(tmp_path: Path) -> None:
    dom = page(tmp_path / "report.html", "".join(HOSTILE[:3]) + HOSTILE[5])
    assert not re.search(r"<img|<script>alert", dom)
    assert dom.count("<script") == 1
