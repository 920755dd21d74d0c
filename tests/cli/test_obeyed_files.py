"""Files that Git and other tools obey lose their names when a chart is vendored; links and modes are seen."""

import os
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.hostile_charts import chart, refused, repository
from tests.support.platforms import git, verbs, write

OBEYED: dict[str, str | bytes] = {
    ".gitattributes": "* text eol=crlf filter=evil ident\n",
    ".gitignore": "*\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c id\n',
    ".github/workflows/x.yaml": "on: push\n",
    ".gitlab-ci.yml": "x: {script: id}\n",
    ".circleci/config.yml": "version: 2\n",
    ".pre-commit-config.yaml": "repos: []\n",
    ".husky/pre-commit": "id\n",
    ".envrc": "id\n",
    "files/deep/.gitattributes": "* -diff\n",
}
CRLF = b"a: 1\r\nb: 2\r\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = repository(tmp_path / "platform", chart(OBEYED | {"files/crlf.txt": CRLF}))
    monkeypatch.chdir(root)
    return root


def test_what_tools_obey_is_stored_under_other_names_and_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("vendor")
    said = capsys.readouterr().out
    assert "stored with %2E in place of the dot" in said
    assert ".circleci/" in said
    vendored = here / "vendor_charts/web/1.0.0"
    assert [path for path in vendored.rglob("*") if path.name.startswith(".")] == []
    assert (vendored / "%2Egithub/workflows/x.yaml").read_text() == "on: push\n"
    verbs("vendor", "vendor --locked", "render", "commit")
    assert git(here, "check-attr", "text", "vendor_charts/web/1.0.0/files/crlf.txt").endswith("text: unset\n")


def test_what_many_releases_have_alike_is_said_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"- {{name: {name}, chart: ./web.tgz, namespace: shop}}" for name in ("web", "other")]
    write(here, {"pipeline.yaml": "releases:\n" + "\n".join(rows) + "\n"})
    verbs("vendor")
    said = [line for line in capsys.readouterr().out.splitlines() if "stored with" in line]
    assert len(said) == 1
    assert said[0].startswith("web, other: stored with %2E")


@pytest.mark.parametrize(
    "name", [".git/config", ".git", "sub/.git/hooks/post-checkout", ".GIT/config", "git~1/config", ".git./config"]
)
def test_git_itself_is_refused(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (here / "web.tgz").write_bytes(chart({name: "[core]\n\tfsmonitor = id\n"}))
    refused(["vendor"], here.parent)
    assert "names Git's own folder" in capsys.readouterr().err


@pytest.mark.parametrize("namespace", [".git", ".GIT", ".Git", ".git.", ".git.."])
def test_an_object_whose_file_would_be_gits_own_is_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str], namespace: str
) -> None:
    config = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {namespace!r}}}\n"
    (here / "web.tgz").write_bytes(chart({"templates/odd.yaml": config}))
    verbs("vendor")
    refused(["render"], here.parent)
    said = capsys.readouterr().err
    assert f"rendered/default/web: ConfigMap {namespace}/a, rendered from web/templates/odd.yaml: " in said
    assert "names Git's own folder" in said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.txt", "A.txt"), "differ only by case"),
        (("files/x", "Files/y"), "differ only by case"),
        (("é.txt", "e\u0301.txt"), "are one name in two spellings"),
        (("a", "A/b"), "a"),
    ],
)
def test_names_that_some_disk_takes_for_one_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str], said: str
) -> None:
    (here / "web.tgz").write_bytes(chart(dict.fromkeys(names, "x")))
    refused(["vendor"], here.parent)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("attributes", ["* text=auto\n", "* text eol=crlf\n", "*.txt ident\n", "* filter=no\n", ""])
@pytest.mark.parametrize("convert", ["true", "input", "false"])
def test_vendored_bytes_survive_commit_and_clone(here: Path, attributes: str, convert: str) -> None:
    git(here, "config", "core.autocrlf", convert)
    write(here, {".gitattributes": attributes})
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "attributes")
    verbs("vendor", "render", "commit")
    assert git(here, "status", "--porcelain", "vendor_charts", "pipeline.lock") == ""
    clone = here.parent / "clone"
    git(here.parent, "-c", f"core.autocrlf={convert}", "clone", "--quiet", str(here), str(clone))
    for path in ("files/crlf.txt", "Chart.yaml", "%2Egitattributes"):
        name = f"vendor_charts/web/1.0.0/{path}"
        assert (clone / name).read_bytes() == (here / name).read_bytes()
    os.chdir(clone)
    verbs("vendor --locked")


def strange(path: Path, kind: str) -> None:
    match kind:
        case "link out":
            path.symlink_to("/etc/passwd")
        case "link inside":
            path.symlink_to("Chart.yaml")
        case "link to a folder":
            path.symlink_to("templates")
        case "broken link":
            path.symlink_to("nowhere")
        case "fifo":
            os.mkfifo(path)
        case "executable":
            path.with_name("Chart.yaml").chmod(0o755)


KINDS = ["link out", "link inside", "link to a folder", "broken link", "fifo", "executable"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("folder", [".", "templates"])
def test_what_vendor_never_writes_is_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str], kind: str, folder: str
) -> None:
    verbs("vendor", "render", "vendor --locked")
    place = here / "vendor_charts/web/1.0.0" / folder
    strange(place / "added.yaml" if kind != "executable" else here / "vendor_charts/web/1.0.0/x", kind)
    name = "Chart.yaml is executable" if kind == "executable" else "added.yaml is a "
    for verb in (["vendor", "--locked"], ["render"]):
        assert run(verb) == 4
        assert name in capsys.readouterr().err
    verbs("vendor", "vendor --locked", "render --check")
    assert not (place / "added.yaml").is_symlink()
    assert not (place / "added.yaml").exists()


def test_where_the_file_system_knows_no_modes_they_do_not_count(here: Path) -> None:
    verbs("vendor")
    for path in here.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            path.chmod(0o777)
    verbs("vendor --locked")


def test_a_folder_of_vendored_charts_that_is_a_link_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("vendor")
    (here / "vendor_charts/web").rename(here.parent / "elsewhere")
    (here / "vendor_charts/web").symlink_to(here.parent / "elsewhere")
    for verb in (["vendor", "--locked"], ["render"], ["vendor"]):
        refused(verb, here.parent)
        assert "link" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["", "files/r/", "files/Deep/"])
@pytest.mark.parametrize("form", ["package", "folder"])
def test_a_chart_that_git_would_take_for_a_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: str, form: str
) -> None:
    inside = {f"{folder}HEAD": "ref: refs/heads/x\n", f"{folder}objects/a": "x", f"{folder}refs/a": "x"}
    inside[f"{folder}config"] = "[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = touch /nowhere\n"
    root = repository(tmp_path / "platform", chart(inside))
    monkeypatch.chdir(root)
    if form == "folder":
        write(root, {f"own/{path}": text for path, text in inside.items()})
        write(root, {"own/Chart.yaml": "apiVersion: v2\nname: own\nversion: 1.0.0\n"})
        write(root, {"pipeline.yaml": "releases: [{name: own, chart: ./own, namespace: a}]\n"})
    refused(["vendor"], tmp_path)
    assert "looks like a Git repository" in capsys.readouterr().err
    assert not (root / "vendor_charts").exists()
