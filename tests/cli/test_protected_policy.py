"""The policy of the merge base decides about a branch, and the report says what the branch has loosened."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, git, platform, verbs, write

WAIVER = "{rule: resource-removed, reason: nobody uses it any more, owner: ada, expires: 2099-01-01}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch that removes two objects, off a main whose policy forbids that."""
    root = platform(tmp_path / "platform", {"pipeline.yaml": f"{CONFIG}policy: {{failOn: medium}}\n"})
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    git(root, "switch", "--quiet", "--create", "topic")
    write(root, {"charts/web/templates/a.yaml": "kind: X\nmetadata: {name: x}\n"})
    verbs("vendor --update", "render", "commit")
    return root


def report(code: int, *arguments: str) -> dict[str, Any]:
    assert run(["diff", *arguments, "-o", "json=../report.json"]) == code
    data: dict[str, Any] = json.loads(Path("../report.json").read_text())
    return data


def said(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["rule"], one["title"]) for one in data["findings"] if one["category"] == "policy"]


@pytest.mark.parametrize("policy", ["{failOn: blocker}", "{}", f"{{failOn: medium, waivers: [{WAIVER}]}}"])
@pytest.mark.parametrize("committed", [True, False])
def test_a_branch_does_not_decide_by_what_it_has_just_allowed_itself(
    here: Path, policy: str, *, committed: bool
) -> None:
    assert said(report(3)) == []
    write(here, {"pipeline.yaml": f"{CONFIG}policy: {policy}\n"})
    if committed:
        git(here, "commit", "--quiet", "--all", "--message", "loosen")
    data = report(3)
    assert data["verdict"] == "blocked"
    assert sorted(rule for rule, _ in said(data)) == ["policy-differs", "policy-loosened"]
    titles = dict(said(data))
    assert (
        "waivers" in titles["policy-loosened"]
        or "policy.failOn: blocker instead of medium" in titles["policy-loosened"]
    )
    assert titles["policy-differs"].startswith("the verdict is blocked by the policy of merge-base, and would be ")
    assert run(["diff", "ref:main", "worktree"]) == 0, "another old side is no protected one"


def test_a_loosened_policy_alone_is_never_safe(here: Path) -> None:
    git(here, "switch", "--quiet", "--create", "policy", "main")
    write(here, {"pipeline.yaml": f"{CONFIG}policy: {{failOn: medium}}\nsecrets: {{rendered: allow}}\n"})
    data = report(0)
    assert (data["verdict"], data["changes"]) == ("review", [])
    assert said(data) == [
        ("policy-loosened", "this branch loosens its own policy: secrets.rendered: allow instead of refuse")
    ]


def test_a_stricter_branch_is_judged_by_the_base_and_told_so(here: Path) -> None:
    git(here, "switch", "--quiet", "--create", "first", "main")
    write(here, {"pipeline.yaml": CONFIG})
    git(here, "commit", "--quiet", "--all", "--message", "no policy")
    git(here, "branch", "--force", "main")
    git(here, "switch", "--quiet", "--create", "second")
    write(here, {"pipeline.yaml": f"{CONFIG}policy: {{failOn: medium}}\n"})
    write(here, {"charts/web/templates/a.yaml": "kind: X\nmetadata: {name: x}\n"})
    verbs("vendor --update", "render")
    assert [rule for rule, _ in said(report(0))] == ["policy-differs"]


def test_a_protected_configuration_that_cannot_be_read_stops_the_comparison(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(here, "switch", "--quiet", "main")
    write(here, {"pipeline.yaml": "releases: [\n"})
    git(here, "commit", "--quiet", "--all", "--message", "broken")
    git(here, "switch", "--quiet", "--create", "repair")
    write(here, {"pipeline.yaml": CONFIG})
    assert run(["diff"]) == 64
    assert "pipeline.yaml of merge-base cannot be read" in capsys.readouterr().err


def test_the_first_branch_with_a_configuration_is_judged_by_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "new", {"readme": "x"})
    for command in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "start")):
        git(root, *command)
    git(root, "switch", "--quiet", "--create", "topic")
    platform(root)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    assert said(report(0)) == []
