"""Values files and the files of pipeline itself: links inside are followed, what leads out or never ends is refused."""

import os
from pathlib import Path

import pytest

from pipeline.adapters.disk import Disk
from pipeline.cli import run
from pipeline.core.budget import InputLimits, LimitError
from pipeline.core.errors import WorldError
from tests.support.hostile_charts import refused
from tests.support.platforms import platform, verbs, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    (root / "values/web").mkdir(parents=True)
    verbs("vendor")
    return root


def odd(path: Path, kind: str) -> None:
    match kind:
        case "link out":
            write(path.parents[3], {"outside.yaml": "port: 81\n"})
            path.symlink_to("../../../outside.yaml")
        case "absolute link out":
            path.symlink_to("/etc/hostname")
        case "device":
            path.symlink_to("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case "large":
            path.write_bytes(b"# " + b"x" * 21 * 1024 * 1024)
        case "link to a fifo":
            os.mkfifo(path.with_name("pipe"))
            path.symlink_to("pipe")


@pytest.mark.parametrize("kind", ["link out", "absolute link out", "device", "fifo", "large", "link to a fifo"])
def test_an_odd_values_file_is_refused_by_name(here: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    odd(here / "values/web/common.yaml", kind)
    assert run(["render"]) in (1, 64)
    assert "values/web/common.yaml: " in capsys.readouterr().err


@pytest.mark.parametrize("target", ["../shared.yaml", "other.yaml", "absolute", "../more/../shared.yaml"])
def test_a_link_inside_the_repository_is_followed(here: Path, target: str) -> None:
    write(here, {"values/shared.yaml": "port: 81\n", "values/web/other.yaml": "port: 81\n", "values/more/x": ""})
    where = here / "values/shared.yaml" if target == "absolute" else Path(target)
    (here / "values/web/common.yaml").symlink_to(where)
    verbs("render")
    assert "81" in (here / "rendered/default/web/shop/service-web.yaml").read_text()


@pytest.mark.parametrize("path", ["../outside.yaml", "/etc/hostname", "a/../../b.yaml", "a\0b", ".git/config", "x\\y"])
def test_a_values_entry_that_leads_out_is_refused(here: Path, capsys: pytest.CaptureFixture[str], path: str) -> None:
    quoted = path.replace("\\", "\\\\").replace("\0", "\\0")
    text = f'releases:\n- {{name: web, chart: ./charts/web, namespace: shop, values: ["{quoted}"]}}\n'
    write(here, {"pipeline.yaml": text})
    refused(["render"], here.parent)
    assert "pipeline: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["device", "fifo", "large"])
def test_an_odd_values_file_of_a_chart_diff_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    odd(here / "values/web/f.yaml", kind)
    assert (
        run(["diff", "chart:charts/web", "chart:charts/web", "-f", "values/web/f.yaml", "--engine", "embedded"]) == 64
    )
    assert "values/web/f.yaml" in capsys.readouterr().err


def test_the_files_of_an_overlay_are_bounded_and_stay_inside(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"overlays/web/a.yaml": "1", "shared/b.yaml": "2"})
    (root / "overlays/web/base").symlink_to("../../shared")
    (root / "overlays/web/c.yaml").symlink_to("a.yaml")
    assert Disk(root).inputs("overlays/web") == {"a.yaml": b"1", "base/b.yaml": b"2", "c.yaml": b"1"}
    assert Disk(root).inputs("overlays/none") == {}
    for limits, words in (
        (InputLimits(files=2), "more than 2 files"),
        (InputLimits(mib=0), "more than 0 MiB"),
        (InputLimits(depth=0), "0 folders deep"),
    ):
        with pytest.raises(LimitError, match=words):
            Disk(root, limits).inputs("overlays/web")
    (root / "shared/again").symlink_to("../overlays/web")
    with pytest.raises(WorldError, match=r"folders deep|too many links"):
        Disk(root).inputs("overlays/web")


@pytest.mark.parametrize("target", ["/etc", "../../../x", "/dev/zero", "nowhere"])
def test_an_overlay_file_that_leads_out_is_named(tmp_path: Path, target: str) -> None:
    root = write(tmp_path / "root", {"overlays/web/a.yaml": "1"})
    write(tmp_path, {"x": "outside"})
    (root / "overlays/web/odd").symlink_to(target)
    with pytest.raises(WorldError, match="overlays/web/odd: "):
        Disk(root).inputs("overlays/web")
