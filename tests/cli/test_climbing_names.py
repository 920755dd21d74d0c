"""No name in a chart, an index, a lock or an index of a render becomes a path that leads out."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.hostile_charts import CHART_YAML, chart, publish_archive, refused, repository, subchart
from tests.support.platforms import served, verbs, write

CLIMBING = ["../../../../.git", "../../..", "..", "/tmp/owned", "a/../../../b", ".git", "a\\..\\b"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = repository(tmp_path / "platform", chart({}))
    monkeypatch.chdir(root)
    return root


def archives(name: str) -> dict[str, bytes]:
    """The name where a subchart, a subchart of a subchart, a dependency, an alias's chart and the chart have theirs."""
    nested = subchart("mid", {"sub/charts/leaf.tgz": subchart(name)})
    alias = f"dependencies:\n- {{name: leaf, version: 0.1.0, alias: {name!r}}}\n"
    leaf = subchart("leaf")
    needs = f"dependencies:\n- {{name: {name!r}, version: 0.1.0, repository: 'http://127.0.0.1:9/x', alias: sub}}\n"
    return {
        "subchart": chart({"charts/sub-0.1.0.tgz": subchart(name)}),
        "nested": chart({"charts/mid-0.1.0.tgz": nested}),
        "dependency": chart({"Chart.yaml": CHART_YAML + needs}),
        "alias": chart({"Chart.yaml": CHART_YAML + alias, "charts/leaf-0.1.0.tgz": leaf}),
        "chart": pack({"web/Chart.yaml": f"apiVersion: v2\nname: {name!r}\nversion: 1.0.0\n"}),
        "version": pack({"web/Chart.yaml": f"apiVersion: v2\nname: web\nversion: {name!r}\n"}),
    }


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize("place", ["subchart", "nested", "dependency", "alias", "chart", "version"])
def test_a_climbing_name_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str], name: str, place: str) -> None:
    (here / "web.tgz").write_bytes(archives(name)[place])
    refused(["vendor"], here.parent)
    said = capsys.readouterr().err
    assert "is not a name that can be a folder" in said
    assert "try: do not use this" in said


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize("place", ["subchart", "nested", "dependency", "alias"])
def test_a_climbing_name_of_a_chart_by_url_writes_nothing(here: Path, name: str, place: str) -> None:
    publish_archive(here.parent / "repo", archives(name)[place])
    with served(here.parent / "repo") as url:
        for source in (f"chart:{url}/web@1.0.0", f"chart:{url}/web.tgz"):
            refused(["diff", source, source, "--engine", "embedded"], here.parent)


@pytest.mark.parametrize("name", CLIMBING)
@pytest.mark.parametrize("key", ["name", "version"])
def test_a_lock_cannot_name_a_folder_elsewhere(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, key: str
) -> None:
    verbs("vendor")
    lock = (here / "pipeline.lock").read_text()
    line = {"name": "\n  web:\n", "version": "\n      version: '1.0.0'\n"}[key]
    assert line in lock
    climbing = line.replace("web" if key == "name" else "'1.0.0'", json.dumps(name))
    write(here, {"pipeline.lock": lock.replace(line, climbing)})
    for verb in (["vendor"], ["vendor", "--locked"], ["render"]):
        refused(verb, here.parent)
        assert "pipeline.lock" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../../evil.yaml", "/evil.yaml", "a/../../b.yaml", "..", ".git/config", "a//b"])
def test_an_index_cannot_name_a_file_elsewhere(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    verbs("vendor", "render")
    index = here / "rendered/.pipeline/default/web.json"
    text = index.read_text()
    assert "shop/configmap-settings.yaml" in text
    (here / "evil.yaml").write_text("kept")
    for verb, codes in ((["diff", "ref:HEAD", "worktree"], (1, 4, 64)), (["commit"], (1, 4, 64)), (["render"], (0,))):
        index.write_text(text.replace("shop/configmap-settings.yaml", name))
        assert run(verb) in codes
        assert "rendered/.pipeline/default/web.json" in capsys.readouterr().err or verb == ["render"]
    assert index.read_text() == text, "render writes a damaged index again"
    assert (here / "evil.yaml").read_text() == "kept"
    assert (here / ".git/config").is_file()
