"""What vendoring costs beside helm: ``python -m scripts.vendor_speed FOLDER``, a folder that has chart archives.

A hundred of them are served from a local repository. It prints the ratio of a loop of ``helm pull --untar`` to one
``pipeline vendor``, and what ``vendor --locked`` costs beyond ``pipeline --version`` when there is nothing to do.
"""

import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import yaml

MOST = 100
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
    (home / "platform").mkdir()
    text = f"repositories: {{shop: {{url: '{url}'}}}}\nreleases:\n" + "\n".join(rows) + "\n"
    (home / "platform/pipeline.yaml").write_text(text)
    subprocess.run(["git", "init", "--quiet", str(home / "platform")], check=True)
    pipeline = [sys.executable, "-m", "pipeline", "--quiet"]
    ours = _seconds([*pipeline, "vendor"], home / "platform")
    begun = time.monotonic()
    for name, version in charts:
        where = ["--untar", "--untardir", str(home / "pulled" / f"{name}-{version}")]
        command = [helm, "pull", name, "--repo", url, "--version", version, *where]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    theirs = time.monotonic() - begun
    ratio = theirs / ours
    print(f"{len(charts)} charts: helm pull {theirs:.2f} s, pipeline vendor {ours:.2f} s: {ratio:.1f} times as fast")
    start = min(_seconds([*pipeline, "--version"], home) for _ in range(5))
    locked = min(_seconds([*pipeline, "vendor", "--locked"], home / "platform") for _ in range(5))
    print(f"vendor --locked: {locked:.2f} s, {locked - start:.2f} s beyond a start of {start:.2f} s")


def _seconds(command: list[str], folder: Path) -> float:
    begun = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(TOOLS.parent)}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.monotonic() - begun


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder] if Path(folder).is_dir():
            main(Path(folder))
        case _:
            sys.exit(__doc__)
