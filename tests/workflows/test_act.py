"""The workflows that ``pipeline init --github`` writes, run for real and offline, against a stateful GitHub."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.demo import NEW, OLD, lay_out, publish, replace, served
from tests.support.act import OURS, Act
from tests.support.fake_github import FakeGitHub
from tests.support.fake_github_pulls import FakeGitHubPulls
from tests.support.platforms import CHART, git, platform, verbs, write
from tests.support.platforms import publish as publish_versions
from tests.support.tools import tool

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RELEASES = "".join(f"  - {{name: {name}, chart: ./charts/web, namespace: {name}}}\n" for name in ("web", "api", "db"))
CONFIG = f"releases:\n{RELEASES}policy: {{failOn: blocker}}\nhelm: {{engine: embedded}}\n"
CANARY = "canary-value-0451"
REPOSITORY = {"full_name": "o/r"}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    tool("act")
    found = FakeGitHub()
    yield found
    found.close()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three releases, the workflows, and a branch to change something on."""
    root = platform(tmp_path / "platform", {"pipeline.yaml": CONFIG})
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit", "init --github")
    branch_off(root)
    return root


def branch_off(root: Path) -> None:
    git(root, "add", ".github")
    git(root, "commit", "--quiet", "--message", "add the workflows")
    git(root, "remote", "add", "origin", "https://github.com/o/r.git")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(root, "switch", "--quiet", "--create", "change")


def pull_request(repository: str = "o/r") -> dict[str, Any]:
    head = {"ref": "change", "sha": "a" * 40, "repo": {"full_name": repository}}
    return {"pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}, "repository": REPOSITORY}


def change(root: Path, files: Mapping[str, str]) -> None:
    write(root, files)
    verbs("render", "commit")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "change")


def test_a_pull_request_is_planned_in_shards_merged_and_commented(
    repository: Path, fake: FakeGitHub, tmp_path: Path
) -> None:
    change(repository, {"values/web/common.yaml": "port: 81\n"})
    act = Act(repository, tmp_path / "act", fake.url)
    ran = act.run("pull_request", pull_request(), "pipeline-plan.yml")
    assert ran.code == 0, ran.log
    shards = {f"plan {number}/3" for number in (1, 2, 3)}
    assert ran.jobs == dict.fromkeys({"discover", "pipeline", "comment"} | shards, "success")
    report = json.loads((act.artifacts / "pipeline-report/report.json").read_text())
    assert report["verdict"] == "review"
    assert {release["name"] for release in report["releases"]} == {"web", "api", "db"}
    assert ran.summary.startswith("## 🟡 Review")
    assert (act.artifacts / "report.html/report.html").read_text().startswith("<!doctype html>")
    (body,) = fake.bodies()
    finding = next(finding for finding in report["findings"] if finding["rule"] == "service-port-removed")
    assert f"artifacts/report.html#f-{finding['fingerprint']})" in body
    again = Act(repository, tmp_path / "again", fake.url).run("pull_request", pull_request(), "pipeline-plan.yml")
    assert again.code == 0, again.log
    assert fake.bodies() == [body]


def test_the_samples_upgrade_is_blocked_and_still_commented(
    fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "sample"
    lay_out(root)
    publish(ROOT / "examples" / "lattice", tmp_path / "charts")
    monkeypatch.chdir(root)
    git(root, "init", "--quiet", "--initial-branch=main")
    with served(tmp_path / "charts") as url:
        replace(root / "pipeline.yaml", "http://127.0.0.1:8879", url)
        git(root, "add", ".")
        git(root, "commit", "--quiet", "--message", "declare the platform")
        verbs("vendor", "render", "commit", "init --github")
        branch_off(root)
        replace(root / "pipeline.yaml", f"version: {OLD}", f"version: {NEW}")
        verbs("vendor")
        change(root, {})
    act = Act(root, tmp_path / "act", fake.url)
    ran = act.run("pull_request", pull_request(), "pipeline-plan.yml")
    assert ran.code != 0
    assert ran.jobs == {"discover": "success", "plan 1/1": "success", "pipeline": "failure", "comment": "success"}
    (body,) = fake.bodies()
    assert "## 🔴 Blocked" in body
    assert "crd-version-unserved" in body


def test_a_tree_that_is_out_of_date_fails_the_required_job_and_comments_nothing(
    repository: Path, fake: FakeGitHub, tmp_path: Path
) -> None:
    write(repository, {"values/web/common.yaml": "port: 81\n"})
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "forget to render")
    ran = Act(repository, tmp_path / "act", fake.url).run("pull_request", pull_request(), "pipeline-plan.yml")
    assert ran.code != 0
    assert ran.jobs["pipeline"] == "failure"
    assert ran.jobs.get("comment") != "failure", ran.log
    assert "not up to date" in ran.log
    assert fake.bodies() == []


def test_a_fork_is_commented_by_the_other_workflow_alone(repository: Path, fake: FakeGitHub, tmp_path: Path) -> None:
    change(repository, {"values/web/common.yaml": "port: 81\n"})
    act = Act(repository, tmp_path / "act", fake.url)
    ran = act.run("pull_request", pull_request("eve/r"), "pipeline-plan.yml")
    assert ran.code == 0, ran.log
    assert ran.jobs["pipeline"] == "success"
    assert "comment" not in ran.jobs
    assert fake.log == []
    shutil.move(act.artifacts, tmp_path / "act/runs/4711")
    fake.open_pull(7, "eve/r", "change", "a" * 40)
    finished = {
        "id": 4711,
        "event": "pull_request",
        "run_number": 5,
        "head_branch": "change",
        "head_sha": "a" * 40,
        "head_repository": {"full_name": "eve/r", "owner": {"login": "eve"}},
    }
    ran = act.run("workflow_run", {"workflow_run": finished, "repository": REPOSITORY}, "pipeline-fork-comment.yml")
    assert ran.code == 0, ran.log
    (body,) = fake.bodies()
    assert "From a fork, not verified" in body
    own = finished | {"head_repository": {**REPOSITORY, "owner": {"login": "o"}}}
    ran = act.run("workflow_run", {"workflow_run": own, "repository": REPOSITORY}, "pipeline-fork-comment.yml")
    assert ran.jobs == {}


def test_no_secret_value_and_no_command_of_a_chart_reaches_the_log(
    repository: Path, fake: FakeGitHub, tmp_path: Path
) -> None:
    secret = "---\nkind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {p: %s}\n"
    hostile = "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: h}\ndata: {x: %s}\n"
    text = (secret % CANARY) + (hostile % json.dumps(f"::set-output name=y::z\n##[error]{CANARY}\n"))
    write(repository, {"charts/web/templates/b.yaml": text, "pipeline.yaml": CONFIG + "secrets: {rendered: allow}\n"})
    verbs("vendor --update")
    change(repository, {})
    act = Act(repository, tmp_path / "act", fake.url)
    ran = act.run("pull_request", pull_request(), "pipeline-plan.yml")
    assert ran.jobs["comment"] == "success", ran.log
    everything = [ran.log, ran.summary, *fake.bodies()]
    everything += [path.read_text() for path in act.artifacts.rglob("*") if path.is_file()]
    assert len(everything) > 5
    assert not any(CANARY in text for text in everything)


def test_a_push_to_main_without_a_kubeconfig_says_what_is_missing(
    repository: Path, fake: FakeGitHub, tmp_path: Path
) -> None:
    """With one: tests/cluster/test_apply_workflow.py."""
    write(repository, {"pipeline.yaml": CONFIG + "environments: {default: {cluster: {context: x}}}\n"})
    verbs("init --github")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "a cluster")
    event = {"ref": "refs/heads/main", "repository": REPOSITORY}
    ran = Act(repository, tmp_path / "act", fake.url).run("push", event, "pipeline-apply-default.yml")
    assert ran.jobs == {"plan": "failure"}
    assert "the environment has no secret KUBECONFIG" in ran.log


def test_newer_charts_become_pull_requests(repository: Path, tmp_path: Path) -> None:
    """On a schedule; the charts and the remote are real, the token goes to GitHub alone."""
    tool("act")
    fake = FakeGitHubPulls(tmp_path / "remote.git")
    publish_versions(tmp_path / "charts", {"1.0.0": CHART, "1.1.0": CHART})
    with served(tmp_path / "charts") as url:
        release = "releases: [{name: web, chart: shop/web, version: 1.0.0, namespace: web}]\n"
        write(repository, {"pipeline.yaml": f"repositories: {{shop: {{url: '{url}'}}}}\n{release}"})
        verbs("vendor")
        git(repository, "switch", "--quiet", "--force-create", "main")
        change(repository, {})
        git(repository, "init", "--quiet", "--bare", str(tmp_path / "remote.git"))
        git(repository, "remote", "set-url", "--push", "origin", str(tmp_path / "remote.git"))
        git(repository, "push", "--quiet", str(tmp_path / "remote.git"), "main")
        ran = Act(repository, tmp_path / "act", fake.url).run(
            "schedule", {"repository": REPOSITORY}, "pipeline-upgrade.yml"
        )
    assert ran.code == 0, ran.log
    assert ran.jobs == {"upgrade": "success"}
    assert "o/r#1 opened: web: web 1.0.0 -> 1.1.0" in ran.log
    assert "secret-token" not in ran.log
    assert [pull["title"] for pull in fake.pulls] == ["web: web 1.0.0 -> 1.1.0"]
    author = git(tmp_path / "remote.git", "log", "-1", "--format=%an", "upgrade/web")
    assert author == "github-actions[bot]\n"
    fake.close()


OWN = f"""on: {{pull_request: }}
jobs:
  all:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - id: plan
        uses: {OURS}
        with: {{fail-on: blocker}}
      - uses: {OURS}
        with: {{command: comment, github-token: "${{{{ github.token }}}}", page: "https://p.example/x"}}
      - run: echo "said $VERDICT"
        env: {{VERDICT: "${{{{ steps.plan.outputs.verdict }}}}"}}
"""


def test_our_action_plans_and_comments(repository: Path, fake: FakeGitHub, tmp_path: Path) -> None:
    """action.yml as another repository's workflow uses it."""
    write(repository, {".github/workflows/own.yml": OWN})
    change(repository, {"values/web/common.yaml": "port: 81\n"})
    ran = Act(repository, tmp_path / "act", fake.url).run("pull_request", pull_request(), "own.yml")
    assert ran.code == 0, ran.log
    assert "said review" in ran.log
    (body,) = fake.bodies()
    assert "(https://p.example/x#f-" in body
