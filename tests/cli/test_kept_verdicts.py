"""Verdicts of other versions are kept: a second run fetches and renders nothing, and says the same."""

from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, git, platform, publish, served, verbs, write

MOVED = CHART | {"templates/a.yaml": CHART["templates/a.yaml"].replace("name: http", "name: web")}
CONFIG = (
    "repositories: {shop: {url: 'URL'}}\n"
    "releases: [{name: web, chart: shop/web, version: 1.0.0, namespace: shop}]\nhelm: {engine: embedded}\n"
)


def test_a_second_run_says_the_same_of_the_same_commit_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    publish(tmp_path / "repo", {"1.0.0": CHART, "1.1.0": CHART, "2.0.0": MOVED})
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    with served(tmp_path / "repo") as url:
        write(root, {"pipeline.yaml": CONFIG.replace("URL", url)})
        verbs("vendor", "render", "commit")
        capsys.readouterr()
        assert run(["outdated", "--judge"]) == 0
        first = capsys.readouterr().out
        assert "  2.0.0 review: the newest without blockers\n  1.1.0 no-changes\n" in first
        for version in ("1.1.0", "2.0.0"):
            (tmp_path / f"repo/web-{version}.tgz").unlink()
        assert run(["outdated", "--judge"]) == 0
        assert capsys.readouterr().out == first
        assert run(["upgrade", "web@2.0.0", "--path"]) == 0
        assert "1. 2.0.0  review" in capsys.readouterr().out
        git(root, "commit", "--quiet", "--allow-empty", "--message", "the same files")
        assert run(["outdated", "--judge"]) == 0
        assert capsys.readouterr().out == first
        write(root, {"values/web/common.yaml": "port: 81\n"})
        verbs("render", "commit")
        capsys.readouterr()
        assert run(["outdated", "--judge"]) == 0
        assert "2.0.0 failed" in capsys.readouterr().out, "it is asked for again, and is gone"
        assert run(["--no-cache", "outdated", "--judge"]) == 0
