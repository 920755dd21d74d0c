"""Caches and homes that are damaged, foreign, or cannot be written change no result."""

import random
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, platform, verbs, write

_FIELD = "                f{}: {{type: string, description: some words about this field}}\n"


def crd(*more: str) -> str:
    fields = "".join(_FIELD.format(number) for number in range(300))
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.a.example}\n"
        "spec:\n  group: a.example\n  scope: Namespaced\n  names: {plural: things, kind: Thing}\n  versions:\n"
        "  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n"
        "        properties:\n          spec:\n            type: object\n            properties:\n"
        + fields
        + "".join(more)
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = platform(tmp_path, {"charts/web/templates/crd.yaml": crd(), "pipeline.yaml": CONFIG})
    monkeypatch.chdir(found)
    verbs("vendor", "render", "commit")
    write(found, {"charts/web/templates/crd.yaml": crd("                g: {type: integer}\n")})
    verbs("vendor --update", "render")
    return found


def report(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["diff", "ref:HEAD", "worktree", "-o", "json"]) in (0, 3)
    return capsys.readouterr().out


@pytest.mark.usefixtures("root")
def test_a_damaged_cache_changes_no_byte_of_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = report(capsys)
    entries = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert {path.parent.name for path in entries} == {"documents", "files", "reports", "sides", "trees", "valid"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in entries)
    chance = random.Random(3)
    for _ in range(6):
        for path in entries:
            data = bytearray(path.read_bytes())
            for at in chance.sample(range(len(data)), 3):
                data[at] ^= 1 << chance.randrange(8)
            path.write_bytes(data)
        assert report(capsys) == first
        assert report(capsys) == first


@pytest.mark.parametrize("home", ["a file", "nothing", "relative"])
def test_a_home_that_cannot_be_written_changes_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: str
) -> None:
    first = report(capsys)
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", {"a file": str(tmp_path / "file"), "nothing": "", "relative": "some/where"}[home])
    assert report(capsys) == first
    verbs("vendor", "render", "commit --dry-run")
    assert not (root / "~").exists()
    assert not (root / "some").exists()
