"""``pipeline diff`` between states of a repository, and ``pipeline commit``: with real Git, clean and dirty."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, snapshot, verbs, write

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2hunter2}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    return root


def report(*arguments: str) -> dict[str, object]:
    assert run(["diff", *arguments, "-o", "json=../report.json"]) in (0, 2, 3)
    data: dict[str, object] = json.loads(Path("../report.json").read_text())
    return data


def test_nothing_changed_is_no_changes(here: Path) -> None:
    assert report("ref:HEAD", "worktree")["verdict"] == "no-changes"
    assert run(["diff", "--detailed-exitcode", "ref:HEAD", "worktree"]) == 0
    assert git(here, "status", "--porcelain") == ""


def test_a_change_is_seen_between_any_two_sources(here: Path, tmp_path: Path) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    copy = write(tmp_path / "copy", {path: data.decode() for path, data in snapshot(here).items()})
    for sources in (("ref:HEAD", "worktree"), ("merge-base", "worktree"), (), ("ref:HEAD", f"dir:{copy}")):
        data = report(*sources)
        changes = data["changes"]
        assert isinstance(changes, list)
        assert [change["resource"]["name"] for change in changes] == ["web"]
    assert run(["diff", "--detailed-exitcode"]) == 2
    assert report(f"dir:{copy}", "worktree")["verdict"] == "no-changes"
    assert report("worktree", "worktree", "-l", "web")["verdict"] == "no-changes"
    assert run(["diff", "-l", "nope"]) == 64


def test_two_folders_of_manifests_are_compared_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {ports: [{port: 80}]}\n"
    write(tmp_path, {"old/a.yaml": service, "new/sub/a.yml": service.replace("80", "81"), "new/readme.md": "#"})
    monkeypatch.chdir(write(tmp_path / "elsewhere", {"x": ""}))
    changes = report("dir:../old", "dir:../new")["changes"]
    assert isinstance(changes, list)
    assert len(changes) == 1


def test_a_policy_decides_what_blocks(here: Path) -> None:
    write(here, {"charts/web/templates/a.yaml": "kind: X\nmetadata: {name: x}\n"})
    verbs("vendor --update", "render")
    assert run(["diff", "ref:HEAD", "worktree"]) == 0
    assert run(["diff", "ref:HEAD", "worktree", "--fail-on", "medium"]) == 3
    config = (here / "pipeline.yaml").read_text()
    write(here, {"pipeline.yaml": config + "policy: {failOn: medium}\n"})
    assert run(["diff", "ref:HEAD", "worktree"]) == 3
    waiver = "{rule: resource-removed, reason: nobody uses it any more, owner: ada, expires: 2099-01-01}"
    write(here, {"pipeline.yaml": config + f"policy: {{failOn: medium, waivers: [{waiver}]}}\n"})
    assert run(["diff", "ref:HEAD", "worktree"]) == 0


def test_a_commit_takes_what_is_ours_and_nothing_else(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n", "staged.txt": "1", "dirty.txt": "2"})
    write(here, {"values/web/unused.yaml": "", "rendered/default/web/shop/notes.md": "mine"})
    git(here, "add", "staged.txt")
    verbs("render")
    capsys.readouterr()
    verbs("commit")
    said = capsys.readouterr()
    assert said.out.startswith("committed ")
    left_out = "staged.txt, dirty.txt, rendered/default/web/shop/notes.md, values/web/unused.yaml"
    assert f"left out, as neither vendor nor render knows them: {left_out}" in said.err
    files = git(here, "show", "--name-only", "--format=", "HEAD").split()
    assert files == [
        "rendered/.pipeline/default/web.json",
        "rendered/default/web/shop/service-web.yaml",
        "values/web/common.yaml",
    ]
    left = ["?? dirty.txt", "?? rendered/default/web/shop/notes.md", "?? values/web/unused.yaml", "A  staged.txt"]
    assert sorted(git(here, "status", "--porcelain").splitlines()) == sorted(left)
    message = git(here, "log", "-1", "--format=%B")
    assert message.startswith("render web\n\n- default/web web 1.0.0: 1 changed\n\nVerdict: review")
    verbs("commit")
    assert "nothing to commit" in capsys.readouterr().out


def test_a_new_version_is_the_subject_and_old_charts_go(here: Path) -> None:
    chart = (here / "charts/web/Chart.yaml").read_text().replace("1.0.0", "1.1.0")
    write(here, {"charts/web/Chart.yaml": chart})
    verbs("vendor --update", "render", "commit --branch up")
    assert git(here, "log", "-1", "--format=%s") == "web: web 1.0.0 -> 1.1.0\n"
    assert git(here, "branch", "--show-current") == "up\n"
    assert "vendor_charts/web/1.0.0/Chart.yaml" not in git(here, "ls-files")


def test_a_hook_that_refuses_leaves_everything_as_it_was(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n", "staged.txt": "1"})
    git(here, "add", "staged.txt")
    verbs("render")
    hook = here / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = git(here, "status", "--porcelain"), git(here, "rev-parse", "HEAD")
    assert run(["commit"]) == 1
    assert "not on a Friday" in capsys.readouterr().err
    assert (git(here, "status", "--porcelain"), git(here, "rev-parse", "HEAD")) == before


def test_a_detached_head_commits_too(here: Path) -> None:
    git(here, "checkout", "--quiet", "--detach")
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")


def test_secret_values_are_not_committed_unless_allowed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"charts/web/templates/s.yaml": SECRET})
    verbs("vendor --update", "render")
    assert run(["commit"]) == 64
    said = capsys.readouterr()
    assert "rendered/default/web/shop/secret-s.yaml" in said.err
    assert "hunter2" not in said.err + said.out
    verbs("diff")
    assert "hunter2" not in capsys.readouterr().out
    config = (here / "pipeline.yaml").read_text()
    write(here, {"pipeline.yaml": config + "secrets: {rendered: allow}\n"})
    verbs("commit")


def test_a_dry_run_says_what_it_would_do(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    head = git(here, "rev-parse", "HEAD")
    capsys.readouterr()
    verbs("commit --dry-run")
    assert "rendered/default/web/shop/service-web.yaml" in capsys.readouterr().out
    assert git(here, "rev-parse", "HEAD") == head


def test_without_a_repository_or_config_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in ("vendor", "render", "diff", "commit"):
        assert run([verb]) == 64
        assert "pipeline init" in capsys.readouterr().err


def test_a_commit_passes_its_own_checks_in_a_clone(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = "resources: [chart.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"
    config = (here / "pipeline.yaml").read_text()
    write(
        here,
        {
            "pipeline.yaml": f"{config}policy: {{failOn: high}}\n",
            "values/web/common.yaml": "port: 81\n",
            "overlays/web/kustomization.yaml": patch,
            "overlays/web/p.yaml": "- {op: add, path: /metadata/labels, value: {a: b}}\n",
        },
    )
    verbs("render", "commit")
    assert git(here, "status", "--porcelain") == ""
    git(tmp_path, "clone", "--quiet", str(here), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    verbs("vendor --locked", "render --check")
    (tmp_path / "clone/values/web/common.yaml").unlink()
    (tmp_path / "clone/overlays/web/p.yaml").write_text("- {op: add, path: /metadata/labels, value: {a: c}}\n")
    verbs("render", "commit")
    assert git(tmp_path / "clone", "status", "--porcelain") == ""


def test_values_that_git_ignores_or_that_hold_a_credential_are_named_and_not_committed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (
        (here / "pipeline.yaml")
        .read_text()
        .replace("namespace: shop", "namespace: shop, values: [own.yaml, open.yaml]")
    )
    write(here, {"pipeline.yaml": config, ".gitignore": "own.yaml\n", "own.yaml": "port: 82\n"})
    write(here, {"open.yaml": "database: {adminPassword: Kx7vQm29LpZt4Rw}\n"})
    verbs("render")
    capsys.readouterr()
    verbs("commit")
    said = capsys.readouterr().err
    assert "own.yaml is not committed: Git ignores it" in said
    assert "open.yaml is not committed: it holds what looks like a credential" in said
    assert "Kx7vQm29" not in said
    files = git(here, "show", "--name-only", "--format=", "HEAD").split()
    assert "pipeline.yaml" in files
    assert not {"own.yaml", "open.yaml", ".gitignore"} & set(files)
