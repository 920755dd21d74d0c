"""A branch, a tag or a URL that stands for something else than what was locked is told, and never taken in silence."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.oci_registry import registry
from tests.support.platforms import CHART, git, platform, served, verbs, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "helm.json"))
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def use(here: Path, chart: str) -> None:
    write(here, {"pipeline.yaml": f"releases: [{{name: web, chart: '{chart}', namespace: a}}]\n"})


def archive(version: str, port: int = 80) -> bytes:
    files = {f"web/{name}": text.replace("1.0.0", version).replace("80", str(port)) for name, text in CHART.items()}
    return pack(files)


def moved(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["outdated", "--detailed-exitcode", "-o", "json"]) == 2
    said: str = json.loads(capsys.readouterr().out)["releases"][0]["moved"]
    assert run(["outdated"]) == 0
    assert said in capsys.readouterr().out
    return said


def still(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    verbs("outdated --detailed-exitcode")
    assert "every release runs the newest version" in capsys.readouterr().out


def test_a_branch_that_moved(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upstream = tmp_path / "upstream"
    write(upstream, {f"web/{name}": text for name, text in CHART.items()})
    for line in ("init --quiet --initial-branch=main", "add .", "commit --quiet --message one"):
        git(upstream, *line.split())
    use(here, f"git+file://{upstream}//web?ref=main")
    verbs("vendor")
    still(capsys)
    first = git(upstream, "rev-parse", "HEAD")
    write(upstream, {"web/values.yaml": "port: 81\n"})
    git(upstream, "commit", "--quiet", "--all", "--message", "two")
    second = git(upstream, "rev-parse", "HEAD")
    assert moved(capsys) == f"the ref moved: {first[:12]} -> {second[:12]}; pipeline vendor --update web"
    verbs("vendor", "vendor --locked", "vendor --update")
    still(capsys)
    use(here, f"git+file://{upstream}//web?ref={second.strip()}")
    verbs("vendor")
    still(capsys)


def test_a_tag_that_moved(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with registry(tmp_path / "registry") as oci:
        oci.push("1.0.0")
        text = f"repositories: {{registry: {{url: 'oci://{oci.host}/charts', plainHTTP: true}}}}\n"
        text += f"releases: [{{name: web, chart: 'oci://{oci.host}/charts/web:1.0.0', namespace: a}}]\n"
        write(here, {"pipeline.yaml": text})
        verbs("vendor")
        still(capsys)
        (tmp_path / "web-1.0.0.tgz").write_bytes(archive("1.0.0"))
        oci.helm("push", str(tmp_path / "web-1.0.0.tgz"), f"oci://{oci.host}/charts", "--plain-http")
        assert moved(capsys).startswith("the tag moved: ")


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_a_url_whose_archive_changed(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    (tmp_path / "files").mkdir()
    file = tmp_path / "files/web.tgz"
    file.write_bytes(archive("1.0.0"))
    with served(tmp_path / "files") as url:
        use(here, f"{url}/web.tgz")
        verbs("vendor")
        still(capsys)
        file.write_bytes(archive(version, 81))
        assert moved(capsys).startswith("the archive moved: ")
        verbs("vendor", "vendor --locked")
        (here / "vendor_charts/web/1.0.0/values.yaml").unlink()
        assert run(["vendor"]) == 4
        said = capsys.readouterr().err
        assert f"web {version} is not the locked archive" in said
        assert "pipeline vendor --update accepts the new one" in said
        verbs("vendor --update", "vendor --locked")
        still(capsys)
