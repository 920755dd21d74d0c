"""``pipeline add`` asks whether there is such a chart; nearest names of everything that can be mistyped."""

import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.oci_registry import registry
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "helm.json"))
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def repository(folder: Path) -> str:
    """A Git repository with a chart below charts/, a branch and a tag."""
    write(folder, {f"charts/web/{name}": text for name, text in CHART.items()})
    for line in ("init --quiet --initial-branch=main", "add .", "commit --quiet --message web", "tag v1.0.0"):
        git(folder, *line.split())
    return f"git+file://{folder}"


def refused(capsys: pytest.CaptureFixture[str], here: Path, chart: str, code: int = 64) -> str:
    before = snapshot(here)
    capsys.readouterr()
    assert run(["add", chart, "--name", "new"]) == code
    assert snapshot(here) == before
    return capsys.readouterr().err


def test_what_a_repository_does_not_have_is_not_added(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path / "repo", {"1.0.0": CHART, "1.1.0": CHART})
    with served(tmp_path / "repo") as url:
        text = (here / "pipeline.yaml").read_text()
        write(here, {"pipeline.yaml": f"repositories: {{shop: {{url: '{url}'}}}}\n{text}"})
        assert "web" in refused(capsys, here, "shop/wep")
        assert "did you mean 1.1.0?" in refused(capsys, here, "shop/web@1.1.1")
        assert "it has 1.1.0, 1.0.0" in refused(capsys, here, "shop/web@^9")
        verbs("add shop/web@^1 --name new")
    verbs("add shop/wep --name later --offline")
    assert "chart: shop/wep" in (here / "pipeline.yaml").read_text()


def test_nearest_paths_and_refs(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = repository(tmp_path / "upstream")
    assert "did you mean //charts/web? its charts are charts/web" in refused(capsys, here, f"{url}//charts/wep")
    assert "did you mean 'v1.0.0'?" in refused(capsys, here, f"{url}//charts/web?ref=1.0.0")
    assert "did you mean 'main'?" in refused(capsys, here, f"{url}//charts/web?ref=mian")
    assert "did you mean ./charts/web?" in refused(capsys, here, "./charts/wep")
    assert "did you mean ./charts/web?" in refused(capsys, here, "./chart/web")
    assert "did you mean" not in refused(capsys, here, "./nothing/like/it")


def test_nearest_names_in_a_registry_and_plain_http(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with registry(tmp_path / "registry") as oci:
        oci.push("1.0.0", "1.1.0")
        text = (here / "pipeline.yaml").read_text()
        assert f"try: plainHTTP: true for oci://{oci.host}" in refused(
            capsys, here, f"oci://{oci.host}/charts/web", code=1
        )
        settings = f"repositories: {{registry: {{url: 'oci://{oci.host}/charts', plainHTTP: true}}}}\n"
        write(here, {"pipeline.yaml": settings + text})
        assert "did you mean charts/web?" in refused(capsys, here, "registry/wep", code=1)
        assert "did you mean 1.1.0?" in refused(capsys, here, "registry/web@1.1.1")
        verbs("add registry/web@^1 --name new", "vendor", "vendor --locked")


def test_a_commit_has_the_charts_of_this_repository_that_it_was_made_of(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = {
        "libs/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.0.0\n",
        "libs/common/.helmignore": "*.tmp\n",
        "libs/common/notes.tmp": "password: of somebody",
        "libs/common/values.yaml": "a: 1\n",
        "libs/common/.hidden/file.txt": "b",
    }
    needs = "dependencies: [{name: common, version: 1.0.0, repository: 'file://../../libs/common'}]\n"
    for packed in (
        "charts/web/charts/sub-1.0.0.tgz",
        "libs/common/charts/sub-1.0.0.tgz",
        "libs/common/charts/a.tmp.tgz",
    ):
        (here / packed).parent.mkdir(parents=True, exist_ok=True)
        (here / packed).write_bytes(pack({"sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n"}))
    common["libs/common/.helmignore"] += "*.tmp.tgz\n"
    write(here, common | {"charts/web/Chart.yaml": CHART["Chart.yaml"] + needs, "values/web/common.yaml": "port: 81\n"})
    verbs("vendor", "render", "commit")
    assert sorted(git(here, "ls-files", "charts", "libs").split()) == [
        *("charts/web/Chart.yaml", "charts/web/charts/sub-1.0.0.tgz"),
        *("charts/web/templates/a.yaml", "charts/web/values.yaml"),
        *(
            "libs/common/.helmignore",
            "libs/common/.hidden/file.txt",
            "libs/common/Chart.yaml",
            "libs/common/charts/sub-1.0.0.tgz",
            "libs/common/values.yaml",
        ),
    ]
    (here / "libs/common/.hidden/file.txt").unlink()
    verbs("vendor", "render", "commit")
    assert "libs/common/.hidden/file.txt" not in git(here, "ls-files")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(here), str(clone)], check=True, timeout=60)
    monkeypatch.chdir(clone)
    verbs("vendor --locked", "vendor", "vendor --locked", "render --check")
    assert git(clone, "status", "--porcelain") == ""
