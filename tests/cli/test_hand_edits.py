"""What somebody edits by hand in rendered/ or vendor_charts/ is named by every verb, never lost, never committed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.cluster.inventory.inventory import Inventory, to_body
from pipeline.core.yaml.writer import dump
from tests.support.platforms import git, platform, verbs, write

FOLDER = "rendered/default/web"
SERVICE = f"{FOLDER}/shop/service-web.yaml"
CHART = "vendor_charts/web/1.0.0"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    return root


def kept(root: Path) -> dict[str, bytes]:
    """What was kept aside, by its path in the repository."""
    folders = [*(root / ".git/pipeline/kept").glob("*"), *(root / ".pipeline-state/kept").glob("*")]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def edited(root: Path) -> str:
    text = (root / SERVICE).read_text()
    write(root, {SERVICE: text.replace("80", "8080")})
    return f"{SERVICE} was edited by hand"


def emptied(root: Path) -> str:
    write(root, {SERVICE: ""})
    return f"{SERVICE} was edited by hand"


def one_blank_more(root: Path) -> str:
    write(root, {SERVICE: (root / SERVICE).read_text() + "\n"})
    return f"{SERVICE} was edited by hand"


def converted(root: Path) -> str:
    (root / SERVICE).write_bytes((root / SERVICE).read_bytes().replace(b"\n", b"\r\n"))
    return f"{SERVICE} has other line ends than it was rendered with (core.autocrlf"


def made_a_link(root: Path) -> str:
    other = write(root, {"mine.yaml": "kind: X\n"}) / "mine.yaml"
    (root / SERVICE).unlink()
    (root / SERVICE).symlink_to(other)
    return SERVICE


def extra_manifest(root: Path) -> str:
    write(root, {f"{FOLDER}/shop/extra.yaml": "kind: X\nmetadata: {name: x}\n"})
    return f"{FOLDER}/shop/extra.yaml was added by hand"


def removed(root: Path) -> str:
    (root / SERVICE).unlink()
    return f"{SERVICE} was removed by hand"


EDITS = [edited, emptied, one_blank_more, converted, made_a_link]


@pytest.mark.parametrize("staged", [False, True])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_file_is_named_and_not_committed(
    here: Path, capsys: Output, edit: Callable[[Path], str], *, staged: bool
) -> None:
    write(here, {"values/web/common.yaml": "{}\n", "charts/web/templates/b.yaml": "kind: X\nmetadata: {name: x}\n"})
    verbs("vendor --update", "render")
    named, head = edit(here), git(here, "rev-parse", "HEAD")
    if staged:
        git(here, "add", "--all")
    capsys.readouterr()
    for verb, codes in (
        ("commit", (1, 4)),
        ("commit -b up", (1, 4)),
        ("commit --dry-run", (1, 4)),
        ("diff", (1, 3, 4)),
    ):
        assert run(verb.split()) in codes
        assert named in capsys.readouterr().err
    assert run(["render", "--check"]) == 4
    assert SERVICE in capsys.readouterr().out
    assert git(here, "rev-parse", "HEAD") == head
    assert git(here, "branch", "--show-current") == "main\n"


@pytest.mark.parametrize("edit", EDITS[:4], ids=lambda edit: edit.__name__)
def test_render_writes_an_edited_file_again_and_keeps_the_edit(
    here: Path, capsys: Output, edit: Callable[[Path], str]
) -> None:
    before = (here / SERVICE).read_bytes()
    edit(here)
    mine = (here / SERVICE).read_bytes()
    verbs("render")
    said = capsys.readouterr().err
    assert f"{SERVICE} was edited by hand; it is kept as " in said
    assert (here / SERVICE).read_bytes() == before
    assert kept(here) == {SERVICE: mine}
    path = Path(said.partition("it is kept as ")[2].splitlines()[0])
    assert path.read_bytes() == mine
    assert path.stat().st_mode & 0o077 == 0
    verbs("render --check", "diff", "commit")


def test_an_edit_of_a_file_that_goes_away_is_kept_too(here: Path) -> None:
    edited(here)
    mine = (here / SERVICE).read_bytes()
    write(here, {"charts/web/templates/a.yaml": "kind: X\nmetadata: {name: x}\n"})
    verbs("vendor --update", "render")
    assert not (here / SERVICE).exists()
    assert kept(here) == {SERVICE: mine}


def test_what_the_last_commit_has_is_not_kept_a_second_time(here: Path, capsys: Output) -> None:
    edited(here)
    git(here, "commit", "--quiet", "--all", "--message", "by hand")
    capsys.readouterr()
    assert run(["diff", "ref:HEAD~1", "ref:HEAD"]) == 4
    assert f"{SERVICE} was edited by hand" in capsys.readouterr().err
    verbs("render")
    assert f"{SERVICE} was edited by hand; the last commit has it" in capsys.readouterr().err
    assert kept(here) == {}
    verbs("commit", "diff ref:HEAD worktree")


def test_outside_of_git_an_edit_is_kept_beside_the_configuration(here: Path) -> None:
    shutil.rmtree(here / ".git")
    edited(here)
    mine = (here / SERVICE).read_bytes()
    verbs("render")
    assert kept(here) == {SERVICE: mine}


def test_a_removed_file_is_named_and_written_again(here: Path, capsys: Output) -> None:
    (here / SERVICE).unlink()
    capsys.readouterr()
    assert run(["commit"]) == 4
    assert f"{SERVICE} was removed by hand" in capsys.readouterr().err
    assert run(["diff"]) == 1
    assert SERVICE in capsys.readouterr().err
    assert run(["render", "--check"]) == 4
    verbs("render")
    assert f"{SERVICE} was removed by hand; it is written again" in capsys.readouterr().err
    assert git(here, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "path",
    [
        f"{FOLDER}/shop/extra.yaml",
        f"{FOLDER}/extra.yml",
        f"{FOLDER}/shop/deep/er/x.json",
        "rendered/default/gone/shop/x.yaml",
        "rendered/other/web/x.yaml",
    ],
)
def test_a_file_that_no_render_wrote_is_named_and_left_alone(here: Path, capsys: Output, path: str) -> None:
    write(here, {path: "kind: X\nmetadata: {name: x}\n", f"{FOLDER}/shop/notes.md": "mine"})
    write(here, {"values/web/common.yaml": "port: 81\n"})
    capsys.readouterr()
    assert run(["render", "--check"]) == 4
    assert f"{path} was added by hand" in capsys.readouterr().out
    verbs("render")
    assert f"{path} was added by hand" in capsys.readouterr().err
    assert run(["diff"]) == 4
    assert f"{path} was added by hand" in capsys.readouterr().err
    verbs("commit")
    said = capsys.readouterr().err
    assert f"{path} was added by hand" in said
    assert "notes.md was added by hand" not in said
    assert path not in git(here, "ls-files")
    (here / path).unlink()
    verbs("render --check", "diff")


def chart_file_edited(root: Path) -> str:
    write(root, {f"{CHART}/values.yaml": "port: 8080\n"})
    return f"{CHART}/values.yaml was edited by hand"


def chart_file_added(root: Path) -> str:
    write(root, {f"{CHART}/templates/x.yaml": "kind: X\nmetadata: {name: x}\n"})
    return f"{CHART}/templates/x.yaml was added by hand"


def chart_file_removed(root: Path) -> str:
    (root / CHART / "values.yaml").unlink()
    return f"{CHART}/values.yaml was removed by hand"


def chart_file_executable(root: Path) -> str:
    (root / CHART / "values.yaml").chmod(0o755)
    return f"{CHART}/values.yaml is executable"


def chart_removed(root: Path) -> str:
    shutil.rmtree(root / CHART)
    return f"{CHART} is not there"


CHART_EDITS: list[Callable[[Path], str]] = [chart_file_edited, chart_file_added, chart_file_removed]
CHART_EDITS += [chart_file_executable, chart_removed]


@pytest.mark.parametrize("edit", CHART_EDITS, ids=lambda edit: edit.__name__)
def test_an_edited_chart_is_named_brought_back_and_kept(
    here: Path, capsys: Output, edit: Callable[[Path], str]
) -> None:
    named = edit(here)
    capsys.readouterr()
    assert run(["commit"]) == 4
    assert named in capsys.readouterr().err
    assert run(["render"]) == 4
    verbs("vendor")
    said = capsys.readouterr().err
    kept_files = {"chart_file_edited": f"{CHART}/values.yaml", "chart_file_added": f"{CHART}/templates/x.yaml"}
    mine = kept_files.get(edit.__name__)
    assert set(kept(here)) == ({mine} if mine else set())
    assert (f"{mine} was edited by hand; it is kept as " in said) is bool(mine)
    verbs("vendor --locked", "render --check", "commit")
    assert git(here, "diff", "HEAD") == ""


INDEX = "rendered/.pipeline/default/web.json"
DAMAGES = ["", "{", "[]", '{"schema": "pipeline.index/v2", "files": 7}', '{"schema": "other"}', "null"]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("text", DAMAGES)
def test_a_damaged_index_is_mended_by_the_command_that_the_advice_names(
    here: Path, capsys: Output, text: str, *, committed: bool
) -> None:
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")
    good = (here / INDEX).read_bytes()
    write(here, {INDEX: text})
    if committed:
        git(here, "commit", "--quiet", "--all", "--message", "damaged")
    capsys.readouterr()
    assert run(["diff"]) == 4
    assert "try: pipeline render" in capsys.readouterr().err
    assert run(["commit"]) == 4
    verbs("render", "render --check")
    assert (here / INDEX).read_bytes() == good
    verbs("commit")
    assert git(here, "status", "--porcelain", "--", "rendered") == ""


def test_what_is_made_by_chance_outlives_a_damaged_index(here: Path) -> None:
    random = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: r}\ndata: {a: {{ randAlphaNum 20 }}}\n"
    write(here, {"charts/web/templates/r.yaml": random})
    verbs("vendor --update", "render")
    before = (here / FOLDER / "shop/configmap-r.yaml").read_bytes()
    write(here, {INDEX: "{"})
    verbs("render")
    assert (here / FOLDER / "shop/configmap-r.yaml").read_bytes() == before


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nowhere", "/nowhere/at/all", "file", ""])
def test_a_home_that_cannot_be_written_is_no_obstacle(here: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HOME", str(write(here.parent, {"file": ""}) / "file") if home == "file" else home)
    write(here, {"values/web/common.yaml": "port: 81\n"})
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    verbs("vendor --update", "render", "diff", "commit", "doctor", "rules list")


def test_an_edit_in_the_new_side_of_two_folders_is_told(here: Path, tmp_path: Path, capsys: Output) -> None:
    other = shutil.copytree(here, tmp_path / "other", ignore=shutil.ignore_patterns(".git"))
    edited(other)
    assert run(["diff", f"dir:{here}", f"dir:{other}", "-o", "json=report.json"]) in (3, 4)
    assert f"{SERVICE} was edited by hand" in capsys.readouterr().err
    data = json.loads(Path("report.json").read_text())
    assert data["changes"]
    (found,) = (one for one in data["findings"] if one["rule"] == "hand-edit")
    assert found["title"] == f"1 file below rendered/ was edited by hand: {SERVICE}"
    assert data["verdict"] != "safe"


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("edit", [edited, converted, extra_manifest, removed, emptied], ids=lambda edit: edit.__name__)
def test_a_plan_is_not_made_of_what_nobody_rendered(
    here: Path, capsys: Output, edit: Callable[[Path], str], *, committed: bool
) -> None:
    config = (here / "pipeline.yaml").read_text()
    cluster = "environments: {default: {cluster: {context: nowhere}}}\n"
    inventory = dump(to_body(Inventory("default", "pipeline")))
    write(here, {"pipeline.yaml": config + cluster, "inventory.yaml": inventory})
    verbs("render")
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "cluster")
    if run(["plan", "--offline", "inventory.yaml"]) == 64:  # its ConfigMap is in another namespace
        pytest.fail(capsys.readouterr().err)
    named = edit(here)
    if committed:
        git(here, "add", "--all")
        git(here, "commit", "--quiet", "--message", "by hand")
    capsys.readouterr()
    assert run(["plan", "--offline", "inventory.yaml"]) == 4
    assert named in capsys.readouterr().err


def test_a_vendored_chart_that_was_edited_is_named_by_diff(here: Path, capsys: Output) -> None:
    template = here / "vendor_charts/web/1.0.0/templates/a.yaml"
    template.write_text(template.read_text() + "# mine\n")
    for _ in range(2):  # the second time, the comparison is known
        capsys.readouterr()
        assert run(["diff"]) == 4
        assert "vendor_charts/web/1.0.0 is not what pipeline vendor fetched" in capsys.readouterr().err
    verbs("vendor", "diff")


def test_values_refuse_a_vendored_chart_that_was_edited(here: Path, capsys: Output) -> None:
    write(here, {f"{CHART}/values.yaml": "port: 99\n"})
    capsys.readouterr()
    assert run(["values", "web", "port"]) == 4
    assert f"{CHART} is not what pipeline vendor fetched" in capsys.readouterr().err


@pytest.mark.parametrize("edit", [edited, one_blank_more, converted, extra_manifest], ids=lambda edit: edit.__name__)
def test_show_names_what_was_edited_where_it_shows_it(here: Path, capsys: Output, edit: Callable[[Path], str]) -> None:
    named = edit(here)
    capsys.readouterr()
    verbs("show Service/web")
    assert named in capsys.readouterr().err
    verbs("show Service/web --at HEAD")
    assert capsys.readouterr().err == ""


def test_an_upgrade_keeps_what_was_edited_and_names_it(here: Path, capsys: Output) -> None:
    write(here, {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.1.0\n"})
    named = edited(here)
    capsys.readouterr()
    assert run(["upgrade", "web@1.1.0"]) in (0, 2, 3)
    assert f"{named}; it is kept as " in capsys.readouterr().err
    assert SERVICE in kept(here)
