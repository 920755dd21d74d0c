"""What is small on the way and large inside is refused early: memory and time stay bounded, and the limit is named."""

import gzip
import http.server
import io
import re
import resource
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.hostile_charts import CHART_YAML, chart, refused, repository, subchart
from tests.support.platforms import served, verbs, write

MIB = 1024 * 1024
SECONDS = 20


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = repository(tmp_path / "platform", chart({}))
    monkeypatch.chdir(root)
    return root


@contextmanager
def bounded(mebibytes: int = 600, seconds: float = SECONDS) -> Iterator[None]:
    """That the block takes no more address space and processor time than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    about = Path("/proc/self/status").read_text().splitlines()
    used = int(next(line.split()[1] for line in about if line.startswith("VmData"))) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (used + mebibytes * MIB, hard))
    begun = time.process_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    assert time.process_time() - begun < seconds


def zeros(mebibytes: int) -> bytes:
    """A packed subchart of so many files of 1 MiB."""
    return subchart("sub", {f"sub/{n}": bytes(MIB) for n in range(mebibytes)})


def deep(folders: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, data in (("web/Chart.yaml", CHART_YAML.encode()), ("web/" + "a/" * folders + "x", b"")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def nested(levels: int) -> bytes:
    data = subchart("leaf")
    for level in range(levels):
        data = subchart(f"level{level}", {"sub/charts/x.tgz": data})
    return chart({"charts/x.tgz": data})


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "packed subcharts": (
        lambda: chart({f"charts/s{n}.tgz": zeros(30) for n in range(5)}),
        "unpacks to more than 100 MiB",
    ),
    "a packed subchart in each": (lambda: nested(12), "nests charts more than 8 deep"),
    "one file": (lambda: chart({"zeros": bytes(6 * MIB)}), "larger than Helm's limit"),
    "many files": (lambda: chart({f"f/{n}": b"" for n in range(20_001)}), "more than 20000 files"),
    "many subcharts of many files": (
        lambda: chart(
            {f"charts/s{n}.tgz": subchart(f"s{n}", {f"sub/{k}": b"" for k in range(3000)}) for n in range(8)}
        ),
        "more than 20000 files",
    ),
    "one path of 120,000 folders": (lambda: deep(120_000), "64 folders deep"),
    "one path of 100 folders": (lambda: deep(100), "64 folders deep"),
    "empty blocks": (
        lambda: gzip.compress(gzip.decompress(chart({})) + bytes(150 * MIB)),
        "unpacks to more than 100 MiB",
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(here: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    make, words = BOMBS[kind]
    (here / "web.tgz").write_bytes(make())
    with bounded():
        refused(["vendor"], here.parent)
    said = capsys.readouterr().err
    assert words in said
    assert "try: " in said
    assert run(["diff", "chart:web.tgz", "chart:web.tgz", "--engine", "embedded"]) == 1
    assert words in capsys.readouterr().err


def test_a_limit_is_a_setting(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (here / "pipeline.yaml").read_text()
    write(here, {"pipeline.yaml": text + "limits: {charts: {files: 1}}\n"})
    assert run(["vendor"]) == 1
    assert "limits.charts.files in pipeline.yaml is the limit" in capsys.readouterr().err
    write(here, {"pipeline.yaml": text + "limits: {charts: {files: 2}}\n"})
    verbs("vendor")


def test_nineteen_thousand_small_files_take_seconds(here: Path) -> None:
    (here / "web.tgz").write_bytes(chart({f"files/{n % 100}/{n}": b"x" for n in range(19_000)}))
    with bounded(seconds=30):
        verbs("vendor", "vendor --locked")


EIGHT = [f"l{level}c{n}" for level in range(8) for n in range(8)]
GRAPHS: dict[str, dict[str, list[str]]] = {
    # eight charts that need eight charts each, seven levels deep: two million in all
    "a fan-out": {name: EIGHT[8 * (int(name[1]) + 1) :][:8] for name in EIGHT},
    "a chain": {f"l{n}": [f"l{n + 1}"] for n in range(9)} | {"l9": []},
    "one chart often": {"l": ["m"] * 201, "m": []},
    "itself": {"l": ["l"]},
    "a ring": {"l": ["m"], "m": ["o"], "o": ["l"]},
    "itself twice": {"l": ["l", "l"]},
}


@pytest.mark.parametrize("name", GRAPHS)
def test_dependencies_end_at_the_limit(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    graph = GRAPHS[name]
    repo, first = here.parent / "repo", next(iter(graph))
    write(repo, {"x": ""})
    with served(here.parent) as url:
        for one, needed in graph.items():
            wanted = [
                f"{{name: {other}, alias: a{n}, version: 1.0.0, repository: '{url}/repo'}}"
                for n, other in enumerate(needed)
            ]
            text = f"apiVersion: v2\nname: {one}\nversion: 1.0.0\ndependencies: [{', '.join(wanted)}]\n"
            (repo / f"{one}.tgz").write_bytes(pack({"c/Chart.yaml": text}))
        lines = [f"  {one}: [{{name: {one}, version: 1.0.0, urls: [{one}.tgz]}}]\n" for one in graph]
        write(repo, {"index.yaml": "apiVersion: v1\nentries:\n" + "".join(lines)})
        write(here, {"pipeline.yaml": f"releases: [{{name: web, chart: '{url}/repo/{first}', namespace: shop}}]\n"})
        with bounded():
            refused(["vendor"], here.parent)
        said = capsys.readouterr().err
    assert re.search("more than 200 dependencies in all|nests charts more than 8 deep", said), said


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers as its path says: never, one byte at a time, or more than it should."""

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        try:
            getattr(self, kind)()
        except OSError:
            return

    def never(self) -> None:
        time.sleep(60)

    def trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b"#")
            self.wfile.flush()
            time.sleep(0.1)

    def header(self) -> None:
        for char in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 600:
            self.wfile.write(bytes([char]))
            self.wfile.flush()
            time.sleep(0.1)

    def _encoded(self, encoding: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(data)

    def once(self) -> None:
        self._encoded("gzip", gzip.compress(bytes(300 * MIB)))

    def twice(self) -> None:
        self._encoded("gzip, gzip", gzip.compress(gzip.compress(bytes(300 * MIB))))

    def other(self) -> None:
        self._encoded("br", b"\x00")

    def broken(self) -> None:
        self._encoded("gzip", b"not gzip at all")

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(bytes(MIB))

    def redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"/redirect/{time.monotonic()}")
        self.end_headers()


@contextmanager
def slow() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.block_on_close = False


@pytest.mark.parametrize("kind", ["never", "trickle", "header"])
@pytest.mark.parametrize("what", ["index", "archive"])
def test_a_server_that_hangs_is_given_up_in_time(
    here: Path, capsys: pytest.CaptureFixture[str], kind: str, what: str
) -> None:
    with slow() as url:
        source = f"{url}/{kind}/web" if what == "index" else f"{url}/{kind}/web.tgz"
        text = f"releases: [{{name: web, chart: '{source}', namespace: shop}}]\nlimits: {{charts: {{seconds: 1}}}}\n"
        write(here, {"pipeline.yaml": text})
        begun = time.monotonic()
        refused(["vendor"], here.parent)
        assert time.monotonic() - begun < 20
    said = capsys.readouterr().err
    assert "takes longer than 1 s" in said
    assert "limits.charts.seconds" in said


def test_a_socket_that_never_answers_is_given_up(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        text = f"releases: [{{name: web, chart: '{url}/web', namespace: shop}}]\nlimits: {{charts: {{seconds: 1}}}}\n"
        write(here, {"pipeline.yaml": text})
        refused(["vendor"], here.parent)
        assert "takes longer than 1 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("once", "is larger than 100 MiB"),
        ("twice", "only gzip is read, once"),
        ("other", "only gzip is read, once"),
        ("broken", "not valid gzip"),
        ("endless", "is larger than 100 MiB"),
        ("redirect", "redirect"),
    ],
)
def test_an_index_that_unpacks_without_end_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], kind: str, words: str
) -> None:
    with slow() as url:
        write(here, {"pipeline.yaml": f"releases: [{{name: web, chart: '{url}/{kind}/web', namespace: shop}}]\n"})
        with bounded():
            refused(["vendor"], here.parent)
    assert words in capsys.readouterr().err.lower().replace("mib", "MiB").replace("MIB", "MiB")
