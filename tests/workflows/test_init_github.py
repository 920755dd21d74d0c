"""``pipeline init --github`` in each shape of a repository: where workflows lie, what they install, what it says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from pipeline.core.yaml.reader import load
from tests.support.act import Act
from tests.support.fake_github import FakeGitHub
from tests.support.platforms import CHART, CONFIG, git, verbs, write
from tests.support.tools import tool
from tests.support.workflow_policy import violations

ROOT = Path(__file__).parents[2]
Output = pytest.CaptureFixture[str]
CLUSTERS = "environments: {dev: {cluster: {context: d}}, test: {}, prod: {cluster: {context: p}}}\nreleases: []\n"
INDEX = "https://pypi.example.org/simple"
DIGEST = "0" * 64
OWN = {"metadata": {"name": "chart-verdict", "version": "1.2.3"}}
REPORT = {"install": [OWN | {"download_info": {"archive_info": {"hashes": {"sha256": DIGEST}}}}]}
"""What pip install --dry-run --report writes, as far as it matters."""


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Git repository whose platform lies in a subfolder, which is the working folder."""
    root = write(tmp_path / "mono", {"teams/platform/pipeline.yaml": CLUSTERS, "hashes.json": json.dumps(REPORT)})
    git(root, "init", "--quiet")
    monkeypatch.chdir(root / "teams/platform")
    return root


def texts(top: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((top / ".github/workflows").iterdir())}


def jobs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = load(text)["jobs"]
    return found


def test_in_a_subfolder_they_lie_at_the_top_and_work_in_the_folder(top: Path, capsys: Output) -> None:
    assert run(["init", "--github"]) == 0
    said = capsys.readouterr().out
    written = texts(top)
    assert list(written) == [
        f"pipeline-{name}-teams-platform.yml" for name in ("apply-dev", "apply-prod", "fork-comment", "plan", "upgrade")
    ]
    assert not (top / "teams/platform/.github").exists()
    plan = written["pipeline-plan-teams-platform.yml"]
    for name, job in jobs(plan).items():
        assert ("defaults" in job) is (name in ("discover", "plan")), name
    (upgrade,) = jobs(written["pipeline-upgrade-teams-platform.yml"]).values()
    assert upgrade["defaults"] == {"run": {"working-directory": "teams/platform"}}
    assert "path: teams/platform/report.json" in plan
    assert '--key "teams/platform/pipeline.yaml"' in plan
    assert "workflows: [pipeline-plan-teams-platform]" in written["pipeline-fork-comment-teams-platform.yml"]
    assert "paths: [teams/platform/rendered/dev/**, " in written["pipeline-apply-dev-teams-platform.yml"]
    assert "work in teams/platform/" in said
    assert "no apply workflow for test: there is no cluster" in said
    for text in written.values():
        assert violations(text, load(text)) == []
    assert run(["init", "--github"]) == 0  # what is there is as it would be written
    write(top, {f".github/workflows/{next(iter(written))}": "name: mine\n"})
    assert run(["init", "--github"]) == 64


def test_without_a_cluster_nothing_is_applied_and_that_is_said(top: Path, capsys: Output) -> None:
    write(top, {"teams/platform/pipeline.yaml": "environments: {dev: {}}\nreleases: []\n"})
    assert run(["init", "--github"]) == 0
    assert not [name for name in texts(top) if "apply" in name]
    assert "no environment has a cluster" in capsys.readouterr().out


def test_for_enterprise_nothing_is_used_that_it_lacks(top: Path, capsys: Output) -> None:
    options = ["--enterprise", "--index-url", INDEX, "--runner", "linux-x64", "--hashes", str(top / "hashes.json")]
    assert run(["init", "--github", *options]) == 0
    written = texts(top)
    assert not [name for name in written if "fork" in name]
    for text in written.values():
        assert not re.search(r"^ +- [&*]", text, re.MULTILINE)  # anchors
        assert set(re.findall(r"load-artifact@\S+ # (v\d)", text)) <= {"v3"}
        assert not re.search(r"archive:|artifact-url|run-id|ubuntu-|PIPELINE_PACKAGE", text)
        assert load(text)["env"] == {"PIP_INDEX_URL": INDEX}
        for job in jobs(text).values():
            assert job["runs-on"] == "linux-x64"
            (install,) = [step["run"] for step in job["steps"] if "pip install" in step.get("run", "")]  # in each job
            assert f"chart-verdict==1.2.3 --hash=sha256:{DIGEST}\n" in install
            assert "--require-hashes" in install
    assert "pull request has its report in the run's summary alone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--github", "--runner", "a b"], "is not a runner's label"),
        (["--github", "--index-url", "https://user:word@pypi.example.org"], "is not a package index's URL"),
        (["--github", "--index-url", 'https://pypi.example.org/"\n  X: 1'], "is not a package index's URL"),
        (["--github", "--hashes", "nowhere.json"], "cannot be read"),
        (["--github", "--hashes", "pipeline.yaml"], "is not a report of pip"),
        (["--enterprise"], "is for --github"),
    ],
)
def test_what_cannot_stand_in_a_workflow_is_refused(top: Path, capsys: Output, options: list[str], said: str) -> None:
    assert run(["init", *options]) == 64
    assert said in capsys.readouterr().err
    assert not (top / ".github").exists()


def test_a_package_without_a_digest_is_refused(top: Path, capsys: Output) -> None:
    write(top, {"hashes.json": json.dumps({"install": [OWN]})})
    assert run(["init", "--github", "--hashes", str(top / "hashes.json")]) == 64
    assert "'chart-verdict' has no digest" in capsys.readouterr().err


def test_the_documents_name_every_input_and_output_of_the_action() -> None:
    action, page = load((ROOT / "action.yml").read_text()), (ROOT / "docs/github.md").read_text()
    for name in (*action["inputs"], *action["outputs"]):
        assert f"| `{name}` | " in page


SHAPES = {"subfolder": [], "enterprise": ["--enterprise", "--index-url", INDEX, "--hashes", "../../hashes.json"]}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_pull_request_is_commented_in_each_shape(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    """Run by act, as tests/workflows/test_act.py does it for a platform at the top of a repository."""
    tool("act")
    here = top / "teams/platform"
    write(here, {"pipeline.yaml": CONFIG} | {f"charts/web/{name}": text for name, text in CHART.items()})
    git(top, "add", ".")
    git(top, "commit", "--quiet", "--message", "start")
    verbs("vendor", "render", "commit", " ".join(["init --github", *SHAPES[shape]]))
    git(top, "add", ".")
    git(top, "commit", "--quiet", "--message", "add the workflows")
    git(top, "remote", "add", "origin", "https://github.com/o/r.git")
    git(top, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(top, "switch", "--quiet", "--create", "change")
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")
    monkeypatch.setenv("HOME", str(tmp_path))
    head = {"ref": "change", "sha": "a" * 40, "repo": {"full_name": "o/r"}}
    event = {"pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}, "repository": {"full_name": "o/r"}}
    fake = FakeGitHub()
    try:
        ran = Act(top, tmp_path / "act", fake.url).run("pull_request", event, "pipeline-plan-teams-platform.yml")
        assert ran.jobs == {"discover": "success", "plan 1/1": "success", "pipeline": "success", "comment": "success"}
        (body,) = fake.bodies()
        assert "## 🟡 Review" in body
        assert ("artifacts/report.html#f-" in body) is (shape == "subfolder")
    finally:
        fake.close()
