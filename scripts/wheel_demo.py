"""Builds the wheel, installs it into a fresh environment, and runs the demo and every report format from it.

usage: python scripts/wheel_demo.py [FOLDER]: the wheel is left in FOLDER. What the source tree has and the wheel lacks
(a data file, a module) fails here, because the demo is run from a folder without the source.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEEDED = ("pipeline.yaml", "values", "overlays", "examples", "scripts/demo.py")
FORMATS = ("terminal", "json", "markdown", "comment", "summary", "html", "sarif", "junit")
SIDES = ("chart:examples/lattice/1.4.0", "chart:examples/lattice/2.0.0")
TOO_RISKY = 3


def main(folder: str = "") -> None:
    """Exit 0 where the wheel does all of it."""
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        wheel = built(here / "dist")
        python = installed(here / "environment", wheel)
        away = without_source(here / "away")
        run([str(python), "scripts/demo.py"], away)
        for form in FORMATS:
            written = away / f"report.{form}"
            options = ["--kube-version", "1.34.0", "--engine", "embedded", "-o", f"{form}={written}"]
            run([str(python), "-m", "pipeline", "diff", *SIDES, *options], away, fine=TOO_RISKY)
            assert written.stat().st_size, f"{form} is empty"
        assert (python.parent.parent / "share/man/man1/pipeline-diff.1").is_file(), "the man pages are missing"
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(wheel, folder)
        print(f"{wheel.name} works from a fresh environment", flush=True)


def built(dist: Path) -> Path:
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(dist), str(ROOT)], ROOT)
    (wheel,) = dist.glob("*.whl")
    return wheel


def installed(folder: Path, wheel: Path) -> Path:
    """The Python of a new environment that holds the wheel and what it depends on, and nothing else of ours."""
    run([sys.executable, "-m", "venv", str(folder)], ROOT)
    python = folder / "bin" / "python"
    run([str(python), "-m", "pip", "install", "--quiet", f"{wheel}[kustomize]"], ROOT)
    return python


def without_source(folder: Path) -> Path:
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return folder


def run(command: list[str], folder: Path, fine: int = 0) -> None:
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode not in (0, fine):
        sys.exit(f"{' '.join(command)} failed with exit code {done.returncode}")


if __name__ == "__main__":
    main(*sys.argv[1:])
