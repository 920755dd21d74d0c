"""Runs the whole loop on the sample: vendor from a real chart repository, render, commit; then upgrade, diff, commit.

A copy of this repository's sample is laid out in .demo/ as a repository of its own, and left there to look around in.
"""

import functools
import gzip
import hashlib
import http.server
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEMO = ROOT / ".demo"
SAMPLE = ("pipeline.yaml", "values", "overlays")
OLD, NEW = "1.4.0", "2.0.0"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A Newcomer"), ("EMAIL", "newcomer@example.org"))
}
TOO_RISKY = 3


def main() -> None:
    """Exit 0 where every step went as it should; the verdict "blocked" is what should come out."""
    shutil.rmtree(DEMO, ignore_errors=True)
    platform, charts = DEMO / "platform", DEMO / "charts"
    lay_out(platform)
    publish(ROOT / "examples" / "lattice", charts)
    with served(charts) as url:
        replace(platform / "pipeline.yaml", "http://127.0.0.1:8879", url)
        say("A platform team runs the mesh in its version 1.4.0. The chart is vendored, rendered and committed:")
        git(platform, "init", "--quiet", "--initial-branch=main")
        git(platform, "add", ".")
        git(platform, "commit", "--quiet", "--message", "declare the platform")
        for verb in ("vendor", "render", "commit"):
            pipeline(platform, verb)
        say(f"Version {NEW} is out. One line of pipeline.yaml changes; what would the upgrade do?")
        replace(platform / "pipeline.yaml", f"version: {OLD}", f"version: {NEW}")
        print(f"$ sed -i 's/version: {OLD}/version: {NEW}/' pipeline.yaml", flush=True)
        pipeline(platform, "vendor")
        pipeline(platform, "render")
        pipeline(platform, "diff", "ref:HEAD", "worktree", fine=(TOO_RISKY,))
        say("That is what the review is about. The rendered change goes onto a branch:")
        pipeline(platform, "commit", "--branch", "upgrade-mesh")
        print("$ git show --shortstat --format=%s", flush=True)
        git(platform, "--no-pager", "show", "--shortstat", "--format=%s", "HEAD")
    say(f"The repository is in {platform.relative_to(ROOT)}/: look around. pipeline rules explain RULE says more.")


def lay_out(platform: Path) -> None:
    platform.mkdir(parents=True)
    for name in SAMPLE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, platform / name)
        else:
            shutil.copy(source, platform / name)


def publish(chart: Path, target: Path) -> None:
    """Package every version of ``chart`` into a chart repository, as ``helm package`` and ``helm repo index`` do."""
    target.mkdir(parents=True)
    entries = []
    for version in sorted(folder for folder in chart.iterdir() if folder.is_dir()):
        data = package(version, chart.name)
        name = f"{chart.name}-{version.name}.tgz"
        (target / name).write_bytes(data)
        entries += [
            (
                f"  - apiVersion: v2\n    name: {chart.name}\n    version: {version.name}\n"
                f"    digest: {hashlib.sha256(data).hexdigest()}\n    urls: [{name}]\n"
            )
        ]
    text = f"apiVersion: v1\nentries:\n  {chart.name}:\n{''.join(entries)}"
    (target / "index.yaml").write_text(text, encoding="utf-8")


def package(folder: Path, name: str) -> bytes:
    """The same bytes each time: no times, no owners."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            entry.size = path.stat().st_size
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return out.getvalue()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A chart repository over HTTP on this machine alone, on whichever port is free."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the demo's own words are enough."""


def pipeline(platform: Path, *arguments: str, fine: tuple[int, ...] = ()) -> None:
    print(f"$ pipeline {' '.join(arguments)}", flush=True)
    run(platform, (sys.executable, "-m", "pipeline", *arguments), fine)


def git(platform: Path, *arguments: str) -> None:
    run(platform, ("git", *arguments), ())


def run(platform: Path, command: tuple[str, ...], fine: tuple[int, ...]) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PIPELINE_"))}
    environment = own | IDENTITY | {"PYTHONPATH": str(ROOT), "PIPELINE_QUIET": "1"}
    done = subprocess.run(command, cwd=platform, env=environment, check=False)
    if done.returncode not in (0, *fine):
        sys.exit(f"{' '.join(command[1:])} failed with exit code {done.returncode}")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not say {old!r}"
    file.write_text(re.sub(re.escape(old), new, text), encoding="utf-8")


def say(text: str) -> None:
    print(f"\n# {text}\n", flush=True)


if __name__ == "__main__":
    main()
