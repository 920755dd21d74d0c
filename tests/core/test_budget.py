"""Budgets: what is left is asked before anything is held, and the message names the thing and the limit."""

import pytest

from pipeline.core.budget import Budget, ChartLimits, InputLimits, LimitError, Limits, RenderLimits
from pipeline.core.config.read import read
from pipeline.core.errors import ConfigError

RELEASES = "releases: []\n"
SMALL = ChartLimits(files=2, depth=2, packed_mib=1, unpacked_mib=1, dependencies=1, seconds=5)
MIB = 1024 * 1024


def test_limits_are_read_from_pipeline_yaml_and_have_defaults() -> None:
    assert read(RELEASES).limits == Limits()
    text = (
        "limits:\n  charts: {files: 1, depth: 2, packedMiB: 3, unpackedMiB: 4, dependencies: 5, seconds: 6}\n"
        "  inputs: {files: 7, depth: 8, MiB: 9}\n  render: {seconds: 10, memoryMiB: 300, outputMiB: 5}\n"
    )
    wanted = Limits(ChartLimits(1, 2, 3, 4, 5, 6), InputLimits(7, 8, 9), RenderLimits(10, 300, 5))
    assert read(text + RELEASES).limits == wanted


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("limits: {charts: {file: 1}}", "unknown key 'file'"),
        ("limits: {render: {seconds: 0}}", "seconds"),
        ("limits: {render: {memoryMiB: '1'}}", "memoryMiB"),
        ("limits: {chart: {}}", "did you mean 'charts'"),
        ("limits: []", "limits"),
    ],
)
def test_a_wrong_limit_is_named(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        read(f"{RELEASES}{text}\n")


def test_each_limit_is_named_with_the_thing_and_its_setting() -> None:
    budget = Budget("web-1.0.0.tgz", SMALL)
    budget.file()
    budget.file()
    with pytest.raises(LimitError, match=r"web-1\.0\.0\.tgz: holds more than 2 files\n.*limits\.charts\.files"):
        budget.file()
    with pytest.raises(LimitError, match="2 folders deep"):
        budget.depth("a/b/c/d")
    budget.depth("a/b/c")
    budget.dependency()
    with pytest.raises(LimitError, match="1 dependencies"):
        budget.dependency()


def test_bytes_are_counted_over_all_parts() -> None:
    budget = Budget("web", SMALL)
    budget.packed(MIB)
    budget.unpacked(MIB - 1)
    assert (budget.packed_left, budget.unpacked_left) == (0, 1)
    with pytest.raises(LimitError, match="larger than 1 MiB, packed"):
        budget.packed(1)
    with pytest.raises(LimitError, match="unpacks to more than 1 MiB"):
        budget.unpacked(2)


def test_time_is_counted_from_the_beginning() -> None:
    now = [100.0]
    budget = Budget("web", SMALL, lambda: now[0])
    budget.time()
    now[0] += 4
    assert budget.seconds_left == 1
    now[0] += 1
    with pytest.raises(LimitError, match="longer than 5 s"):
        budget.time()
