"""Small repositories that tests run the verbs in, and a real chart repository over HTTP."""

import functools
import hashlib
import http.server
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from pipeline.cli import run
from tests.support.charts import pack

CONFIG = "releases:\n  - {name: web, chart: ./charts/web, namespace: shop}\nhelm: {engine: embedded}\n"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "port: 80\n",
    "templates/a.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\n"
        "spec: {ports: [{name: http, port: {{ .Values.port }}}]}\n"
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n"
    ),
}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def platform(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A repository with one release of a local chart, committed, nothing vendored yet."""
    chart = {f"charts/web/{name}": text for name, text in CHART.items()}
    write(root, {"pipeline.yaml": CONFIG} | chart | dict(files or {}))
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "start")
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True).stdout


def verbs(*lines: str) -> None:
    """Run verbs that must succeed, in the working folder."""
    for line in lines:
        code = run(line.split())
        assert code == 0, f"pipeline {line} exited with {code}"


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file but Git's own."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.relative_to(root).parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; asks for a password below /private, and answers 503 to the first request of /flaky."""

    seen: ClassVar[list[tuple[str, str]]] = []

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        first = not any(path == self.path for path, _ in self.seen)
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        if self.path.startswith("/private") and self.headers.get("Authorization") != "Basic dXNlcjpzM2NyM3Q=":
            self.send_error(401)
        elif self.path.startswith("/flaky") and first:
            self.send_error(503)
        elif self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
        else:
            super().do_GET()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    Handler.seen = []
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def publish(
    folder: Path, versions: Mapping[str, Mapping[str, str]], digest: str | None = None, name: str = "web"
) -> None:
    """A chart repository of the chart ``name``: each version's files as an archive, and the index."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for version, files in versions.items():
        data = pack({f"{name}/{path}": text.replace("1.0.0", version) for path, text in files.items()})
        (folder / f"{name}-{version}.tgz").write_bytes(data)
        found = digest or hashlib.sha256(data).hexdigest()
        entries.append(f"  - {{name: {name}, version: {version}, digest: '{found}', urls: [{name}-{version}.tgz]}}\n")
    text = f"apiVersion: v1\nentries:\n  {name}:\n" + "".join(entries)
    (folder / "index.yaml").write_text(text, encoding="utf-8")
