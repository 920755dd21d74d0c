"""Sets up a virtual environment for this repository with plain pip, unless it is up to date.

usage: python scripts/set_up.py FOLDER run|run-rule|run-test|run-dev

"run" is pipeline itself, "run-rule" also what the cases of rules need, "run-test" what all tests need (with the helm
binary, where there is one for this platform), "run-dev" also the checkers. Needs Python >= 3.11 and pip (22 or
newer), and only the standard library.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXTRAS = {"run": "kustomize", "run-rule": "rule", "run-test": "kustomize,test", "run-dev": "kustomize,test,dev"}


def main(folder: str, what: str) -> None:
    """Create the environment, install what is asked for, remember it in a stamp file."""
    venv = ROOT / folder
    python = venv / "bin" / "python"
    stamp = venv / f"{what}.stamp"
    if stamp.exists() and stamp.read_text() == _key() and python.exists():
        _compile(python)
        return
    print(
        f"Setting up {folder} ({what}) with {sys.executable}: once, and a minute or two where pip is slow.", flush=True
    )
    if not python.exists():
        _create(venv)
    locked = [] if what == "run" else ["--constraint", "requirements-dev.lock"]
    _pip(python, "install", "--quiet", *locked, "--editable", f".[{EXTRAS[what]}]")
    if what in ("run-test", "run-dev"):
        _run(str(python), "scripts/fetch_tools.py", what)
    _compile(python)
    stamp.write_text(_key())


def _compile(python: Path) -> None:
    """What pip only links to, no one compiles where PYTHONDONTWRITEBYTECODE is set; and that costs each start 0.3 s."""
    _run(str(python), "-m", "compileall", "-q", "pipeline")


def _key() -> str:
    """Changes with what would be installed, and with the Python that it is installed for."""
    names = ("pyproject.toml", "scripts/set_up.py", "scripts/fetch_tools.py", "requirements-dev.lock")
    files = tuple(ROOT / name for name in names)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"{sys.version}\n{digest}\n"


def _create(venv: Path) -> None:
    """A Python without ensurepip (Debian's, without python3-venv) still makes an environment; pip is then its own."""
    with_pip = (
        subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
    )
    _run(sys.executable, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(venv))


def _pip(python: Path, *arguments: str) -> None:
    own = subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    command = [str(python), "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", str(python)]
    _run(*command, *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"Set-up failed at: {' '.join(command)}\nSee what it printed above; then run make again.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder, what] if what in EXTRAS:
            main(folder, what)
        case _:
            sys.exit(__doc__)
