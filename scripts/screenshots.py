"""Takes the README's pictures: the HTML report and the comment of the sample's upgrade, in a headless Chromium.

usage: python -m scripts.screenshots (after `make demo`, with chromium on PATH and the test extras installed)
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cmarkgfm

from pipeline.cli.report import read
from pipeline.report import comment, html

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
STYLE = """<style>body{font:14px/1.5 system-ui,sans-serif;max-width:880px;margin:24px auto;color:#1f2328}
code{background:#eff1f3;padding:.15em .35em;border-radius:5px;font-size:85%}table{border-collapse:collapse}
td,th{border:1px solid #d1d9e0;padding:5px 12px;text-align:left}h2{border-bottom:1px solid #d1d9e0}</style>"""


def main() -> None:
    """Render the report that the demo leaves, and take the pictures."""
    chromium = shutil.which("chromium") or sys.exit("there is no chromium on PATH")
    platform = ROOT / ".demo" / "platform"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        diff = [sys.executable, "-m", "pipeline", "diff", "merge-base:main", "worktree", "-o", f"json={report}"]
        subprocess.run(
            diff, cwd=platform, check=False, env={"PATH": str(Path(chromium).parent), "PYTHONPATH": str(ROOT)}
        )
        data = read(report)
        rendered = cmarkgfm.github_flavored_markdown_to_html(
            comment.render(data), cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
        )
        pages = {"report": (html.render(data), 1500), "comment": (f"{STYLE}{rendered}", 1300)}
        for name, (page, height) in pages.items():
            file = Path(folder, f"{name}.html")
            file.write_text(page, encoding="utf-8")
            shoot(chromium, file, DOCS / f"{name}.png", height)


def shoot(chromium: str, page: Path, target: Path, height: int) -> None:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size=1100,{height}"]
    command = [chromium, *options, f"--screenshot={target}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()
