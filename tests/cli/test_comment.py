"""``pipeline comment`` against a stateful GitHub over real HTTP: one comment, nobody else's, whatever goes wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.report import read as read_report
from pipeline.core.judge.report_document import to_data
from pipeline.core.review.pr_comment import marked, read
from pipeline.report.html import render as page_of
from pipeline.report.shapes import units
from pipeline.report.structured import render as dump
from tests.report.test_formats import big, blocking, report
from tests.support import openapi
from tests.support.fake_github import FakeGitHub

ARGUMENTS = ["comment", "report.json", "--repo", "o/r", "--pr", "7"]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    found = FakeGitHub()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")
    monkeypatch.setenv("GITHUB_API_URL", found.url)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    Path("report.json").write_text(dump(report("web")))
    yield found
    found.close()


def at_run(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setenv("GITHUB_RUN_NUMBER", str(number))
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "1")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip().rpartition(" ")[2]


def test_one_comment_is_made_and_kept_up_to_date(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_run(monkeypatch, 5)
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "created"
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "unchanged"
    Path("report.json").write_text(dump(report("api")))
    at_run(monkeypatch, 6)
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "updated"
    at_run(monkeypatch, 4)
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "stale"
    (body,) = fake.bodies()
    assert "api" in body


def test_comments_of_others_are_never_touched(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    forged = marked("forged", "pipeline.yaml", (2**40, 1))
    others = [("mallory", forged), ("other[bot]", forged), (fake.login, f"> {forged}"), (fake.login, "hello")]
    others.append((fake.login, marked("x", "other.yaml", (1, 1))))
    others.append((fake.login, "<!-- pipeline:report v1 eyJrZXkiOiAx -->\nbroken"))
    for login, body in others:
        fake.add(login, body)
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "created"
    assert fake.bodies()[:-1] == [body for _, body in others]


def test_all_pages_are_read_and_doubles_go(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    fake.page = 2
    for number in range(5):
        fake.add("ada", f"comment {number}")
    fake.add(fake.login, marked("first", "pipeline.yaml", (1, 1)))
    fake.add(fake.login, marked("second", "pipeline.yaml", (1, 1)))
    assert run(ARGUMENTS) == 0
    assert said(capsys) == "updated"
    assert sorted(fake.comments) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        ((500, {}, "oops"), [1, 2]),
        ((502, {}, "bad gateway"), [1, 2]),
        ((503, {"Retry-After": "7"}, "busy"), [7, 7]),
        ((429, {"Retry-After": "3"}, "slow down"), [3, 3]),
        ((403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000030"}, "API rate limit exceeded"), [30, 30]),
        ((403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1009999"}, "API rate limit exceeded"), [60, 60]),
        ((403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded"), [1, 2]),
        ((403, {"x-ratelimit-remaining": "50"}, "You have exceeded a secondary rate limit"), [60, 60]),
    ],
)
def test_what_may_get_well_is_tried_again_when_github_says(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, dict[str, str], str], waits: list[float]
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    monkeypatch.setattr("pipeline.adapters.retry.jitter", lambda: 1.0)
    fake.fail = [answer] * 2
    assert run(ARGUMENTS) == 0
    assert len(fake.bodies()) == 1
    assert slept == waits


def test_a_limit_that_stays_is_one_clear_error(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    fake.fail = [(403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded")] * 5
    assert run(ARGUMENTS) == 1
    assert "limit is used up: run it again later" in capsys.readouterr().err
    assert fake.bodies() == []


def test_what_is_written_has_the_budget_marker_and_all(fake: FakeGitHub) -> None:
    data = blocking(big(40, 4000))
    blockers = [finding for finding in data.findings if finding.severity == "blocker"]
    Path("report.json").write_text(dump(data))
    assert run([*ARGUMENTS, "--key", "k" * 300]) == 0
    (body,) = fake.bodies()
    assert 40_000 < units(body) <= 60_000
    for finding in blockers:
        assert f"{finding.environment}/{finding.release}" in body
    assert body.count("service-port-removed") == len(blockers) == 40


def test_a_fork_gets_its_report_in_the_summary(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    fake.read_only = True
    assert run(ARGUMENTS) == 0
    assert "may not comment" in capsys.readouterr().err
    assert Path("summary.md").read_text().startswith("## ")


def test_a_wrong_token_is_one_clear_error_without_the_token(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "another-secret")
    assert run(ARGUMENTS) == 1
    err = capsys.readouterr().err
    assert "401" in err
    assert "another-secret" not in err
    assert fake.bodies() == []


def test_the_pull_request_is_found_in_the_actions_run(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    monkeypatch.setenv("GITHUB_EVENT_PATH", "event.json")
    assert run(["comment", "report.json"]) == 0
    assert len(fake.bodies()) == 1


RUN = {
    "head_repository": {"full_name": "eve/r", "owner": {"login": "eve"}},
    "head_branch": "x&head=o:y",
    "head_sha": "a" * 40,
    "run_number": 5,
    "run_attempt": 1,
    "pull_requests": [],
}


@pytest.fixture
def of_fork(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job that a fork's finished run starts; its report claims to be of another pull request."""
    assert fake.log == []
    Path("event.json").write_text(json.dumps({"workflow_run": RUN, "number": 8}))
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    monkeypatch.setenv("GITHUB_EVENT_PATH", "event.json")
    Path("report.json").write_text(json.dumps(to_data(report("web")) | {"pr": 9, "verdict": "safe"}))


@pytest.mark.usefixtures("of_fork")
def test_a_forks_pull_request_is_looked_up_and_its_report_not_vouched_for(fake: FakeGitHub) -> None:
    fake.open_pull(8, "eve/r", "x&head=o:y", "b" * 40)
    fake.open_pull(9, "mallory/r", "x&head=o:y", "a" * 40)
    fake.open_pull(7, "eve/r", "x&head=o:y", "a" * 40)
    assert run(["comment", "report.json", "--fork"]) == 0
    (body,) = fake.bodies()
    assert body.partition("\n")[2].startswith("> [!WARNING]\n> From a fork, not verified")
    state = read(body)
    assert state is not None
    assert state.order == (5, 1)


@pytest.mark.usefixtures("of_fork")
def test_a_fork_without_a_pull_request_gets_no_comment(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    fake.open_pull(7, "eve/r", "x&head=o:y", "b" * 40)
    assert run(["comment", "report.json", "--fork"]) == 0
    assert "no open pull request" in capsys.readouterr().out
    assert fake.bodies() == []


@pytest.mark.usefixtures("of_fork")
def test_a_forks_report_that_is_too_large_or_none_at_all_is_refused(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("report.json").write_text(" " * 5_000_001)
    assert run(["comment", "report.json", "--fork"]) == 64
    assert "larger than a report may be" in capsys.readouterr().err
    Path("report.json").write_text('{"verdict": "<img>"}')
    assert run(["comment", "report.json", "--fork"]) == 64
    assert fake.log == []


def test_each_finding_links_to_its_place_on_the_page(fake: FakeGitHub) -> None:
    page = "https://github.example/o/r/actions/runs/1/artifacts/2"
    assert run([*ARGUMENTS, "--page", page]) == 0
    (body,) = fake.bodies()
    anchors = set(re.findall(rf"\({page}#([^)]+)\)", body))
    html = page_of(read_report(Path("report.json")))
    assert anchors
    assert all(f'id="{anchor}"' in html for anchor in anchors)
    for wrong in ("javascript:alert(1)", f"{page})[x](", f"{page}#x", "https://e.vil/ x"):
        assert run([*ARGUMENTS, "--page", wrong]) == 64


def test_the_description_that_requests_are_held_against_tells_right_from_wrong(fake: FakeGitHub) -> None:
    openapi.described()
    assert run(ARGUMENTS) == 0
    assert [problem for exchange in fake.exchanges for problem in openapi.problems(exchange)] == []
    *_, posted = fake.exchanges
    wrong = [
        replace(posted, path="/repos/o/r/issues/7/remarks"),
        replace(posted, path=f"{posted.path}?force=1"),
        replace(posted, body={"text": "x"}),
        replace(posted, answer={**posted.answer, "user": {}}),
        replace(posted, status=200),
        replace(posted, headers={}),
    ]
    assert all(list(openapi.problems(exchange)) for exchange in wrong)


def test_a_dry_run_prints_and_writes_nothing(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ARGUMENTS, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("## ")
    assert fake.log == []


def test_what_is_no_report_is_refused(fake: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    Path("report.json").write_text('{"schema": "x"}')
    assert run(ARGUMENTS) == 64
    assert "is not a report" in capsys.readouterr().err
    assert fake.log == []


def test_a_marker_says_what_was_put_in() -> None:
    state = read(marked("body", "a-->b", (3, 2)))
    assert state is not None
    assert (state.key, state.order) == ("a-->b", (3, 2))


def test_a_later_comment_says_what_came_and_went(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(("web", "api", "api")):
        at_run(monkeypatch, 10 + number)
        Path("report.json").write_text(dump(report(name)))
        assert run(ARGUMENTS) == 0
        (body,) = [comment["body"] for comment in fake.comments.values()]
        assert (" since the last push" in body) is (number > 0)
    assert said(capsys) == "unchanged"
    assert re.search(r"\d+ new, \d+ solved since the last push", body)
