"""What vendoring costs beside helm: ``python -m scripts.vendor_speed FOLDER``, a folder that has chart archives.

A hundred of them are served from a local repository. It prints the ratio of a loop of ``helm pull --untar`` to one
``pipeline vendor``, its memory for few charts and for all, and what ``vendor --locked`` costs beyond
``pipeline --version`` when there is nothing to do.
"""

import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

MOST = 100
FEW = 4
"""One in so many is vendored alone: charts of the same sizes, but fewer."""
TOOLS = Path(__file__).parent.parent / ".tools"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def main(folder: Path) -> None:
    """Serve, pull, vendor, and print."""
    helm = shutil.which("helm", path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}") or sys.exit("there is no helm")
    with tempfile.TemporaryDirectory(prefix="vendor-speed-") as name:
        home = Path(name)
        os.environ |= {"HOME": name, "XDG_CACHE_HOME": f"{name}/cache", "XDG_STATE_HOME": f"{name}/state"}
        os.environ["PYTHONPYCACHEPREFIX"] = f"{name}/compiled"  # as installed: nothing is compiled in what is measured
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        (home / "repository").mkdir()
        for archive in sorted(folder.rglob("*.tgz")):
            (home / "repository" / archive.name).write_bytes(archive.read_bytes())
        subprocess.run([helm, "repo", "index", str(home / "repository")], check=True)
        entries = yaml.load((home / "repository/index.yaml").read_text(), yaml.CSafeLoader)["entries"]
        charts = [(name, row["version"]) for name, rows in sorted(entries.items()) for row in rows][:MOST]
        handler = partial(_Quiet, directory=str(home / "repository"))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            _measure(home, helm, f"http://127.0.0.1:{server.server_address[1]}", charts)
            server.shutdown()


def _measure(home: Path, helm: str, url: str, charts: list[tuple[str, str]]) -> None:
    rows = [
        f"- {{name: r{number}, chart: shop/{name}, version: '{version}', namespace: a}}"
        for number, (name, version) in enumerate(charts)
    ]
    platform, pipeline = home / "platform", [sys.executable, "-m", "pipeline", "--quiet"]
    platform.mkdir()
    text = f"repositories: {{shop: {{url: '{url}'}}}}\nreleases:\n" + "\n".join(rows) + "\n"
    (platform / "pipeline.yaml").write_text(text)
    subprocess.run(["git", "init", "--quiet", str(platform)], check=True)
    _run([*pipeline, "vendor", "r0"], platform)  # compiles, as an installation does
    few = _fresh([*pipeline, "vendor", *(f"r{number}" for number in range(0, len(charts), FEW))], home)
    ours = _fresh([*pipeline, "vendor"], home)
    theirs = _Cost()
    for name, version in charts:
        where = ["--untar", "--untardir", str(home / "pulled" / f"{name}-{version}")]
        theirs += _run([helm, "pull", name, "--repo", url, "--version", version, *where], home)
    print(f"{len(charts)} charts: helm pull {theirs}; pipeline vendor {ours}")
    print(f"ratio: {theirs.seconds / ours.seconds:.1f}, of processor time {theirs.used / ours.used:.1f}")
    print(f"memory: {few.mib:.0f} MiB for every fourth chart, {ours.mib:.0f} MiB for all")
    start = min((_run([*pipeline, "--version"], home) for _ in range(5)), key=lambda cost: cost.seconds)
    locked = min((_run([*pipeline, "vendor", "--locked"], platform) for _ in range(5)), key=lambda cost: cost.seconds)
    print(f"vendor --locked: {locked}; beyond a start: {locked.seconds - start.seconds:.2f} s")


@dataclass(frozen=True)
class _Cost:
    """``seconds`` on the clock, ``used`` by processors, and memory at its peak."""

    seconds: float = 0
    used: float = 0
    mib: float = 0

    def __add__(self, other: "_Cost") -> "_Cost":
        return _Cost(self.seconds + other.seconds, self.used + other.used, max(self.mib, other.mib))

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.used:.2f} s of processors)"


def _fresh(command: list[str], home: Path) -> _Cost:
    for folder in (home / "platform/vendor_charts", home / "cache"):
        shutil.rmtree(folder)
    (home / "platform/pipeline.lock").unlink()
    return _run(command, home / "platform")


def _run(command: list[str], folder: Path) -> _Cost:
    begun = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(TOOLS.parent)}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return _Cost(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder] if Path(folder).is_dir():
            main(Path(folder))
        case _:
            sys.exit(__doc__)
