"""apply and approve hold a plan against the policy of the protected branch: a clone cannot loosen its own."""

import time
from pathlib import Path

import msgspec
import pytest

from pipeline.cli import run
from pipeline.cli.support.approval_evidence import protected_policy
from pipeline.cli.support.cluster_environment import place
from pipeline.core.cluster.plan.plan import Operation, PlanSource, PlanTarget, to_bytes
from pipeline.core.cluster.plan.policy import policy_of
from pipeline.core.errors import RefusedError
from pipeline.wiring import repository
from tests.support.plans import action, plan
from tests.support.platforms import CONFIG, git, platform, verbs, write
from tests.support.ssh import key, public

APPLY = "environments: {{default: {{cluster: {{context: c}}}}}}\napply: {{approvals: {approvals}}}\n"


def config(approvals: str) -> dict[str, str]:
    return {"pipeline.yaml": CONFIG + APPLY.format(approvals=approvals)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a repository whose main wants two approvals by SSH."""
    origin = platform(tmp_path / "origin", config("{required: 2, signers: signers}"))
    key(tmp_path, "bob")
    key(tmp_path, "mallory")
    write(origin, {"signers": f"bob@example.org {public(tmp_path / 'bob')}\n"})
    monkeypatch.chdir(origin)
    verbs("vendor", "render")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "all")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    git(tmp_path / "clone", "switch", "--quiet", "--create", "topic")
    return tmp_path / "clone"


def committed(here: Path, files: dict[str, str]) -> None:
    write(here, files)
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "change")


def saved(here: Path) -> None:
    """A plan that deletes something, made here and now."""
    head = git(here, "rev-parse", "HEAD").strip()
    tree = place(repository(), "default").tree_id(head)
    made = plan(
        now=time.time(),
        source=PlanSource(head, "rendered/default", tree),
        target=PlanTarget("default", "c", "u", "v1.34.0"),
        actions=(action(1, Operation.DELETE, "old"),),
    )
    policy = policy_of(repository().config.environments["default"].apply)
    Path("plan.json").write_bytes(to_bytes(msgspec.structs.replace(made, policy=policy)))


@pytest.mark.parametrize(
    ("approvals", "setting"),
    [
        ("{required: 1, signers: signers}", "apply.approvals.required: 1 instead of 2"),
        ("{required: 2, signers: mine}", "apply.approvals.signers: mine instead of signers"),
        ("{required: 2, signers: signers, signersRef: topic}", "apply.approvals.signersRef: topic instead of HEAD"),
        ("{required: 2, signers: signers, methods: [ssh, dispatch]}", "dispatch count as well"),
        ("{required: 2, signers: signers, notAuthor: false}", "apply.approvals.notAuthor"),
    ],
)
def test_a_branch_cannot_loosen_who_approves_it(
    here: Path, approvals: str, setting: str, capsys: pytest.CaptureFixture[str]
) -> None:
    committed(here, config(approvals) | {"mine": "x"})
    saved(here)
    for verb in ("apply plan.json", "approve plan.json"):
        assert run(verb.split()) == 5
        said = capsys.readouterr().err
        assert setting in said
        assert "looser than that of origin/HEAD" in said


def test_the_same_policy_as_on_the_protected_branch_asks_for_approvals(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(here)
    assert run(["apply", "plan.json"]) == 5
    assert "0 of 2 approvals" in capsys.readouterr().err


def test_signers_that_a_branch_adds_do_not_count(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mallory = f"mallory@example.org {public(here.parent / 'mallory')}\n"
    committed(here, {"signers": (here / "signers").read_text() + mallory})
    saved(here)
    assert run(["approve", "plan.json", "--key", str(here.parent / "mallory")]) == 5
    assert "not among the allowed signers" in capsys.readouterr().err
    assert run(["approve", "plan.json", "--key", str(here.parent / "bob")]) == 0


def test_the_protected_branch_may_name_another_one(here: Path) -> None:
    origin = here.parent / "origin"
    git(origin, "switch", "--quiet", "--create", "live")
    committed(origin, config("{required: 3, signers: signers, signersRef: origin/live}"))
    git(origin, "switch", "--quiet", "main")
    committed(origin, config("{required: 1, signers: signers, signersRef: origin/live}"))
    git(here, "fetch", "--quiet", "origin")
    found = protected_policy(repository(), "default")
    assert found is not None
    assert (found.source, found.policy.approvals.required) == ("origin/live", 3)


def test_a_protected_policy_that_cannot_be_read_refuses_everything(here: Path) -> None:
    origin = here.parent / "origin"
    committed(origin, {"pipeline.yaml": "releases: ["})
    git(here, "fetch", "--quiet", "origin")
    with pytest.raises(RefusedError, match=r"pipeline\.yaml of origin/HEAD cannot be read"):
        protected_policy(repository(), "default")


def test_without_a_remote_there_is_nothing_to_hold_it_against(here: Path) -> None:
    git(here, "remote", "remove", "origin")
    assert protected_policy(repository(), "default") is None
