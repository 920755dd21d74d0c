"""What judging many versions costs beside one comparison: ``python -m scripts.judge_speed FOLDER [CHART]``.

The chart's newest archives of FOLDER are served from a local repository, and the release runs the oldest of them. It
prints, of processor time, the ratio of ``pipeline outdated --judge`` over 20 newer versions to one ``pipeline diff`` of
a pair, both with nothing kept from before, and of a second run.
"""

import http.server
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

import yaml

from pipeline.core.charts.semver import Version

VERSIONS = 20
TOOLS = Path(__file__).parent.parent / ".tools"
PIPELINE = [sys.executable, "-m", "pipeline", "--quiet"]


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def main(folder: Path, chart: str) -> None:
    """Serve, judge, compare, and print."""
    helm = shutil.which("helm", path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}") or sys.exit("there is no helm")
    with tempfile.TemporaryDirectory(prefix="judge-speed-") as name:
        home = Path(name)
        os.environ |= {"HOME": name, "XDG_STATE_HOME": f"{name}/state", "PYTHONPYCACHEPREFIX": f"{name}/compiled"}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        archives = _newest(folder, chart)
        (home / "repository").mkdir()
        for archive in archives:
            shutil.copy(archive, home / "repository")
        subprocess.run([helm, "repo", "index", str(home / "repository")], check=True)
        rows = yaml.load((home / "repository/index.yaml").read_text(), yaml.CSafeLoader)["entries"][chart]
        versions = sorted((row["version"] for row in rows), key=Version.parse)
        with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(_Silent, directory=str(home / "repository"))
        ) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            platform = _platform(home, chart, versions[0], f"http://127.0.0.1:{server.server_address[1]}")
            _measure(home, platform, archives, len(versions) - 1)
            server.shutdown()


def _newest(folder: Path, chart: str) -> list[Path]:
    found = [(Version.parse(path.stem.removeprefix(f"{chart}-")), path) for path in folder.rglob(f"{chart}-[0-9]*.tgz")]
    return [path for _, path in sorted(found)][-VERSIONS - 1 :]


def _platform(home: Path, chart: str, version: str, url: str) -> Path:
    platform = home / "platform"
    platform.mkdir()
    release = f"- {{name: it, chart: shop/{chart}, version: '{version}', namespace: it}}\n"
    (platform / "pipeline.yaml").write_text(f"repositories: {{shop: {{url: '{url}'}}}}\nreleases:\n{release}")
    subprocess.run(["git", "init", "--quiet", str(platform)], check=True)
    for verb in ("vendor", "render"):
        _used([*PIPELINE, verb], platform, home / "setup")
    for words in (
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "a"],
    ):
        subprocess.run(["git", "-C", str(platform), *words], check=True)
    return platform


def _measure(home: Path, platform: Path, archives: list[Path], number: int) -> None:
    pair = [f"chart:{path}" for path in archives[-2:]]
    one = _used([*PIPELINE, "diff", *pair], home, home / "of-diff", fine=(0, 3))
    judge = [*PIPELINE, "outdated", "it", "--judge"]
    first = _used(judge, platform, home / "of-judge")
    again = _used(judge, platform, home / "of-judge")
    print(f"{number} versions: first run {first:.1f} s, second {again:.1f} s; one diff of a pair {one:.1f} s")
    print(f"ratio to one diff: first run {first / one:.1f}, second run {again / one:.2f}")


def _used(command: list[str], folder: Path, cache: Path, fine: tuple[int, ...] = (0,)) -> float:
    """Seconds of processor time, with all that is kept between runs in ``cache``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in fine:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else "kube-prometheus-stack")
