"""A release with a version, namespace, name and values of its own in an environment, from vendor to promote."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.charts.lock_text import from_text
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write

PLAIN = CHART | {"values.yaml": "port: 80\n"}
MOVED = PLAIN | {"templates/a.yaml": PLAIN["templates/a.yaml"].replace("name: http", "name: web")}
CONFIG = """\
repositories: {{shop: {{url: '{url}'}}}}
environments: {{test: {{}}, staging: {{}}, prod: {{}}}}
releases:
  - name: web  # the shop
    chart: shop/web
    version: 1.0.0
    namespace: shop
    environments:
      test:
      staging: {{version: 2.0.0, namespace: shop-staging}}  # next
      prod: {{releaseName: shop, values: [values/prod-size.yaml]}}
helm: {{engine: embedded}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = platform(tmp_path / "platform")
    publish(tmp_path / "repo", {"1.0.0": PLAIN, "1.1.0": PLAIN, "2.0.0": MOVED})
    monkeypatch.chdir(root)
    with served(tmp_path / "repo") as url:
        write(root, {"pipeline.yaml": CONFIG.format(url=url), "values/prod-size.yaml": "port: 8080\n"})
        verbs("vendor", "render")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "web")
        yield root


def versions(root: Path) -> dict[str, str]:
    lock = from_text((root / "pipeline.lock").read_text())
    return {name: got.version for name, got in lock.releases.items()}


def test_each_environment_renders_its_own(here: Path) -> None:
    assert versions(here) == {"web": "1.0.0", "staging/web": "2.0.0"}
    files = snapshot(here)
    services = {
        path.split("/")[1]: text
        for path, text in files.items()
        if path.startswith("rendered/") and path.endswith(".yaml") and b"kind: Service" in text
    }
    assert b"namespace: shop\n" in services["test"]
    assert b"namespace: shop-staging\n" in services["staging"]
    assert b"name: web\n" in services["staging"].split(b"ports:")[1]
    assert b"name: shop\n" in services["prod"]
    assert b"port: 8080\n" in services["prod"]
    assert json.loads(files["rendered/.pipeline/prod/web.json"])["releaseName"] == "shop"
    verbs("vendor --locked", "render --check", "doctor", "vendor verify", "vendor prune")
    assert snapshot(here) == files


@pytest.mark.usefixtures("here")
def test_outdated_has_a_row_for_each_version(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["outdated"]) == 0
    rows = [line.split()[:5] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [["web", "test,", "prod", "1.0.0", "-"]]
    assert run(["outdated", "--judge"]) == 0
    assert "\nweb\n  2.0.0 review" in capsys.readouterr().out


def test_one_environment_is_upgraded_and_the_others_stay(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(here)
    capsys.readouterr()
    assert run(["upgrade", "web@1.1.0", "-e", "test"]) == 0
    assert "test/web 1.0.0" not in capsys.readouterr().out
    after = snapshot(here)
    assert after["pipeline.yaml"] == before["pipeline.yaml"].replace(b"test:\n", b"test: {version: 1.1.0}\n")
    assert versions(here) == {"web": "1.0.0", "staging/web": "2.0.0", "test/web": "1.1.0"}
    assert [path for path in after if path.startswith("rendered/prod") and after[path] != before[path]] == []
    verbs("vendor --locked", "render --check")
    assert run(["upgrade", "web@1.1.0", "-e", "nowhere"]) == 64


def test_a_version_is_promoted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = snapshot(here)
    promote = ["promote", "web", "--from", "staging", "--to", "prod"]
    capsys.readouterr()
    assert run([*promote, "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "to do it: pipeline promote web --from staging --to prod" in said.err
    assert snapshot(here) == before
    assert run(promote) == 0
    again = capsys.readouterr()
    assert again.out == said.out
    assert "web: its namespace in prod stays shop (staging: shop-staging)" in again.err
    assert "web: its release name in prod stays shop (staging: web)" in again.err
    after = snapshot(here)
    expected = before["pipeline.yaml"].replace(b"prod: {releaseName", b"prod: {version: 2.0.0, releaseName")
    assert after["pipeline.yaml"] == expected
    assert versions(here) == {"web": "1.0.0", "staging/web": "2.0.0", "prod/web": "2.0.0"}
    verbs("vendor --locked", "render --check")
    assert run(promote) == 0
    assert capsys.readouterr().out.endswith("nothing to promote\n")


def test_a_promotion_on_a_branch(here: Path) -> None:
    before = snapshot(here)
    assert run(["promote", "web", "--from", "staging", "--to", "test", "--branch"]) == 0
    assert snapshot(here) == before
    assert git(here, "log", "--format=%s", "HEAD..upgrade/web-test-2.0.0") == "web: web 1.0.0 -> 2.0.0\n"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("web --from prod --to prod", "are both prod"),
        ("web@2.0.0 --from staging --to prod", "is the one that --from has"),
        ("web --from staging --to live", "has no environment 'live'"),
        ("wbe --from staging --to prod", "did you mean 'web'?"),
    ],
)
def test_what_cannot_be_promoted(arguments: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["promote", *arguments.split()]) == 64
    assert why in capsys.readouterr().err
