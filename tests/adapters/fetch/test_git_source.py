"""Charts in Git repositories, over file:// and https://: paths, refs, links, dependencies, and the pinned commit."""

import base64
import os
from pathlib import Path

import pytest

from pipeline.adapters.fetch.source import ChartSource
from pipeline.cli import run
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.git_reference import GitPlace
from pipeline.core.charts.reference import parse_reference
from pipeline.core.errors import PipelineError, UsageError
from tests.support.chart_server import certificate
from tests.support.git_server import git_server
from tests.support.platforms import git, platform, verbs, write

PASSWORD = "s3cr3t-of-the-test"
CHART = "apiVersion: v2\nname: {0}\nversion: {1}\n"
FILES = {
    "charts/web/Chart.yaml": CHART.format("web", "1.0.0")
    + "dependencies:\n- {name: common, version: 0.1.0, repository: 'file://../common'}\n",
    "charts/web/.helmignore": ".env\n",
    "charts/web/.env": "TOKEN=1\n",
    "charts/web/text": "a\r\nb\n",
    "charts/web/.gitattributes": "* text eol=crlf\ntemplates/x export-ignore\n",
    "charts/web/templates/x": "x",
    "charts/common/Chart.yaml": CHART.format("common", "0.1.0"),
    "shared/note": "shared\n",
    "big": "never fetched\n",
}


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    root = write(tmp_path / "upstream", FILES)
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "charts/web/linked").symlink_to("../../shared/note")
    commit(root, "one")
    git(root, "tag", "v1")
    return root


def commit(root: Path, message: str) -> str:
    git(root, "-c", "core.autocrlf=false", "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD").strip()


def fetch(text: str, version: str = "", revision: str = "") -> Fetched:
    return ChartSource(Path(), {}).fetch(parse_reference(text), version, None, revision)


def test_a_chart_is_packed_from_a_path_as_helm_would_with_what_lies_beside_it(upstream: Path) -> None:
    where = f"git+file://{upstream}//charts/web"
    fetched = fetch(f"{where}?ref=v1", "^1")
    assert fetched.source == where
    assert fetched.revision == git(upstream, "rev-parse", "v1").strip()
    assert fetched.files["text"] == git_bytes(upstream, "charts/web/text")
    assert fetched.files["linked"] == b"shared\n"
    assert fetched.files["templates/x"] == b"x"
    assert ".env" not in fetched.files
    assert fetched.dependencies[0].source == f"git+file://{upstream}//charts/common"
    assert fetched.dependencies[0].revision == fetched.revision
    assert fetched.archive == ""


def git_bytes(root: Path, path: str) -> bytes:
    """As it is committed, whatever an attribute says of the work tree."""
    return git(root, "cat-file", "blob", f"HEAD:{path}").encode()


def test_the_lock_pins_the_commit_and_update_moves_it(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = platform(tmp_path / "platform")
    monkeypatch.chdir(here)
    chart = f"git+file://{upstream}//charts/web?ref=main"
    write(here, {"pipeline.yaml": f"releases: [{{name: web, chart: '{chart}', namespace: a}}]\n"})
    verbs("vendor")
    first = git(upstream, "rev-parse", "HEAD").strip()
    assert f"revision: {first}" in (here / "pipeline.lock").read_text()
    write(upstream, {"charts/web/templates/x": "y"})
    second = commit(upstream, "two")
    (here / "vendor_charts/web/1.0.0/templates/x").unlink()
    verbs("vendor", "vendor --locked")
    assert (here / "vendor_charts/web/1.0.0/templates/x").read_text() == "x"
    verbs("vendor --update")
    assert (here / "vendor_charts/web/1.0.0/templates/x").read_text() == "y"
    assert f"revision: {second}" in (here / "pipeline.lock").read_text()
    capsys.readouterr()
    sides = [f"chart:git+file://{upstream}//charts/common?ref={ref}" for ref in (first, "main")]
    assert run(["diff", *sides, "--engine", "embedded"]) == 0


def test_over_ssh_git_asks_the_server_and_nobody_for_a_password(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "asked"
    lines = ("#!/bin/sh", f'echo "$@" >> {log}', 'for last; do :; done; exec sh -c "$last"')
    ssh = write(tmp_path / "bin", {"ssh": "\n".join(lines) + "\n"}) / "ssh"
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    fetched = fetch(f"git+ssh://git@charts.example.org:2222{upstream}//charts/web?ref=v1", "^1")
    assert fetched.revision == git(upstream, "rev-parse", "v1").strip()
    assert fetched.files == fetch(f"git+file://{upstream}//charts/web?ref=v1").files
    assert fetched.dependencies[0].source == f"git+ssh://git@charts.example.org:2222{upstream}//charts/common"
    for asked in log.read_text().splitlines():
        assert asked.startswith("-oBatchMode=yes ")
        assert f"-p 2222 git@charts.example.org git-upload-pack '{upstream}'" in asked


def test_a_commit_that_no_branch_ends_with_is_found(upstream: Path) -> None:
    first = git(upstream, "rev-parse", "HEAD").strip()
    write(upstream, {"charts/web/templates/x": "y"})
    commit(upstream, "two")
    git(upstream, "config", "uploadpack.allowAnySHA1InWant", "false")
    git(upstream, "tag", "--delete", "v1")
    assert fetch(f"git+file://{upstream}//charts/web?ref={first}").files["templates/x"] == b"x"
    assert fetch(f"git+file://{upstream}//charts/web", "", first).files["templates/x"] == b"x"


@pytest.mark.parametrize(
    ("path", "ref", "version", "words"),
    [
        ("charts/web", "v2", "", "has no ref 'v2'"),
        ("charts/web", "0" * 40, "", "has no commit"),
        ("charts/wep", "v1", "", "there is nothing at 'charts/wep'"),
        ("shared", "v1", "", "is not a chart: it has no Chart.yaml"),
        ("charts/web", "v1", "^2", "is version 1.0.0, but"),
    ],
)
def test_what_is_not_there_is_told(upstream: Path, path: str, ref: str, version: str, words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        fetch(f"git+file://{upstream}//{path}?ref={ref}", version)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "../../.git/config", "nothing"])
def test_a_link_out_of_the_repository_is_refused(upstream: Path, target: str) -> None:
    write(upstream.parent, {"outside": "of the machine\n"})
    (upstream / "charts/common/bad").symlink_to(target)
    commit(upstream, "bad")
    with pytest.raises(PipelineError, match="charts/common/bad is a link to something outside the repository"):
        fetch(f"git+file://{upstream}//charts/common")


def test_what_git_keeps_elsewhere_is_refused_by_name(upstream: Path) -> None:
    write(upstream, {"charts/common/large": "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"})
    commit(upstream, "large")
    with pytest.raises(PipelineError, match="charts/common/large is stored in Git LFS"):
        fetch(f"git+file://{upstream}//charts/common")
    (upstream / "charts/common/large").unlink()
    git(upstream, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},charts/common/sub")
    git(upstream, "commit", "--quiet", "--message", "sub")
    with pytest.raises(PipelineError, match="charts/common/sub is a Git submodule"):
        fetch(f"git+file://{upstream}//charts/common")


def test_https_asks_git_for_the_login_and_fetches_no_more_than_the_chart(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = certificate(tmp_path, "server")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(keys[0]))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    answer = f"!f() {{ echo username=somebody; echo password={PASSWORD}; }}; f"
    (tmp_path / "gitconfig").write_text(f'[credential]\n\thelper = "{answer}"\n')
    login = "Basic " + base64.b64encode(f"somebody:{PASSWORD}".encode()).decode()
    with git_server(tmp_path, keys, login) as server:
        where = f"git+{server.url}/upstream//charts/web?ref=v1"
        with pytest.raises(PipelineError) as caught:
            fetch(where)
        assert "git ls-remote" in caught.value.hint
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
        fetched = fetch(where)
        assert fetched.files["linked"] == b"shared\n"
        assert fetched.revision == git(upstream, "rev-parse", "v1").strip()
        wanted = git(upstream, "rev-parse", "HEAD:big").strip().encode()
        assert not any(wanted in one.body for one in server.asked)
        assert any(b"deepen 1" in one.body and b"filter blob:none" in one.body for one in server.asked)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("git+https://user:pw@host/a//b", "holds a credential"),
        ("git+https://token@host/a//b", "holds a credential"),
        ("git+ssh://user:pw@host/a//b", "holds a credential"),
        ("git+http://host/a", "not fetched by git.http"),
        ("git+ext://sh -c id", "not fetched by git.ext"),
        ("git+ssh://-oProxyCommand=id/a", "its host is"),
        ("git+file://host/a", "its host is"),
        ("git+https://host/a//../b", "leads out"),
        ("git+https://host/a//b?ref=--upload-pack=id", "is not a tag"),
        ("git+https://host/a//b?ref=a..b", "is not a tag"),
        ("git+https://host/a//b?tag=1", "only ref=… is allowed"),
        ("git+https://host/", "names no repository"),
    ],
)
def test_what_names_no_chart_in_a_repository_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_reference(text)
    assert "pw" not in str(caught.value)


def test_each_part_of_a_reference_is_read() -> None:
    place = GitPlace.parse("git+ssh://git@host:2222/group/a.git//charts/web?ref=release/1.0")
    assert place == GitPlace("ssh://git@host:2222/group/a.git", "charts/web", "release/1.0")
    assert (place.name, GitPlace.parse("git+https://host/group/a.git").name) == ("web", "a")
    assert place.beside("../common").text() == "git+ssh://git@host:2222/group/a.git//charts/common?ref=release/1.0"
    with pytest.raises(UsageError):
        place.beside("../../../x")
