"""Charts that need other charts: what is vendored renders as Helm renders the same chart, or is refused by name."""

import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.yaml.reader import load_all
from tests.support.charts import pack
from tests.support.platforms import git, platform, served, verbs, write
from tests.support.tools import tool

SHOWN = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: '{{{{ .Chart.Name }}}}-{0}'}}\n"
    "data: {{v: '{{{{ .Chart.Version }}}}'}}\n"
)


def chart(name: str, version: str, more: str = "", api: str = "v2") -> dict[str, str]:
    return {
        "Chart.yaml": f"apiVersion: {api}\nname: {name}\nversion: {version}\n{more}",
        "templates/main.yaml": SHOWN.format("main"),
        f"templates/{version}.yaml": SHOWN.format(f"only-{version.replace('.', '-')}"),
    }


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in files.items()}


def rendered(root: Path) -> set[tuple[str, str]]:
    files = (root / "rendered").rglob("*.yaml")
    return {(d["metadata"]["name"], d["data"]["v"]) for f in files for d in load_all(f.read_text())}


def by_helm(folder: Path) -> set[tuple[str, str]]:
    subprocess.run([tool("helm"), "dependency", "update", folder], check=True, capture_output=True)
    out = subprocess.run([tool("helm"), "template", "web", folder], check=True, capture_output=True, text=True).stdout
    return {(d["metadata"]["name"], d["data"]["v"]) for d in load_all(out) if d}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with queue 1.0.0 and 2.0.0 beside the chart web."""
    queues = below("charts/queue-1", chart("queue", "1.0.0")) | below("charts/queue-2", chart("queue", "2.0.0"))
    root = platform(tmp_path / "platform", queues)
    monkeypatch.chdir(root)
    return root


def needs(*rows: str) -> str:
    return "dependencies:\n" + "".join(f"- {{{row}}}\n" for row in rows)


OLD = "name: queue, version: 1.0.0, repository: 'file://../queue-1'"
NEW = "name: queue, version: 2.0.0, repository: 'file://../queue-2'"


@pytest.mark.parametrize(
    "declares",
    [
        needs(f"{OLD}, alias: blue", f"{NEW}, alias: green"),
        needs(f"{NEW}, alias: green", f"{OLD}"),
        needs(f"{OLD}, alias: blue", f"{OLD}, alias: cyan"),
        needs(f"{OLD}, alias: blue"),
        needs("name: queue, version: ^1, repository: 'file://../queue-1', alias: one", f"{NEW}, alias: two"),
    ],
)
@pytest.mark.parametrize("lock", [False, True])
def test_two_versions_of_one_chart_live_side_by_side(here: Path, declares: str, *, lock: bool) -> None:
    write(here, below("charts/web", chart("web", "1.0.0", declares)))
    (here / "charts/web/templates/a.yaml").unlink()
    copy = here.parent / "copy"
    subprocess.run(["cp", "-r", here / "charts", copy], check=True)
    expected = by_helm(copy / "web")
    if lock:
        write(here, {"charts/web/Chart.lock": (copy / "web/Chart.lock").read_text()})
    verbs("vendor", "vendor --locked", "render")
    assert rendered(here) == expected
    verbs("commit")
    verbs("vendor --update")
    assert git(here, "status", "--porcelain", "--", "vendor_charts", "pipeline.lock") == ""


def test_two_versions_come_from_a_repository_nested_too(here: Path) -> None:
    repo = here.parent / "repo"
    rows = [
        f"name: queue, version: {v}.x, repository: '@URL@', alias: {alias}"
        for v, alias in (("1", "blue"), ("2", "green"))
    ]
    with served(repo) as url:
        mid = chart("mid", "1.0.0", needs(*rows).replace("@URL@", url))
        entries = []
        for files in (chart("queue", "1.0.0"), chart("queue", "2.0.0"), mid):
            name, version = (line.split(": ")[1] for line in files["Chart.yaml"].splitlines()[1:3])
            write(repo, {"x": ""})
            (repo / f"{name}-{version}.tgz").write_bytes(pack(below(name, files)))
            entries.append((name, f"{{name: {name}, version: {version}, urls: [{name}-{version}.tgz]}}"))
        lines = "".join(f"  {n}: [{', '.join(text for one, text in entries if one == n)}]\n" for n in ("queue", "mid"))
        write(repo, {"index.yaml": f"apiVersion: v1\nentries:\n{lines}"})
        web = chart("web", "1.0.0", needs(f"name: mid, version: 1.0.0, repository: '{url}'"))
        write(here, below("charts/web", web))
        (here / "charts/web/templates/a.yaml").unlink()
        verbs("vendor", "render", "vendor --update")
    names = {name for name, _ in rendered(here)}
    assert {"blue-only-1-0-0", "green-only-2-0-0", "mid-main"} <= names
    assert not {"blue-only-2-0-0", "green-only-1-0-0", "queue-main"} & names
    lock = (here / "pipeline.lock").read_text()
    assert "        charts/mid/charts/blue:\n" in lock


REFUSED = [
    (
        chart("web", "1.0.0", needs(NEW)) | below("charts/queue", chart("queue", "1.0.0")),
        "web 1.0.0 declares queue 2.0.0, but charts/ holds queue 1.0.0 (charts/queue)",
    ),
    (
        chart("web", "1.0.0", needs("name: queue, version: '>=1'"))
        | below("charts/a", chart("queue", "1.0.0"))
        | below("charts/b", chart("queue", "2.0.0")),
        "holds queue 1.0.0 (charts/a) and queue 2.0.0 (charts/b): Helm takes either, by chance",
    ),
    (chart("web", "1.0.0", needs("name: queue, version: 1.0.0")), "charts/ does not hold it, and it names no rep"),
    (
        chart("web", "1.0.0", needs("name: queue, repository: 'https://charts.example.org'")),
        "declares queue: charts/ does not hold it, and it names no version",
    ),
    (
        chart("web", "1.0.0", "", "v1")
        | {"requirements.yaml": needs(NEW)}
        | below("charts/q", chart("queue", "1.0.0")),
        "web 1.0.0 declares queue 2.0.0, but charts/ holds queue 1.0.0 (charts/q)",
    ),
    (
        chart("web", "1.0.0")
        | below("charts/mid", chart("mid", "1.0.0", needs(NEW)))
        | below("charts/mid/charts/queue", chart("queue", "1.0.0")),
        "web 1.0.0 > charts/mid declares queue 2.0.0, but charts/ holds queue 1.0.0 (charts/queue)",
    ),
]
REFUSED_OF_FOLDERS = [
    (
        chart("web", "1.0.0", needs("name: queue, version: '>=1', repository: 'file://../queue-2', alias: a", OLD)),
        "declares queue >=1 as a, and charts/ holds queue 2.0.0 (charts/a) and queue 1.0.0 (charts/queue)",
    ),
    (
        chart("web", "1.0.0", needs("name: queue, version: ^1, repository: 'file://../queue-1'"))
        | {"Chart.lock": "dependencies: [{name: queue, version: 2.0.0, repository: 'file://../queue-1'}]\n"},
        "web 1.0.0: Chart.lock has queue 2.0.0, and the chart declares queue ^1",
    ),
    (
        chart("web", "1.0.0", needs("name: queue, version: ^1"))
        | below("charts/queue", chart("queue", "1.0.0"))
        | {"Chart.lock": "dependencies: [{name: queue, version: 1.5.0}]\n"},
        "its lock has queue 1.5.0, but charts/ holds queue 1.0.0 (charts/queue)",
    ),
]


@pytest.mark.parametrize(("web", "words"), [*REFUSED, *REFUSED_OF_FOLDERS])
def test_a_charts_folder_that_is_stale_or_ambiguous_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], web: dict[str, str], words: str
) -> None:
    write(here, below("charts/web", web))
    assert run(["vendor"]) == 1
    assert words in capsys.readouterr().err
    assert not (here / "vendor_charts").exists()


@pytest.mark.parametrize(("web", "words"), REFUSED)
def test_so_is_that_of_a_package(
    here: Path, capsys: pytest.CaptureFixture[str], web: dict[str, str], words: str
) -> None:
    (here / "charts/web-1.0.0.tgz").write_bytes(pack(below("web", web)))
    text = (here / "pipeline.yaml").read_text().replace("./charts/web", "./charts/web-1.0.0.tgz")
    write(here, {"pipeline.yaml": text})
    assert run(["vendor"]) == 1
    assert words in capsys.readouterr().err
    assert not (here / "vendor_charts").exists()


@pytest.mark.parametrize("lock", [False, True])
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_requirements_are_read_with_their_lock(here: Path, api: str, *, lock: bool) -> None:
    row = "name: queue, version: '>=1', repository: 'file://../queue-2', alias: back"
    files = chart("web", "1.0.0", "", api) | {"requirements.yaml": needs(row)}
    write(here, below("charts/web", files))
    (here / "charts/web/templates/a.yaml").unlink()
    if lock:
        write(here, {"charts/web/requirements.lock": "dependencies: [{name: queue, version: 2.0.0}]\n"})
    verbs("vendor", "render")
    assert {"back-main", "back-only-2-0-0", "web-main"} <= {name for name, _ in rendered(here)}
    if lock:
        write(here, {"charts/web/requirements.lock": "dependencies: [{name: queue, version: 1.0.0}]\n"})
        assert run(["vendor"]) == 64
