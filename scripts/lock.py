"""Writes requirements-dev.lock: the versions that pip resolves today for everything this repository is developed with.

usage: python scripts/lock.py. ``make set-up-test`` and ``set-up-dev`` install under these constraints; users of the
package are not bound by them. Only names and versions are written, so the file says nothing of where they came from.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements-dev.lock"
HEAD = "# Written by `make lock`: what development and CI install. Not for users of the package.\n"


def main() -> None:
    """Resolve as for an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, f"{ROOT}[kustomize,test,dev]"], cwd=folder, check=True
        )
        found = [item["metadata"] for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    rows = sorted(f"{normal(item['name'])}=={item['version']}" for item in found if item["name"] != "chart-verdict")
    LOCK.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def normal(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
