"""A helm is asked for its version once, as long as its file is the same; a shim each time."""

from pathlib import Path

import pytest

from pipeline.adapters.helm.version import version_of
from pipeline.core.errors import WorldError

PADDING = "#" * 10_000_000


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One line for each time that a helm of ``made`` runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "asked"


def made(asked: Path, name: str = "helm", says: str = "v4.1.2+g12ab", padding: str = PADDING) -> str:
    file = asked.parent / name
    file.write_text(f"#!/bin/sh\necho x >> {asked}\necho '{says}'\nexit\n{padding}\n")
    file.chmod(0o755)
    return str(file)


def times(asked: Path) -> int:
    return len(asked.read_text().splitlines())


def test_same_file_is_asked_once(asked: Path) -> None:
    binary = made(asked)
    assert [version_of(binary) for _ in range(3)] == ["4.1.2"] * 3
    assert times(asked) == 1


def test_other_file_of_that_name_is_asked_again(asked: Path) -> None:
    assert version_of(made(asked)) == "4.1.2"
    assert version_of(made(asked, says="v3.18.0")) == "3.18.0"


@pytest.mark.parametrize(("name", "padding"), [("helm", ""), ("mise", PADDING)], ids=["script", "another program"])
def test_what_may_start_another_helm_is_asked_each_time(asked: Path, name: str, padding: str) -> None:
    binary = made(asked, name, padding=padding)
    assert [version_of(binary) for _ in range(2)] == ["4.1.2"] * 2
    assert times(asked) == 2


def test_spoilt_memo_is_not_believed(asked: Path) -> None:
    binary = made(asked)
    version_of(binary)
    for memo in (asked.parent / "cache/pipeline/helm").iterdir():
        memo.write_bytes(b"v1.2.3\x1b[2J")
    assert version_of(binary) == "4.1.2"
    assert times(asked) == 2


def test_what_is_no_helm_is_never_remembered(asked: Path) -> None:
    binary = made(asked, says="hello")
    for _ in range(2):
        with pytest.raises(WorldError, match="is not helm: its version reads 'hello'"):
            version_of(binary)
    assert times(asked) == 2
    assert not (asked.parent / "cache/pipeline/helm").exists()


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("v4.3", "4.3"),
        ("v4.3+unreleased", "4.3"),
        ("v4.3-dev", "4.3-dev"),
        ("v4.3.0-rc.1+g0f1e2d3", "4.3.0-rc.1"),
        ("v3.22.0", "3.22.0"),
        ("v4.10.12+k3s1", "4.10.12"),
    ],
)
def test_every_way_in_which_a_helm_calls_itself(asked: Path, says: str, version: str) -> None:
    assert version_of(made(asked, says=says)) == version
    assert version_of(made(asked, says=says)) == version


@pytest.mark.parametrize("says", ["v4", "4.3", "version v4.3.1", "v4.3.1 and more", "v4.x", ""])
def test_what_calls_itself_otherwise_is_no_helm(asked: Path, says: str) -> None:
    with pytest.raises(WorldError, match="its version reads"):
        version_of(made(asked, says=says))
