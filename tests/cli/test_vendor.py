"""``pipeline vendor``: from a real chart repository over HTTP, from the disk, and against the lock."""

from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.flows.vendor import vendor
from pipeline.wiring import repository
from tests.support.charts import pack
from tests.support.platforms import CHART, Handler, platform, publish, served, snapshot, verbs, write


def config(url: str, version: str = "1.0.0", more: str = "") -> str:
    return (
        f"repositories: {{shop: {{url: '{url}'{more}}}}}\n"
        f"releases: [{{name: web, chart: shop/web, namespace: shop, version: '{version}'}}]\n"
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def test_a_chart_comes_from_its_repository_and_is_locked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(here.parent / "repo", {"1.0.0": CHART, "1.1.0": CHART, "2.0.0-rc.1": CHART})
    with served(here.parent / "repo") as url:
        write(here, {"pipeline.yaml": config(url, "^1")})
        verbs("vendor")
        assert capsys.readouterr().out == "web: 1.1.0\n"
        first = snapshot(here)
        verbs("vendor", "vendor --locked")
    assert snapshot(here) == first
    assert b"1.1.0" in first["vendor_charts/web/1.1.0/Chart.yaml"]
    lock = first["pipeline.lock"].decode()
    assert f"source: {url}/web" in lock
    assert lock.count("sha256:") == 2


def test_another_version_takes_the_old_ones_place(here: Path) -> None:
    publish(here.parent / "repo", {"1.0.0": CHART, "2.0.0": CHART})
    with served(here.parent / "repo") as url:
        write(here, {"pipeline.yaml": config(url)})
        verbs("vendor")
        write(here, {"pipeline.yaml": config(url, "2.0.0")})
        assert run(["vendor", "--locked"]) == 4
        verbs("vendor", "vendor --locked")
    assert [path.name for path in (here / "vendor_charts/web").iterdir()] == ["2.0.0"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vendor_charts/web/1.0.0/values.yaml": "port: 81\n"}, "vendor_charts/web/1.0.0 is not what was vendored"),
        ({"vendor_charts/web/1.0.0/new.yaml": ""}, "vendor_charts/web/1.0.0 is not what was vendored"),
        ({"pipeline.yaml": "releases: []\n"}, "pipeline.lock has release 'web', which pipeline.yaml has not"),
        ({"pipeline.lock": "schema: pipeline.lock/v1\n"}, "release 'web' is not in pipeline.lock"),
    ],
)
def test_locked_names_every_difference(
    here: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], words: str
) -> None:
    verbs("vendor")
    write(here, change)
    before = snapshot(here)
    assert run(["vendor", "--locked"]) == 4
    assert words in capsys.readouterr().err
    assert snapshot(here) == before
    verbs("vendor", "vendor --locked")


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda repo: publish(repo, {"1.0.0": CHART}, digest="0" * 64), "does not match its index"),
        (lambda repo: (repo / "web-1.0.0.tgz").unlink(), "the server answers 404"),
        (lambda repo: (repo / "index.yaml").unlink(), "the server answers 404"),
        (lambda repo: (repo / "index.yaml").write_text("<html>"), "not a chart repository index"),
        (lambda repo: publish(repo, {"1.0.1": CHART}), "no version in shop matches '1.0.0'"),
        (
            lambda repo: publish(repo, {"1.0.0": CHART | {"Chart.yaml": "name: web\nversion: 9.9.9\n"}}),
            "holds web 9.9.9",
        ),
        (lambda repo: publish(repo, {"1.0.0": CHART | {"../../x": ""}}), "points out of the chart"),
    ],
)
def test_a_bad_repository_changes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], break_it: object, words: str
) -> None:
    repo = here.parent / "repo"
    publish(repo, {"1.0.0": CHART})
    break_it(repo)  # type: ignore[operator]
    with served(repo) as url:
        write(here, {"pipeline.yaml": config(url)})
        before = snapshot(here)
        assert run(["vendor"]) in (1, 64)
    assert words in capsys.readouterr().err
    assert snapshot(here) == before


def test_upstream_that_changes_a_published_version_is_noticed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = here.parent / "repo"
    publish(repo, {"1.0.0": CHART})
    with served(repo) as url:
        write(here, {"pipeline.yaml": config(url)})
        verbs("vendor")
        (here / "vendor_charts/web/1.0.0/values.yaml").unlink()
        publish(repo, {"1.0.0": CHART | {"values.yaml": "port: 6666\n"}})
        assert run(["vendor"]) == 4
        assert "is not the locked archive" in capsys.readouterr().err
        verbs("vendor --update")


def test_credentials_go_to_their_host_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(here.parent / "repo" / "private", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        write(here, {"pipeline.yaml": config(f"{url}/private", more=", usernameEnv: U, passwordEnv: P")})
        assert run(["vendor"]) == 64
        assert "$U is not set" in capsys.readouterr().err
        monkeypatch.setenv("U", "user")
        monkeypatch.setenv("P", "s3cr3t")
        verbs("vendor")
        assert all(header for _, header in Handler.seen)
        monkeypatch.setenv("P", "wrong-pass")
        (here / "pipeline.lock").unlink()
        assert run(["vendor"]) == 1
    said = capsys.readouterr().err
    assert "401" in said
    assert "wrong-pass" not in said


def test_a_server_that_gets_well_is_asked_again(here: Path) -> None:
    publish(here.parent / "repo" / "flaky", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        write(here, {"pipeline.yaml": config(f"{url}/flaky")})
        verbs("vendor")


def test_a_redirect_to_the_disk_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(here.parent) as url:
        write(here, {"pipeline.yaml": config(f"{url}/away")})
        assert run(["vendor"]) == 1
    assert "root:" not in capsys.readouterr().err


def test_dependencies_are_vendored_too(here: Path) -> None:
    sub = {
        "charts/sub/Chart.yaml": "name: sub\nversion: 0.1.0\n",
        "charts/sub/templates/s.yaml": "kind: A\nmetadata: {name: s}\n",
    }
    needs = (
        "dependencies:\n- {name: sub, version: 0.1.0, repository: 'file://../sub'}\n"
        "- {name: web, version: ^1, repository: '@shop'}\n"
    )
    publish(here.parent / "repo", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        own = "releases: [{name: web, chart: ./charts/web, namespace: shop}]\n"
        head = config(url).splitlines()[0] + "\n"
        chart = {"charts/web/Chart.yaml": CHART["Chart.yaml"] + needs}
        write(here, {"pipeline.yaml": head + own} | sub | chart)
        verbs("vendor")
    assert {"sub", "web"} == {path.name for path in (here / "vendor_charts/web/1.0.0/charts").iterdir()}


def test_packed_dependencies_come_out_unpacked(here: Path) -> None:
    inner = pack({"sub/Chart.yaml": "name: sub\nversion: 0.1.0\n", "sub/values.yaml": "a: 1\n"})
    (here / "charts/web/charts").mkdir()
    (here / "charts/web/charts/sub-0.1.0.tgz").write_bytes(inner)
    verbs("vendor")
    assert (here / "vendor_charts/web/1.0.0/charts/sub/values.yaml").read_text() == "a: 1\n"


def test_a_local_chart_outside_of_the_repository_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "charts/out").symlink_to(here.parent)
    write(here, {"pipeline.yaml": "releases: [{name: web, chart: ./charts/out, namespace: shop}]\n"})
    assert run(["vendor"]) == 64
    assert "outside" in capsys.readouterr().err


def test_charts_are_compared_straight_from_their_repository(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here.parent / "cache"))
    publish(here.parent / "repo", {"1.0.0": CHART, "1.1.0": CHART | {"values.yaml": "port: 81\n"}})
    with served(here.parent / "repo") as url:
        sources = [f"chart:{url}/web@1.0.0", f"chart:{url}/web-1.1.0.tgz"]
        assert run(["diff", *sources, "--engine", "embedded", "--detailed-exitcode"]) == 2
        assert "web 1.0.0 → 1.1.0" in capsys.readouterr().out
        assert run(["diff", f"chart:{url}/web@3", f"chart:{url}/web@1"]) == 64


def test_an_archive_in_the_repository_is_vendored(here: Path) -> None:
    (here / "web.tgz").write_bytes(pack({f"web/{name}": text for name, text in CHART.items()}))
    write(here, {"pipeline.yaml": "releases: [{name: web, chart: ./web.tgz, namespace: shop}]\n"})
    verbs("vendor", "vendor --locked")
    assert (here / "vendor_charts/web/1.0.0/values.yaml").read_text() == "port: 80\n"


def test_chart_of_our_own_is_vendored_anew_without_a_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor")
    write(root, {"charts/web/templates/a.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: other}\n"})
    verbs("vendor", "vendor --locked")
    assert "name: other" in (root / "vendor_charts/web/1.0.0/templates/a.yaml").read_text()


def test_every_chart_is_tried_and_all_errors_are_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(here.parent / "repo", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        rows = [f"{{name: {name}, chart: '{url}/{name}', namespace: shop}}" for name in ("one", "web", "two")]
        write(here, {"pipeline.yaml": f"releases: [{', '.join(rows)}]\n"})
        before = snapshot(here)
        assert run(["vendor"]) == 64
        assert [path for path, _ in Handler.seen if path.endswith(".tgz")] == ["/web-1.0.0.tgz"]
    said = capsys.readouterr().err
    assert "chart 'one' isn't in the repository" in said
    assert "chart 'two' isn't in the repository" in said
    assert snapshot(here) == before


def test_charts_are_fetched_whole_for_who_writes_them_elsewhere(here: Path) -> None:
    """As to judge a version: what lies in the work tree may not lie in the commit that it is judged against."""
    write(here, {"pipeline.yaml": "releases: [{name: web, chart: ./charts/web, namespace: shop}]\n"})
    verbs("vendor")
    place = repository()
    done = vendor(place.config, place.lock, (), place.disk, place.chart_source())
    assert [sorted(files) for files in done.edits.trees.values()] == [sorted(CHART)]
