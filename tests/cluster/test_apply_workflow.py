"""The workflow on main, run by act against a real cluster and a stateful GitHub: plan, the run's reviews, apply."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository
from tests.cluster.objects import config_map, secret
from tests.support.act import OURS, Act, Ran
from tests.support.fake_github_reviews import FakeReviews
from tests.support.platforms import git, write
from tests.support.tools import tool

pytestmark = pytest.mark.slow

CANARY = "canary-value-0451"
RUN = 1
"""The run's number as act has it."""


@pytest.fixture
def fake() -> Iterator[FakeReviews]:
    tool("act")
    found = FakeReviews()
    yield found
    found.close()


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path, fake: FakeReviews) -> ClusterRepository:
    """A release with a Secret, the workflow, and a run of it that ada started with her commit."""
    made = ClusterRepository(cluster, tmp_path, approvals={"methods": ["github-environment"]})
    made.render(config_map(made.namespace, a="##[error]x"), secret(made.namespace, stringData={"password": CANARY}))
    assert made.run("init", "--github").code == 0
    git(made.root, "add", ".github")
    git(made.root, "commit", "--quiet", "--message", "add the workflows")
    git(made.root, "remote", "add", "origin", "https://github.com/o/r.git")
    commit = git(made.root, "rev-parse", "HEAD").strip()
    fake.start(RUN, commit, "ada")
    fake.authors[commit] = "ada"
    return made


def pushed(site: ClusterRepository, act: Act) -> Ran:
    event = {"ref": "refs/heads/main", "repository": {"full_name": "o/r"}}
    content = site.cluster.kubeconfig("admin").read_text()
    ran = act.run("push", event, f"pipeline-apply-{ENVIRONMENT}.yml", {"KUBECONFIG": content})
    assert CANARY not in ran.log + ran.summary
    return ran


def test_what_was_reviewed_is_applied_and_what_was_not_is_not(
    site: ClusterRepository, fake: FakeReviews, tmp_path: Path
) -> None:
    ran = pushed(site, Act(site.root, tmp_path / "nobody", fake.url))
    job = next(name for name in ran.jobs if name.startswith("apply plan"))
    assert ran.jobs == {"plan": "success", job: "failure"}, ran.log
    assert site.cluster.get(config_map(site.namespace)) is None
    fake.review_run(RUN, "ada", "approved", ENVIRONMENT)
    assert pushed(site, Act(site.root, tmp_path / "herself", fake.url)).code != 0
    fake.review_run(RUN, "grace", "approved", "staging")
    assert pushed(site, Act(site.root, tmp_path / "elsewhere", fake.url)).code != 0
    assert site.cluster.get(config_map(site.namespace)) is None
    fake.review_run(RUN, "grace", "approved", ENVIRONMENT)
    ran = pushed(site, Act(site.root, tmp_path / "grace", fake.url))
    assert ran.code == 0, ran.log
    assert "waits for approval" in ran.summary
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "##[error]x"}
    again = pushed(site, Act(site.root, tmp_path / "again", fake.url))
    assert again.jobs == {"plan": "success"}, again.log
    assert "changes nothing" in again.summary


def test_a_no_is_a_no(site: ClusterRepository, fake: FakeReviews, tmp_path: Path) -> None:
    fake.review_run(RUN, "grace", "approved", ENVIRONMENT)
    fake.review_run(RUN, "linus", "rejected", ENVIRONMENT)
    ran = pushed(site, Act(site.root, tmp_path / "act", fake.url))
    assert ran.code != 0
    assert site.cluster.get(config_map(site.namespace)) is None


OWN = f"""on: push
jobs:
  all:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - run: |
          printf '%s' "$CONTENT" > ../kubeconfig
          echo "KUBECONFIG=$PWD/../kubeconfig" >> "$GITHUB_ENV"
        env: {{CONTENT: "${{{{ secrets.KUBECONFIG }}}}"}}
      - id: plan
        uses: {OURS}
        with: {{environment: {ENVIRONMENT}, plan-file: ../plan.json}}
      - run: echo "changes $CHANGES $DIGEST"
        env: {{CHANGES: "${{{{ steps.plan.outputs.changes }}}}", DIGEST: "${{{{ steps.plan.outputs.plan-digest }}}}"}}
      - uses: {OURS}
        with: {{command: apply, plan-file: ../plan.json, github-token: "${{{{ github.token }}}}"}}
"""


def test_our_action_applies_what_was_reviewed(site: ClusterRepository, fake: FakeReviews, tmp_path: Path) -> None:
    """action.yml as another repository's workflow uses it."""
    write(site.root, {".github/workflows/own.yml": OWN})
    git(site.root, "add", ".github")
    git(site.root, "commit", "--quiet", "--message", "use the action")
    fake.start(RUN, git(site.root, "rev-parse", "HEAD").strip(), "ada")
    secrets = {"KUBECONFIG": site.cluster.kubeconfig("admin").read_text()}
    event = {"ref": "refs/heads/main", "repository": {"full_name": "o/r"}}
    ran = Act(site.root, tmp_path / "nobody", fake.url).run("push", event, "own.yml", secrets)
    assert ran.code != 0
    assert "changes true sha256:" in ran.log
    assert site.cluster.get(config_map(site.namespace)) is None
    fake.review_run(RUN, "grace", "approved", ENVIRONMENT)
    ran = Act(site.root, tmp_path / "grace", fake.url).run("push", event, "own.yml", secrets)
    assert ran.code == 0, ran.log
    assert CANARY not in ran.log + ran.summary
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "##[error]x"}
