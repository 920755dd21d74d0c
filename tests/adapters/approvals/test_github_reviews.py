"""What people told GitHub, over real HTTP, and everything that looks like an approval of a plan and is none."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.approvals.github_reviews import Reviews, github_here, of_pull_request, of_run
from pipeline.adapters.github_api import GitHub
from pipeline.core.errors import UsageError, WorldError
from tests.support.fake_github_reviews import MERGED, FakeReviews
from tests.support.plans import COMMIT, TREE, digest_of, plan

PLAN = plan()
HEAD = "beef" + "0" * 36


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReviews]:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    found = FakeReviews()
    found.start(5, COMMIT, "ada")
    found.authors[COMMIT] = "Anna"
    found.writers = {"bob", "carol"}
    found.open(7, COMMIT, "dave")
    yield found
    found.close()


def run(fake: FakeReviews, number: int = 5) -> Reviews:
    return of_run(GitHub(fake.url, "secret-token", "o/r"), number, PLAN, digest_of(PLAN))


def pull(fake: FakeReviews, number: int = 7) -> Reviews:
    return of_pull_request(GitHub(fake.url, "secret-token", "o/r"), number, PLAN, digest_of(PLAN))


def told(words: Reviews) -> list[tuple[str, str, str]]:
    return [(word.login, word.decision, word.void) for word in words.words]


def test_the_reviews_of_the_plans_environment_are_taken_with_who_made_the_run(fake: FakeReviews) -> None:
    fake.review_run(5, "Bob", "approved", "prod", "ship it")
    fake.review_run(5, "carol", "approved", "staging")
    fake.review_run(5, "dan", "pending", "prod")
    words = run(fake)
    assert told(words) == [("bob", "approve", "")]
    assert words.words[0].comment == "ship it"
    assert words.authors == {"ada", "anna"}
    assert words.evidence == {"repository": "o/r", "run": "5", "environment": "prod"}


def test_a_rejection_outlives_a_later_approval_of_the_same_run(fake: FakeReviews) -> None:
    for state in ("approved", "rejected", "approved"):
        fake.review_run(5, "bob", state, "prod")
    assert told(run(fake)) == [("bob", "reject", "")]


def test_another_commits_run_another_plans_digest_and_robots_approve_nothing(fake: FakeReviews) -> None:
    fake.start(6, HEAD, "ada")
    fake.review_run(6, "bob", "approved", "prod")
    assert told(run(fake, 6)) == [("bob", "approve", "that run is of another commit than the plan")]
    fake.review_run(5, "bob", "approved", "prod", "sha256:0123456789")
    fake.review_run(5, "carol", "approved", "prod", f"{digest_of(PLAN)[:17]} it is")
    fake.review_run(5, "robot[bot]", "approved", "prod")
    assert told(run(fake)) == [
        ("bob", "approve", "its comment names another plan"),
        ("carol", "approve", ""),
        ("robot[bot]", "approve", "it is not a person's"),
    ]


def test_a_run_that_is_not_there_has_no_reviews(fake: FakeReviews) -> None:
    assert told(run(fake, 404)) == []


def test_the_last_review_of_each_who_may_write_counts(fake: FakeReviews) -> None:
    fake.page = 2
    fake.review(7, "bob", "CHANGES_REQUESTED", HEAD)
    fake.review(7, "bob", "APPROVED", COMMIT)
    fake.review(7, "bob", "COMMENTED", COMMIT)
    fake.review(7, "carol", "APPROVED", COMMIT)
    fake.review(7, "carol", "DISMISSED", COMMIT)
    fake.review(7, "stranger", "APPROVED", COMMIT)
    words = pull(fake)
    assert told(words) == [("bob", "approve", ""), ("stranger", "approve", "'stranger' may not write to o/r")]
    assert words.authors == {"dave", "anna"}


def test_a_review_of_an_earlier_commit_does_not_count_but_its_no_does(fake: FakeReviews) -> None:
    fake.review(7, "bob", "APPROVED", HEAD)
    fake.review(7, "carol", "CHANGES_REQUESTED", HEAD, "not so")
    earlier = "it is of an earlier commit of the pull request"
    assert told(pull(fake)) == [("bob", "approve", earlier), ("carol", "reject", "")]


def test_what_was_merged_counts_as_reviewed_where_the_manifests_are_the_same(fake: FakeReviews) -> None:
    fake.open(8, HEAD, "dave")
    fake.review(8, "bob", "APPROVED", HEAD)
    other = "the plan is of another commit than the pull request's head, or its merge"
    assert told(pull(fake, 8)) == [("bob", "approve", other)]
    fake.merge(8, MERGED)
    assert told(pull(fake, 8)) == [("bob", "approve", other)]
    fake.merge(8, COMMIT)
    fake.trees = {HEAD: {"docs": "1", "rendered": "2"}, "2": {"prod": "3"}}
    differs = "what was merged differs from what was reviewed in rendered/prod"
    assert told(pull(fake, 8)) == [("bob", "approve", differs)]
    fake.trees["2"] = {"prod": TREE}
    assert told(pull(fake, 8)) == [("bob", "approve", "")]
    fake.trees[HEAD] = {"docs": "1"}
    assert told(pull(fake, 8)) == [("bob", "approve", differs)]


def test_a_pull_request_that_is_not_there_has_no_reviews(fake: FakeReviews) -> None:
    assert told(pull(fake, 404)) == []


def test_where_github_does_not_answer_nothing_is_decided(fake: FakeReviews) -> None:
    fake.fail = [(500, {}, "boom")] * 9
    with pytest.raises(WorldError, match="GitHub answers 500: boom") as caught:
        run(fake)
    assert "actions: read" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop", "acme/shop"),
        ("https://user@github.com/acme/shop.git/", "acme/shop"),
        ("ssh://git@github.com/acme/my.shop.git", "acme/my.shop"),
    ],
)
def test_the_repository_is_that_of_the_remote(
    url: str, repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "t")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with pytest.raises(UsageError, match="GitHub repository is unknown"):
        github_here(tmp_path)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", url], check=True)
    assert github_here(tmp_path) == GitHub("https://api.github.com", "t", repository)


def test_another_host_needs_its_apis_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no token"):
        github_here(tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", "git@git.acme.test:a/b.git"], check=True)
    with pytest.raises(UsageError, match=r"origin is on git\.acme\.test"):
        github_here(tmp_path)
    monkeypatch.setenv("GITHUB_API_URL", "https://git.acme.test/api/v3/")
    assert github_here(tmp_path) == GitHub("https://git.acme.test/api/v3", "t", "a/b")
    monkeypatch.setenv("GITHUB_REPOSITORY", "c/d")
    assert github_here(tmp_path).repository == "c/d"
