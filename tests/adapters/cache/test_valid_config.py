"""A text of pipeline.yaml that fitted the schema once is not held against it again."""

from pathlib import Path

import pytest

from pipeline.adapters.cache.valid_config import ValidConfig
from pipeline.adapters.config_file import load
from pipeline.core.config import read as config_read
from pipeline.core.errors import ConfigError

GOOD = "releases:\n  - {name: web, chart: ./charts/web, namespace: web}\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/pipeline/valid"


def test_valid_text_is_validated_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pipeline.yaml").write_text(GOOD)
    first = load(tmp_path)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(config_read, "explain", lambda *_: pytest.fail("validated again"))
    assert load(tmp_path) == first


def test_other_text_is_validated_and_what_is_wrong_is_never_kept(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(GOOD)
    load(tmp_path)
    (tmp_path / "pipeline.yaml").write_text(GOOD.replace("namespace", "namespaces"))
    for _ in range(2):
        with pytest.raises(ConfigError, match="unknown key 'namespaces'"):
            load(tmp_path)
    assert len(list(cache.iterdir())) == 1


def test_what_the_text_means_is_looked_at_each_time(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(f"{GOOD}policy: {{overrides: {{no-such-rule: low}}}}\n")
    load(tmp_path)
    assert len(list(cache.iterdir())) == 1
    with pytest.raises(ConfigError, match="no-such-rule"):
        load(tmp_path, ["svc-port-removed"])


def test_other_schema_is_another_question(tmp_path: Path) -> None:
    ValidConfig(tmp_path, b"{}", GOOD).keep()
    assert ValidConfig(tmp_path, b"{}", GOOD).known
    assert not ValidConfig(tmp_path, b"{ }", GOOD).known


def test_cache_that_cannot_be_written_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "pipeline.yaml").write_text(GOOD)
    assert [release.name for release in load(tmp_path).releases] == ["web"]


def test_so_many_are_kept(tmp_path: Path) -> None:
    for number in range(210):
        ValidConfig(tmp_path, b"", str(number)).keep()
    assert len(list(tmp_path.iterdir())) == 200
