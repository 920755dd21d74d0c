"""``pipeline upgrade --to-kube``: what must move before the control plane may."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write

BUDGET = (
    "apiVersion: policy/{version}\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\n"
    "spec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}}}\n"
)
OLD = CHART | {"templates/b.yaml": BUDGET.format(version="v1beta1")}
NEW = CHART | {"templates/b.yaml": BUDGET.format(version="v1")}
MODERN = NEW | {"Chart.yaml": CHART["Chart.yaml"] + "kubeVersion: '>=1.25.0-0'\n"}
CONFIG = """\
repositories: {{shop: {{url: '{url}'}}, late: {{url: '{url}/late'}}}}
environments: {{test: {{kubeVersion: '1.26'}}, prod: {{kubeVersion: '1.24'}}}}
releases:
  - {{name: late, chart: late/web, version: 1.0.0, namespace: late, environments: [prod]}}
  - {{name: web, chart: shop/web, version: 1.0.0, namespace: shop, environments: [prod], needs: [base]}}
  - {{name: own, chart: ./charts/own, namespace: own, environments: [prod]}}
  - {{name: base, chart: shop/web, version: 1.1.0, namespace: base, environments: [prod]}}
  - {{name: fine, chart: shop/web, version: 2.0.0, namespace: fine}}
helm: {{engine: embedded}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    own = {f"charts/own/{name}": text.replace("name: web\n", "name: own\n") for name, text in OLD.items()}
    root = platform(tmp_path / "platform", own)
    publish(tmp_path / "repo", {"1.0.0": OLD, "1.1.0": OLD, "1.2.0": NEW, "2.0.0": NEW})
    publish(tmp_path / "repo" / "late", {"1.0.0": OLD, "2.5.0": MODERN})
    monkeypatch.chdir(root)
    with served(tmp_path / "repo") as url:
        write(root, {"pipeline.yaml": CONFIG.format(url=url)})
        verbs("vendor", "render")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "start")
        yield root


def test_what_must_move_and_in_which_order(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, status = snapshot(here), git(here, "status", "--porcelain")
    capsys.readouterr()
    assert run(["upgrade", "--to-kube", "1.25"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prod: Kubernetes 1.24.0 -> 1.25"
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("    ")]
    places = [line.strip() for line in lines if line[4:6] in ("1.", "2.")]
    assert heads[0] == "  Before the control plane, in this order:"
    assert places[0].startswith("1. base 1.1.0 -> 1.2.0 or newer, which is 1.2.0 ")
    assert places[1].startswith("2. web 1.0.0 -> 1.2.0 or newer, which is 1.2.0 ")
    assert "       pipeline upgrade web@1.2.0 -e prod" in lines
    assert heads[1].startswith("  Together with the control plane")
    assert places[2] == "1. late 1.0.0 -> 2.5.0 or newer"
    assert heads[2].startswith("  In the way, and no newer version helps")
    assert places[3] == "1. own 1.0.0"
    assert heads[3] == "  May stay as they are: fine 2.0.0"
    assert any("BLOCKER" in line and "PodDisruptionBudget" in line for line in lines)
    assert snapshot(here) == before
    assert git(here, "status", "--porcelain") == status


@pytest.mark.usefixtures("here")
def test_what_may_stay(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["upgrade", "fine", "--to-kube", "1.28"]) == 0
    text = capsys.readouterr().out
    assert (
        "test: Kubernetes 1.26.0 -> 1.28\n  The control plane moves one minor version at a time: 1.27, 1.28.\n" in text
    )
    assert text.endswith("  Nothing is in the way: 1 release judged.\n")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("--to-kube 1.24 -e prod", "runs Kubernetes 1.24 or newer already"),
        ("--to-kube 9.1", "no table knows Kubernetes 9.1"),
        ("--to-kube next", "no table knows Kubernetes next"),
        ("web@1.2.0 --to-kube 1.25", "finds the versions itself"),
        ("--to-kube 1.25 --path", "exclude each other"),
    ],
)
def test_what_cannot_be_asked(arguments: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["upgrade", *arguments.split()]) == 64
    assert why in capsys.readouterr().err
