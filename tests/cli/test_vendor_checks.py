"""``vendor verify`` names what is not as it was fetched; ``vendor prune`` removes what nothing needs."""

import shutil
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CHART, git, platform, publish, served, snapshot, verbs, write

AT = "vendor_charts/web/1.0.0"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def use(here: Path, url: str, version: str = "1.0.0") -> None:
    text = (
        f"repositories: {{shop: {{url: '{url}'}}}}\nhelm: {{engine: embedded}}\n"
        f"releases: [{{name: web, chart: shop/web, namespace: shop, version: '{version}'}}]\n"
    )
    write(here, {"pipeline.yaml": text})


def verified(capsys: pytest.CaptureFixture[str], line: str = "vendor verify") -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(line.split())
    said = capsys.readouterr()
    return code, said.out, said.err


EDITS = {
    "edited": (
        {f"{AT}/values.yaml": "port: 81\nmore: 1\n"},
        f"{AT}/values.yaml was edited\n    @@ -1,2 +1,3 @@\n    -port: 80\n    +port: 81\n    +more: 1\n",
    ),
    "added": ({f"{AT}/new.yaml": "a"}, f"{AT}/new.yaml was added\n"),
    "other chart": ({"vendor_charts/old/0.1.0/Chart.yaml": ""}, "vendor_charts/old/0.1.0 is undeclared: no release"),
    "other version": ({"vendor_charts/web/0.9.0/a": ""}, "vendor_charts/web/0.9.0 is undeclared: no release"),
    "beside": ({"vendor_charts/notes.md": ""}, "vendor_charts/notes.md is undeclared"),
    "attributes": ({"vendor_charts/.gitattributes": "* text=auto\n"}, "vendor_charts/.gitattributes was edited\n"),
    "line ends": ({f"{AT}/values.yaml": "port: 80\r\n"}, "(only the ends of lines differ)"),
    "not text": ({f"{AT}/values.yaml": "port: \0"}, "(not compared by lines: 9 bytes before, 7 now)"),
    "secret": ({f"{AT}/values.yaml": "port: 80\npassword: Tr0ub4dor-and-3\n"}, "+password: (not shown: it looks like"),
}


@pytest.mark.parametrize("reached", [True, False])
@pytest.mark.parametrize("case", EDITS)
def test_verify_names_each_file_and_shows_the_lines(
    here: Path, capsys: pytest.CaptureFixture[str], case: str, *, reached: bool
) -> None:
    changes, words = EDITS[case]
    publish(here.parent / "repo", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        use(here, url)
        verbs("vendor", "render", "commit")
        assert verified(capsys) == (0, "vendored charts are as they were fetched: 1\n", "verify web (0/1)\n")
        for path, text in changes.items():
            (here / path).parent.mkdir(parents=True, exist_ok=True)
            (here / path).write_bytes(text.encode())
        if reached:  # the last commit knows nothing then
            shutil.rmtree(here / ".git")
        before = snapshot(here)
        code, out, _ = verified(capsys, "vendor verify" if reached else "vendor verify --offline")
    assert code == 4
    assert words in out
    assert "Tr0ub4dor" not in out
    assert snapshot(here) == before


def test_verify_names_what_is_missing_linked_or_executable(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("vendor", "commit")
    (here / AT / "values.yaml").unlink()
    (here / AT / "link").symlink_to("/etc/passwd")
    (here / AT / "Chart.yaml").chmod(0o755)
    code, out, _ = verified(capsys)
    assert code == 4
    assert out == (
        f"{AT}/Chart.yaml is executable\n{AT}/link is a link to '/etc/passwd'\n{AT}/values.yaml is missing\n"
    )
    shutil.rmtree(here / AT)
    assert verified(capsys)[1] == f"{AT} is missing\n"


def test_verify_says_why_it_cannot_compare(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(here.parent / "repo", {"1.0.0": CHART})
    with served(here.parent / "repo") as url:
        use(here, url)
        verbs("vendor")
        publish(here.parent / "repo", {"1.0.0": CHART | {"values.yaml": "port: 8\n"}})
        write(here, {f"{AT}/values.yaml": "port: 81\n"})
        code, out, said = verified(capsys)
        assert (code, out) == (4, f"{AT} is not what was vendored\n")
        assert "has another content by now; and the last commit does not have it" in said
        git(here, "add", "vendor_charts")
        git(here, "commit", "--quiet", "--message", "edited")
        assert "one by one: the last commit has another content" in verified(capsys, "vendor verify --offline")[2]


def test_prune_removes_what_nothing_needs_and_says_what_keeps_the_rest(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(here.parent / "repo", dict.fromkeys(("1.0.0", "2.0.0", "3.0.0"), CHART))
    with served(here.parent / "repo") as url:
        use(here, url)
        verbs("vendor", "render", "commit")
        git(here, "branch", "old")
        shutil.copytree(here / AT, here.parent / "first")
        use(here, url, "2.0.0")
        verbs("vendor", "render", "commit")
        shutil.copytree(here / "vendor_charts/web/2.0.0", here.parent / "second")
        use(here, url, "3.0.0")
        verbs("vendor")
    shutil.copytree(here.parent / "first", here / AT)
    shutil.copytree(here.parent / "second", here / "vendor_charts/web/2.0.0")
    write(here, {"vendor_charts/gone/1.0.0/values.yaml": "a: 1\n", "vendor_charts/web/0.5.0/values.yaml": "b: 1\n"})
    before = snapshot(here)
    code, out, _ = verified(capsys, "vendor prune --dry-run")
    assert (code, snapshot(here)) == (0, before)
    assert out == (
        f"kept {AT}: pipeline.lock of old has it\n"
        "kept vendor_charts/web/2.0.0: pipeline.lock of HEAD has it\n"
        "kept vendor_charts/web/3.0.0: release web needs it\n"
        "would remove vendor_charts/gone/1.0.0: nothing needs it\n"
        "would remove vendor_charts/web/0.5.0: nothing needs it\n"
    )
    code, out, said = verified(capsys, "vendor prune")
    assert code == 0
    assert "removed vendor_charts/web/0.5.0: nothing needs it\n" in out
    assert "values.yaml was edited by hand; it is kept as" in said
    assert not (here / "vendor_charts/gone").exists()
    assert {path.name for path in (here / "vendor_charts/web").iterdir()} == {"1.0.0", "2.0.0", "3.0.0"}
    git(here, "branch", "-D", "old")
    assert f"removed {AT}: nothing needs it\n" in verified(capsys, "vendor prune")[1]


def test_a_ref_whose_lock_cannot_be_read_keeps_everything(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"pipeline.lock": "schema: pipeline.lock/v99\n"})
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "newer")
    git(here, "branch", "newer")
    (here / "pipeline.lock").unlink()
    verbs("vendor")
    write(here, {"vendor_charts/gone/1.0.0/values.yaml": "a: 1\n"})
    code, out, _ = verified(capsys, "vendor prune")
    assert code == 0
    assert "kept vendor_charts/gone/1.0.0: pipeline.lock of " in out
    assert out.endswith("nothing to prune\n")


@pytest.mark.usefixtures("here")
def test_a_release_may_be_named_before_an_option() -> None:
    verbs("vendor web --update", "vendor --locked", "vendor prune")
