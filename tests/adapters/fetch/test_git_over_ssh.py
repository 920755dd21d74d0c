"""Charts of Git repositories behind a real OpenSSH server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.fetch.source import ChartSource
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import parse_reference
from pipeline.core.errors import WorldError
from tests.support.platforms import git, platform, verbs, write
from tests.support.ssh import key
from tests.support.ssh_server import SshServer, ssh_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    platform(tmp_path / "upstream")
    with ssh_server(tmp_path / "ssh") as running:
        yield running


def where(server: SshServer, tmp_path: Path, repository: str = "upstream") -> str:
    return f"git+ssh://{server.user}@127.0.0.1:{server.port}{tmp_path}/{repository}//charts/web"


def fetch(text: str) -> Fetched:
    return ChartSource(Path(), {}).fetch(parse_reference(text), "")


def test_a_chart_is_vendored_with_the_key_that_the_environment_names(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command)
    text = f"releases: [{{name: web, chart: '{where(server, tmp_path)}', version: ^1, namespace: shop}}]\n"
    here = write(tmp_path / "here", {"pipeline.yaml": text})
    git(here, "init", "--quiet")
    monkeypatch.chdir(here)
    verbs("vendor", "vendor --locked", "vendor verify")
    assert f"revision: {git(tmp_path / 'upstream', 'rev-parse', 'HEAD')}" in (here / "pipeline.lock").read_text()
    assert (here / "vendor_charts/web/1.0.0/templates/a.yaml").is_file()


def test_a_chart_is_fetched_with_the_key_that_git_is_configured_with(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gitconfig").write_text(f'[core]\n\tsshCommand = "{server.command}"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert fetch(where(server, tmp_path)).version == "1.0.0"


def test_a_stranger_and_an_unknown_server_are_told_and_nobody_is_asked(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = key(tmp_path, "other")
    for setting, words in (
        (f"IdentityFile={other} -oIdentityAgent=none -F /dev/null -oUserKnownHostsFile={tmp_path}/ssh/known", "denied"),
        ("UserKnownHostsFile=/dev/null", "Host key verification failed"),
    ):
        monkeypatch.setenv("GIT_SSH_COMMAND", server.stranger(setting))
        with pytest.raises(WorldError, match=words):
            fetch(where(server, tmp_path))


def test_a_repository_that_is_not_there_is_told(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", server.command)
    with pytest.raises(WorldError, match="does not appear to be a git repository"):
        fetch(where(server, tmp_path, "nowhere"))
