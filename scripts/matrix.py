"""Runs the tests on every Python from 3.11 to 3.13 that is found, each in an environment of its own (.venv-3.12 …).

usage: python scripts/matrix.py [pytest's arguments]
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.12", "3.13")


def main(arguments: list[str]) -> int:
    """0 if the tests pass on every Python found; those that are not found are named."""
    results = {}
    for version in VERSIONS:
        python = _find(version)
        results[version] = _test(version, python, arguments) if python else "not found on this machine"
    for version, result in results.items():
        print(f"Python {version}: {result}")
    return any(result == "fails" for result in results.values())


def _find(version: str) -> str | None:
    """On PATH, or as pyenv keeps them; a shim that does not answer to its version is not one."""
    kept = sorted(_pyenv().glob(f"versions/{version}.*/bin/python"))
    candidates = [shutil.which(f"python{version}"), *map(str, kept)]
    return next((path for path in candidates if path and _version(path) == version), None)


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _version(python: str) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=False).stdout.strip()


def _test(version: str, python: str, arguments: list[str]) -> str:
    folder = f".venv-{version}"
    print(f"== Python {version}: {python}", flush=True)
    steps = (
        [python, "scripts/set_up.py", folder, "run-test"],
        [f"{folder}/bin/python", "-m", "pytest", "-q", *arguments],
    )
    return "passes" if all(subprocess.run(step, cwd=ROOT, check=False).returncode == 0 for step in steps) else "fails"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
