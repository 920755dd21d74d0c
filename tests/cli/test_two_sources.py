"""One version of a chart from two sources, and a lock that two branches changed."""

from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.charts.lock_text import from_text
from tests.support.oci_registry import files, registry
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "helm.json"))
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def releases(**charts: str) -> str:
    rows = [f"- {{name: {name}, chart: {chart}, namespace: shop}}\n" for name, chart in charts.items()]
    return "helm: {engine: embedded}\nreleases:\n" + "".join(rows)


def sources(url: str, host: str) -> str:
    return f"repositories:\n  shop: {{url: '{url}'}}\n  registry: {{url: 'oci://{host}/charts', plainHTTP: true}}\n"


def test_a_repository_and_a_registry_with_equal_bytes_share_the_folder_and_keep_their_pins(
    here: Path, tmp_path: Path
) -> None:
    publish(tmp_path / "repo", {"1.0.0": files("web", "1.0.0")})
    with served(tmp_path / "repo") as url, registry(tmp_path / "registry") as oci:
        oci.push("1.0.0")
        write(here, {"pipeline.yaml": sources(url, oci.host) + releases(a="shop/web", b="registry/web")})
        verbs("vendor", "vendor --locked")
        first = snapshot(here)
        lock = from_text(first["pipeline.lock"].decode())
        one, other = lock.releases["a"].pin, lock.releases["b"].pin
        assert (one.source, other.source) == (f"{url}/web", f"oci://{oci.host}/charts/web")
        assert (one.revision, other.revision[:7], one.tree) == ("", "sha256:", other.tree)
        for line in ("vendor", "vendor --update"):
            for file in (here / "vendor_charts/web/1.0.0").glob("C*"):
                file.unlink()
            verbs(line, "vendor --locked", "vendor verify")
            assert snapshot(here) == first
        verbs("render", "render --check")


def test_other_bytes_of_a_version_are_refused_with_both_sources_and_releases(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path / "repo", {"1.0.0": CHART})
    with served(tmp_path / "repo") as url, registry(tmp_path / "registry") as oci:
        oci.push("1.0.0")
        text = sources(url, oci.host)
        write(here, {"pipeline.yaml": text + releases(a="shop/web", b="registry/web")})
        before = snapshot(here)
        assert run(["vendor"]) == 4
        said = capsys.readouterr().err
        assert "web 1.0.0 has two contents: of release 'a' from http" in said
        assert f"and of release 'b' from oci://{oci.host}/charts/web (" in said
        assert snapshot(here) == before
        locks = []
        for row in (releases(a="shop/web"), releases(b="registry/web")):
            write(here, {"pipeline.yaml": text + row})
            verbs("vendor")
            locks.append((here / "pipeline.lock").read_text())
        part = locks[1].partition("  web:\n")[2].partition("schema")[0]
        both = locks[0].replace("schema", f"{part}schema")
        write(here, {"pipeline.yaml": text + releases(a="shop/web", b="registry/web"), "pipeline.lock": both})
        assert run(["vendor", "--locked"]) == 4
        assert "web 1.0.0 has two contents: of release 'a' from http" in capsys.readouterr().err
        assert run(["vendor"]) == 4
        write(here, {"pipeline.yaml": text + releases(a="registry/web", b="registry/web")})
        verbs("vendor", "vendor --locked")


def committed(here: Path, branch: str, start: str, text: str) -> None:
    git(here, "checkout", "--quiet", "-B", branch, start)
    write(here, {"pipeline.yaml": text})
    verbs("vendor")
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", branch)


@pytest.mark.parametrize("state", ["marked", "ours and theirs", "resolved by hand", "committed"])
def test_vendor_makes_one_lock_of_both_sides_of_a_merge(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    publish(tmp_path / "repo", {"1.0.0": CHART, "1.1.0": CHART, "2.0.0": CHART})
    with served(tmp_path / "repo") as url:
        text = sources(url, "x") + releases(web="shop/web, version: 1.0.0")
        committed(here, "base", "HEAD", text)
        committed(here, "ours", "base", text.replace("1.0.0", "1.1.0"))
        committed(here, "theirs", "base", text.replace("1.0.0", "2.0.0"))
        git(here, "checkout", "--quiet", "ours")
        with pytest.raises(Exception, match="returned non-zero"):
            git(here, "merge", "theirs")
        write(here, {"pipeline.yaml": text.replace("1.0.0", "2.0.0")})
        marked = (here / "pipeline.lock").read_text()
        if state != "marked":
            lines = marked.splitlines(keepends=True)
            kept = [line for line in lines if line[:7] not in ("<" * 7, "=" * 7, ">" * 7)]
            spoilt = {"ours and theirs": kept, "resolved by hand": kept[:-12], "committed": kept[:-12]}
            write(here, {"pipeline.lock": "".join(spoilt[state])})
        if state in ("resolved by hand", "committed"):
            git(here, "add", ".")
        if state == "committed":
            git(here, "commit", "--quiet", "--message", "merge")
        capsys.readouterr()
        for line in ("vendor --locked", "render", "commit", "outdated", "vendor verify"):
            assert run(line.split()) == 64
            assert "pipeline.lock" in capsys.readouterr().err
        verbs("vendor", "vendor --locked", "vendor verify")
        assert "pipeline.lock held both sides of a merge: one lock was made of them" in capsys.readouterr().err
        assert [path.name for path in (here / "vendor_charts/web").iterdir()] == ["2.0.0"]
