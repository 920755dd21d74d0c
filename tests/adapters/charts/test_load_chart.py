from pathlib import Path

import pytest

from pipeline.adapters.charts.archive import ChartError
from pipeline.adapters.charts.inside import present_in
from pipeline.adapters.charts.load_chart import chart_of, chart_within, load_chart, read_archive
from pipeline.adapters.helm.chart_check import check_contained
from pipeline.core.budget import ChartLimits, LimitError
from pipeline.core.charts.chart import Chart
from pipeline.core.errors import MissingFileError, RenderError
from pipeline.core.render.order import RenderOrder
from tests.support.charts import CHART_YAML, pack, write_chart

SUB = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"


def test_a_directory_and_its_archive_are_the_same_chart(tmp_path: Path) -> None:
    files = {"values.yaml": "mode: dev\n", "templates/a.yaml": "a", "values.schema.json": '{"type": "object"}'}
    folder = load_chart(write_chart(tmp_path / "web", files))
    archive = tmp_path / "web-1.2.3.tgz"
    archive.write_bytes(pack({f"web/{name}": text for name, text in ({"Chart.yaml": CHART_YAML} | files).items()}))
    packed = load_chart(archive)
    assert (folder.name, folder.version) == (packed.name, packed.version) == ("web", "1.2.3")
    assert folder.files == packed.files
    assert packed.defaults == {"mode": "dev"}
    assert packed.schema == {"type": "object"}
    assert folder.digest != packed.digest


def test_packed_subcharts_are_unpacked_where_helm_would_find_them() -> None:
    inner = pack({"sub/Chart.yaml": SUB, "sub/values.yaml": "x: 1\n"})
    outer = pack({"web/Chart.yaml": CHART_YAML, "web/charts/sub-0.1.0.tgz": inner})
    assert "charts/sub/values.yaml" in _load(outer).files


def test_what_helm_does_not_unpack_stays_as_it_is() -> None:
    inner = pack({"sub/Chart.yaml": SUB, "sub/values.yaml": "x: 1\n"})
    places = ["charts/_sub.tgz", "charts/.sub.tgz", "charts/sub.tar.gz", "files/charts/sub.tgz", "charts/a/x.tgz"]
    outer = {f"web/{place}": inner for place in places} | {"web/Chart.yaml": CHART_YAML}
    assert _load(pack(outer)).names == {"Chart.yaml", *places}


def test_two_versions_of_one_packed_chart_get_a_folder_each() -> None:
    old, new = (pack({"sub/Chart.yaml": SUB.replace("0.1.0", v), f"sub/{v}": ""}) for v in ("0.1.0", "0.2.0"))
    top = {"web/Chart.yaml": CHART_YAML}
    both = _load(pack(top | {"web/charts/a.tgz": old, "web/charts/b.tgz": new})).names
    assert {"charts/sub-0.1.0/0.1.0", "charts/sub-0.2.0/0.2.0"} <= both
    beside = _load(pack(top | {"web/charts/sub/Chart.yaml": SUB, "web/charts/b.tgz": new})).names
    assert {"charts/sub/Chart.yaml", "charts/sub-0.2.0/0.2.0"} <= beside
    twice = _load(pack(top | {"web/charts/a.tgz": old, "web/charts/b.tgz": old})).names
    assert {"charts/a.tgz", "charts/b.tgz"} <= twice


def test_a_file_that_is_no_text_is_named_but_not_held() -> None:
    chart = _load(pack({"web/Chart.yaml": CHART_YAML, "web/logo.png": b"\x89PNG\xff"}))
    assert "logo.png" in chart.names
    assert "logo.png" not in chart.files


def test_a_link_in_a_packed_subchart_is_refused_with_both_names() -> None:
    inner = pack({"sub/Chart.yaml": "name: sub\nversion: 1.0.0\n"}, links={"sub/passwd": "/etc/passwd"})
    packed = pack({"web/Chart.yaml": CHART_YAML, "web/charts/sub-1.0.0.tgz": inner})
    with pytest.raises(ChartError, match=r"charts/sub-1\.0\.0\.tgz: 'sub/passwd' is a symbolic link to '/etc/passwd'"):
        _load(packed)


@pytest.mark.parametrize("name", ["web/../../evil", "/etc/passwd", "../evil", "C:/evil/x", "web\\..\\..\\x", "file"])
def test_a_path_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(ChartError, match=r"points out of the chart|outside the chart's base directory"):
        read_archive(pack({name: "x"}), "web.tgz")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not gzip", "not a whole gzip file"),
        (pack({"web/values.yaml": ""}), "has no Chart.yaml"),
        (pack({"web/Chart.yaml": CHART_YAML})[:-20], "not a whole gzip file"),
        (pack({"web/big": b"0" * (5 * 1024 * 1024 + 1)}), "larger than Helm's limit"),
        (pack({"web/Chart.yaml": "a: [b"}), "Chart.yaml is not valid YAML"),
    ],
    ids=["text", "no chart", "cut off", "too large", "no YAML"],
)
def test_what_is_no_chart_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(ChartError, match=message):
        _load(data)


def test_an_absent_chart_is_named() -> None:
    with pytest.raises(MissingFileError, match=r"chart /no/such\.tgz does not exist"):
        load_chart("/no/such.tgz")


def _load(data: bytes) -> Chart:
    return chart_of(read_archive(data, "web.tgz"), "sha256:0", "web.tgz")


def test_the_limits_of_the_repository_hold_wherever_a_chart_is_read(tmp_path: Path) -> None:
    """The defaults are asked nowhere: what they allow is refused where pipeline.yaml allows less."""
    inner = pack({"sub/Chart.yaml": "name: sub\nversion: 1.0.0\n", "sub/templates/a.yaml": "a: 1\n"})
    files = {"Chart.yaml": CHART_YAML.encode(), "charts/sub-1.0.0.tgz": inner}
    archive = tmp_path / "web.tgz"
    archive.write_bytes(pack({f"web/{name}": data for name, data in files.items()}))
    few, order = ChartLimits(files=1), RenderOrder("web", "shop", str(archive), "web")
    assert chart_within(ChartLimits())(files, "", "web").name == "web"
    check_contained(order, ChartLimits())
    with pytest.raises(LimitError, match="more than 1 files"):
        chart_within(few)(files, "", "web")
    with pytest.raises(RenderError, match="more than 1 files"):
        check_contained(order, few)
    with pytest.raises(LimitError, match="more than 1 files"):
        present_in(files, "web", few)
