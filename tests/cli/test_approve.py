"""``pipeline approve`` and what apply asks of its files, with real keys, a real terminal and a GitHub over HTTP."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cli import run
from pipeline.cli.support.approval_evidence import evidence_of
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.approval.approval import Approval, from_bytes, to_bytes
from pipeline.core.cluster.approval.decide import decide
from pipeline.core.cluster.plan.plan import FieldEdit, Operation, Plan, PlanProblem
from pipeline.core.cluster.plan.plan import to_bytes as plan_bytes
from pipeline.core.cluster.plan.policy import Approvals
from pipeline.core.errors import RefusedError, UsageError
from pipeline.wiring import Repository, repository
from tests.support import terminal
from tests.support.fake_github_reviews import FakeReviews
from tests.support.plans import COMMIT, HOUR, action, digest_of, plan
from tests.support.ssh import key, public

SIGNED = Approvals(signers="signers", signers_ref="main")
BOB = "bob@example.org"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose ``main`` names Bob and Carol as signers; who works there is Ada."""
    for name in ("bob", "carol", "mallory"):
        key(tmp_path, name)
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    Path("pipeline.yaml").write_text("releases: []\n")
    Path("signers").write_text(f"{BOB} {public(tmp_path / 'bob')}\ncarol@example.org {public(tmp_path / 'carol')}\n")
    for argv in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "start"], ["switch", "-q", "-c", "topic"]):
        subprocess.run(["git", *argv], check=True)
    return tmp_path


def saved(policy: Approvals | None = None, **more: Any) -> Plan:
    made = plan(policy, now=time.time(), **more)
    Path("plan.json").write_bytes(plan_bytes(made))
    return made


def decided(
    here: Repository, made: Plan, plan_digest: str, files: Sequence[Path], *, now: float | None = None, **more: Any
) -> tuple[Approval, ...]:
    """What apply decides by the evidence that it finds."""
    now = time.time() if now is None else now
    return decide(made, plan_digest, evidence_of(here, made, plan_digest, files, now, **more), now)


def asked(made: Plan, *files: Path, **more: Any) -> str:
    """Who approved, or why not."""
    try:
        return ", ".join(item.approver for item in decided(repository(), made, digest_of(made), files, **more))
    except RefusedError as error:
        return str(error)


def folder(made: Plan) -> Path:
    return Path("approvals", digest_of(made).removeprefix("sha256:"))


def test_a_signed_approval_is_what_apply_wants(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = saved(SIGNED)
    assert "0 of 1 approvals" in asked(made)
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--reason", "looks right"]) == 0
    file = folder(made) / "ssh-bob@example.org-approve.json"
    out = capsys.readouterr().out
    assert out.startswith(f"plan {digest_of(made)}\n")
    assert f"approval by {BOB}: {repository().root / file}\napply it: pipeline apply plan.json\n" in out
    record = from_bytes(file.read_bytes(), "it")
    assert (record.plan, record.reason, record.expires != "") == (digest_of(made), "looks right", True)
    assert asked(made) == BOB
    assert asked(made, file, file) == BOB


def test_the_summary_names_what_cannot_be_undone_and_no_terminal_obeys_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = (FieldEdit("spec.replicas", "change", owner="hpa"),)
    actions = (
        action(1, Operation.CREATE, "web"),
        action(2, Operation.RECREATE, "job\x1b]0;owned\x07", reason="asked for"),
        action(3, Operation.ADOPT, "theirs"),
        action(4, Operation.DELETE, "old", reason="no longer rendered"),
        action(5, Operation.UPDATE, "api", force=True, fields=taken),
        action(6, Operation.IGNORE, "test"),
    )
    problem = PlanProblem("conflict", "Deployment shop/api", "owned by kubectl\u202e", "take it")
    saved(SIGNED, actions=actions, problems=(problem,))
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 5
    out, err = capsys.readouterr()
    for text in (
        "environment   prod (context kind-prod, cluster uid-1)",
        f"commit        {COMMIT} rendered/prod",
        "by Ada Tester <ada@example.org>",
        "actions       1 create, 1 update, 1 adopt, 1 recreate, 1 delete, 1 ignore",
        "deletes       Deployment shop/old (apps/v1, release web): no longer rendered",
        "takes over    Deployment shop/theirs",
        "takes fields  of Deployment shop/api (apps/v1, release web) from hpa",
        "PROBLEM       conflict Deployment shop/api: owned by kubectl\\u202e (try: take it)",
        "Deployment shop/job\\u001b]0;owned\\u0007 (",
    ):
        assert text in out
    assert "cannot be approved" in err
    assert not Path("approvals").exists()
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--reject"]) == 0


def test_a_rejection_is_kept_and_stops_everything(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "carol")]) == 0
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--reject", "--reason", "Friday"]) == 0
    assert "apply it" not in capsys.readouterr().out.partition("rejection by")[2]
    assert "rejected by 'bob@example.org' (ssh)" in asked(made)
    assert ": 'Friday'" in asked(made)
    assert sorted(path.name for path in folder(made).iterdir()) == [
        "ssh-bob@example.org-reject.json",
        "ssh-carol@example.org-approve.json",
    ]


def test_what_would_not_count_is_not_written(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "mallory")]) == 5
    assert "its key is not among the allowed signers" in capsys.readouterr().err
    saved(SIGNED, author="Bob <bob@example.org>")
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 5
    assert "the plan's author cannot approve it" in capsys.readouterr().err
    saved(SIGNED, expires=written(time.time() - 1))
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 5
    assert "the plan expired" in capsys.readouterr().err
    saved(Approvals())
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 64
    saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--github-run", "1"]) == 64
    assert run(["approve", "plan.json", "--reject", "--github-run", "1"]) == 64
    assert run(["approve", "none.json"]) == 64
    assert run(["approve", "pipeline.yaml"]) == 64
    monkeypatch.setenv("PATH", f"{home}")
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 1
    assert "git is not installed" in capsys.readouterr().err
    assert not Path("approvals").exists()


def test_the_author_does_not_count_under_another_name_of_their_key(home: Path) -> None:
    text = f"bob@example.org {public(home / 'bob')}\n*@example.org {public(home / 'bob')}\n"
    signed_by(text)
    saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 5


def signed_by(text: str) -> None:
    """Put that on main, and come back."""
    subprocess.run(["git", "switch", "-q", "main"], check=True)
    Path("signers").write_text(text)
    subprocess.run(["git", "commit", "-q", "-am", "signers"], check=True)
    subprocess.run(["git", "switch", "-q", "topic"], check=True)


def test_the_signers_are_those_of_the_protected_branch(home: Path) -> None:
    made = saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 0
    Path("signers").write_text("")
    assert asked(made) == BOB
    Path("signers").write_text(f"mallory@example.org {public(home / 'mallory')}\n")
    subprocess.run(["git", "commit", "-q", "-am", "let me in"], check=True)
    assert run(["approve", "plan.json", "--key", str(home / "mallory")]) == 5
    signed_by(f"carol@example.org {public(home / 'carol')}\n")
    assert "not among the allowed signers" in asked(made)
    for policy in (Approvals(signers="nowhere"), Approvals(signers="a\nb"), Approvals(signers="s", signers_ref="gone")):
        saved(policy)
        assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 5


def test_two_people_and_not_one_twice(home: Path) -> None:
    made = saved(Approvals(signers="signers", signers_ref="main", required=2))
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 0
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--out", "again.json"]) == 0
    assert "1 of 2 approvals" in asked(made, Path("again.json"))
    assert run(["approve", "plan.json", "--key", str(home / "carol")]) == 0
    assert asked(made, Path("again.json")) in (f"{BOB}, carol@example.org", f"carol@example.org, {BOB}")


def test_out_says_how_to_name_it_to_apply(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--out", str(home / "yes.json")]) == 0
    assert f"pipeline apply plan.json --approval {home / 'yes.json'}" in capsys.readouterr().out
    assert "0 of 1" in asked(made)
    assert asked(made, home / "yes.json") == BOB
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--out", "none/yes.json"]) == 64


def test_a_file_that_cannot_be_read_stops_it(home: Path) -> None:
    made = saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 0
    (folder(made) / "x.json").write_text("{}")
    assert "x.json is not an approval" in asked(made)
    with pytest.raises(UsageError, match=r"gone\.json does not exist"):
        asked(made, Path("gone.json"))


def test_an_approval_of_another_plan_is_none_of_this(home: Path) -> None:
    first = saved(SIGNED)
    assert run(["approve", "plan.json", "--key", str(home / "bob"), "--out", "yes.json"]) == 0
    other = saved(SIGNED, releases=("web",))
    assert "it is for another plan" in asked(other, Path("yes.json"))
    forged = msgspec.structs.replace(from_bytes(Path("yes.json").read_bytes(), ""), plan=digest_of(other))
    Path("forged.json").write_bytes(to_bytes(forged))
    assert "the signature is not that of" in asked(other, Path("forged.json"))
    assert asked(first, Path("yes.json")) == BOB


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_byte_of_the_plan_that_changes_voids_its_approval(home: Path, place: float, bit: int) -> None:
    file = home / "yes.json"
    made = saved(SIGNED)
    data = bytearray(plan_bytes(made))
    data[int(place * len(data))] ^= 1 << bit
    assert digest(bytes(data)) != digest_of(made)
    file.write_bytes(to_bytes(Approval(digest_of(made), "approve", BOB, "ssh", written(time.time()))))
    here = repository()
    with pytest.raises(RefusedError, match="it is for another plan"):
        decided(here, made, digest(bytes(data)), [file])


@pytest.mark.usefixtures("home")
def test_a_person_types_the_digits_and_no_pipe_does(capsys: pytest.CaptureFixture[str]) -> None:
    made = saved()
    assert run(["approve", "plan.json"]) == 5
    assert "needs a person at a terminal" in capsys.readouterr().err
    code, screen = terminal.pipeline(["approve", "plan.json"], Path.cwd(), [("type the first 8 digits", "yes")])
    assert code == 5
    assert "what was typed is not the first 8 digits" in screen
    assert not Path("approvals").exists()
    digits = digest_of(made).removeprefix("sha256:")[:8]
    code, screen = terminal.pipeline(["approve", "plan.json"], Path.cwd(), [("type the first 8 digits", digits)])
    assert code == 0, screen
    assert (folder(made) / "interactive-ada@example.org-approve.json").exists()
    assert asked(made) == "Ada Tester <ada@example.org>"


def test_ssh_keygen_itself_asks_for_the_passphrase(home: Path) -> None:
    locked = key(home, "locked", passphrase="opensesame")
    signed_by(f"{BOB} {public(locked)}\n")
    made = saved(SIGNED)
    answers = [("passphrase", "opensesame"), ("passphrase", "opensesame")]
    code, screen = terminal.pipeline(["approve", "plan.json", "--key", str(locked)], Path.cwd(), answers)
    assert code == 0, screen
    assert "opensesame" not in screen
    assert asked(made) == BOB
    code, screen = terminal.pipeline(["approve", "plan.json", "--key", str(locked)], Path.cwd(), [("passphrase", "no")])
    assert code == 1
    assert "incorrect passphrase" in screen


@pytest.mark.usefixtures("home")
def test_what_apply_itself_was_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = saved()
    right = digest_of(made)
    assert asked(made, typed=right.removeprefix("sha256:")[:8].upper()) == "Ada Tester <ada@example.org>"
    assert "what was typed" in asked(made, typed="")
    assert "what was typed" in asked(made, typed="yes")
    assert asked(made, dispatch_digest=right) == "Ada Tester <ada@example.org>"
    assert "names another plan" in asked(made, dispatch_digest=f"sha256:{'0' * 64}")
    record = Approval(right, "approve", "ada@example.org", "dispatch", written(time.time()))
    Path("d.json").write_bytes(to_bytes(record))
    assert "a dispatch approval is not read from a file" in asked(made, Path("d.json"))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"inputs": {"digest": right}}))
    for name, value in (("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "bob"), ("GITHUB_EVENT_PATH", str(event))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    assert "must be an input of workflow_dispatch" in asked(made, dispatch_digest=right)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "workflow_dispatch")
    assert asked(made, dispatch_digest=right) == "bob"
    event.write_text(json.dumps({"inputs": {"digest": "sha256:other"}}))
    assert "must be an input of workflow_dispatch" in asked(made, dispatch_digest=right)


@pytest.fixture
def fake(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReviews]:
    found = FakeReviews()
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")
    monkeypatch.setenv("GITHUB_API_URL", found.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    found.start(5, COMMIT, "dave")
    found.writers = {"bob"}
    found.open(7, COMMIT, "dave")
    assert home.exists()
    yield found
    found.close()


@pytest.mark.parametrize("method", ["github-environment", "github-review"])
def test_reviews_on_github_are_taken_over_and_asked_for_again(
    method: str, fake: FakeReviews, capsys: pytest.CaptureFixture[str]
) -> None:
    made = saved(Approvals(methods=(method,)))
    which = ["--github-run", "5"] if method == "github-environment" else ["--github-pr", "7"]
    assert run(["approve", "plan.json", *which]) == 5
    place = "run 5" if method == "github-environment" else "pull request 7"
    assert f"pipeline: {place} has no valid review" in capsys.readouterr().err
    for login in ("bob", "dave"):
        fake.review_run(5, login, "approved", "prod")
        fake.review(7, login, "APPROVED", COMMIT)
    assert run(["approve", "plan.json", *which]) == 0
    assert [path.name for path in folder(made).iterdir()] == [f"{method}-bob-approve.json"]
    assert asked(made) == "bob"
    (file,) = folder(made).iterdir()
    record = from_bytes(file.read_bytes(), "")
    for change in (
        {"approver": "mallory"},
        {"approver": "dave"},
        {"evidence": {**record.evidence, "repository": "mallory/r"}},
        {"evidence": {**record.evidence, "run": "404", "pullRequest": "404"}},
        {"evidence": {**record.evidence, "run": "../5", "pullRequest": "../7"}},
    ):
        Path("forged.json").write_bytes(to_bytes(msgspec.structs.replace(record, **change)))
        file.rename("away")
        assert "0 of 1 approvals" in asked(made, Path("forged.json"))
        Path("away").rename(file)
    fake.run_reviews[5][0]["state"] = "pending"
    fake.pull_reviews[7][0]["state"] = "DISMISSED"
    assert "GitHub has no such word of theirs" in asked(made)


@pytest.mark.parametrize("method", ["github-environment", "github-review"])
def test_a_no_on_github_stops_it_even_where_nobody_wrote_it_down(method: str, fake: FakeReviews) -> None:
    made = saved(Approvals(methods=(method,)))
    which = ["--github-run", "5"] if method == "github-environment" else ["--github-pr", "7"]
    fake.review_run(5, "bob", "approved", "prod")
    fake.review(7, "bob", "APPROVED", COMMIT)
    assert run(["approve", "plan.json", *which]) == 0
    fake.writers.add("erin")
    fake.review_run(5, "erin", "rejected", "prod", "wait")
    fake.review(7, "erin", "CHANGES_REQUESTED", COMMIT, "wait")
    assert "rejected by 'erin'" in asked(made)
    assert ": 'wait'" in asked(made)
    assert run(["approve", "plan.json", *which, "--out", "one.json"]) == 64


def test_no_token_key_or_passphrase_is_shown_or_kept(
    fake: FakeReviews, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    locked = key(home, "locked", passphrase="canary-passphrase")
    saved(Approvals(signers="signers", signers_ref="main", methods=("ssh", "github-environment")))
    fake.review_run(5, "bob", "approved", "prod")
    assert run(["approve", "plan.json", "--github-run", "5"]) == 0
    assert run(["approve", "plan.json", "--key", str(home / "carol")]) == 0
    assert run(["approve", "plan.json", "--key", str(locked)]) == 1
    fake.fail = [(401, {}, "the token secret-token is no good")]
    assert run(["approve", "plan.json", "--github-run", "5"]) == 1
    out, err = capfd.readouterr()
    written_down = "".join(path.read_text() for path in Path("approvals").rglob("*.json"))
    for canary in ("secret-token", "canary-passphrase", *(home / "carol").read_text().splitlines()[1:-1]):
        assert canary not in out + err + written_down


def test_the_files_name_no_file_elsewhere(home: Path) -> None:
    signed_by(f"../../../etc/x@example.org {public(home / 'bob')}\n")
    made = saved(SIGNED, expires=written(time.time() + HOUR))
    assert run(["approve", "plan.json", "--key", str(home / "bob")]) == 0
    (file,) = folder(made).iterdir()
    assert file.name.startswith("ssh-.._.._.._etc_x@example.org-")
    assert asked(made) == "../../../etc/x@example.org"
