"""A chart folder is read as ``helm package`` packs it; links are followed inside the repository, refused outside."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.charts.load_chart import read_archive
from pipeline.adapters.descriptors import LinkError
from pipeline.cli import run
from pipeline.core.budget import Budget, ChartLimits, LimitError
from tests.support.platforms import CHART, git, platform, verbs, write
from tests.support.tools import tool

CHART_YAML = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TREE = [".env", "a.txt", "b.txt", "conf/a.txt", "conf/deep/a.txt", "a/b", "templates/.x.yaml", "docs/a b.md"]
RULES = [".env", "*.txt", "/a.txt", "a/*", "conf", "conf/", "conf/*.txt", "!*.yaml", "[ab].txt", "?.txt", "docs/a b.md"]
RULES += [
    "# no",
    "",
    "conf/deep/a.txt",
    "/conf/deep",
    "*",
    "!conf/",
    "\\a.txt",
    "[^a].txt",
    "./a.txt",
    "a.tx?",
    "deep/",
]


def packaged(folder: Path) -> set[str]:
    """What the real ``helm package`` takes of a folder."""
    argv = [tool("helm"), "package", str(folder), "--destination", str(folder.parent)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        return set()
    return set(read_archive((folder.parent / "web-1.0.0.tgz").read_bytes(), "web"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.lists(st.sampled_from(RULES), max_size=4))
def test_a_folder_is_what_helm_package_packs(tmp_path_factory: pytest.TempPathFactory, rules: list[str]) -> None:
    root = tmp_path_factory.mktemp("folder")
    text = "\n".join(rules)
    write(root / "web", dict.fromkeys(TREE, "x") | {"Chart.yaml": CHART_YAML, ".helmignore": text})
    expected = packaged(root / "web")
    if expected:  # a rule may leave Chart.yaml out
        assert set(read_directory(root / "web")) == expected
    elif "Chart.yaml" in read_directory(root / "web"):
        pytest.fail(f"helm refuses {rules}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    return root


def test_what_helmignore_names_is_never_vendored_or_committed(here: Path) -> None:
    write(here, {"charts/web/.env": "DB_PASSWORD=made-up", "charts/web/.helmignore": ".env\n", ".gitignore": ".env\n"})
    verbs("vendor", "render", "commit")
    assert "env" not in git(here, "ls-files", "vendor_charts").replace("values", "")
    assert "made-up" not in git(here, "log", "-p")
    assert (here / "vendor_charts/web/1.0.0/%2Ehelmignore").read_text() == ".env\n"


def test_what_git_ignores_is_never_vendored_or_committed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs = "dependencies: [{name: common, version: 1.0.0, repository: 'file://../../libs/common'}]\n"
    write(
        here,
        {
            "charts/web/Chart.yaml": CHART["Chart.yaml"] + needs,
            "libs/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.0.0\n",
            "libs/common/.env": "DB_PASSWORD=made-up",
            "charts/web/.env": "DB_PASSWORD=made-up",
            "charts/web/kept.env": "tracked",
            "charts/web/charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            ".gitignore": "*.env\n/charts/web/charts/\n",
        },
    )
    git(here, "add", "--force", "charts/web/kept.env")
    verbs("vendor", "render", "commit")
    assert "note: web: left out, as Git ignores it: charts/web/.env, libs/common/.env" in capsys.readouterr().err
    there = git(here, "ls-files", "vendor_charts").split()
    assert [path for path in there if "env" in path] == ["vendor_charts/web/1.0.0/kept.env"]
    assert "vendor_charts/web/1.0.0/charts/sub/Chart.yaml" in there
    assert "made-up" not in git(here, "log", "-p")
    verbs("vendor --locked", "vendor", "render --check")


def test_links_inside_the_repository_are_followed(here: Path) -> None:
    write(here, {"shared/dash/a.json": "{}", "charts/common/Chart.yaml": "name: common\nversion: 1.0.0\n"})
    write(here, {"shared/quota.yaml": "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota}\n"})
    web = here / "charts/web"
    (web / "charts").mkdir()
    (web / "charts/common").symlink_to("../../common")
    (web / "dash").symlink_to("../../shared/dash")
    (web / "inner").symlink_to("templates")
    (web / "templates/quota.yaml").symlink_to("../../../shared/quota.yaml")
    (web / "whole").symlink_to(here / "shared")
    verbs("vendor", "vendor --locked", "render")
    vendored = here / "vendor_charts/web/1.0.0"
    for name in ("charts/common/Chart.yaml", "dash/a.json", "inner/a.yaml", "templates/quota.yaml", "whole/quota.yaml"):
        assert (vendored / name).is_file()
        assert not any(path.is_symlink() for path in (vendored / name, *(vendored / name).parents))
    assert (here / "rendered/default/web/shop/resourcequota-quota.yaml").is_file()


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../../outside", "/etc", "../../../outside/x", "../../../../../.."]
)
def test_a_link_out_of_the_repository_is_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    write(here.parent, {"outside/x": "secret"})
    (here / "charts/web/templates/link").symlink_to(target.replace("../../../outside", "../../../../outside"))
    assert run(["vendor"]) in (1, 64)
    assert "templates/link: a link leads out of this repository" in capsys.readouterr().err
    assert not (here / "vendor_charts").exists()


def test_links_in_a_circle_end(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "charts/web/again").symlink_to(".")
    (here / "charts/web/loop").symlink_to("loop")
    assert run(["vendor"]) == 1
    assert "web" in capsys.readouterr().err


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_device_or_a_fifo_is_refused_and_not_read(tmp_path: Path, make: object) -> None:
    chart = write(tmp_path / "web", {"Chart.yaml": CHART_YAML})
    make(chart / "odd")  # type: ignore[operator]
    with pytest.raises((LinkError, ChartError), match="odd"):
        read_directory(chart)


def test_a_deep_or_large_folder_is_refused(tmp_path: Path) -> None:
    chart = write(tmp_path / "web", {"Chart.yaml": CHART_YAML, "a/" * 90 + "b": "x"})
    with pytest.raises(LimitError, match="64 folders deep"):
        read_directory(chart)
    with pytest.raises(LimitError, match="more than 1 files"):
        read_directory(chart, budget=Budget("web", ChartLimits(files=1)))
    write(chart, {"big": "x" * 6 * 1024 * 1024})
    with pytest.raises(ChartError, match="larger than Helm's limit"):
        read_directory(write(tmp_path / "two", {"Chart.yaml": CHART_YAML, "big": "x" * 6 * 1024 * 1024}))
