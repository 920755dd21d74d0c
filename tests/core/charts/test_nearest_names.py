"""Which version was probably meant where one is not there."""

import pytest

from pipeline.core.charts.nearest_names import nearest_versions
from pipeline.core.charts.semver import Version


@pytest.mark.parametrize(
    ("wanted", "known", "meant"),
    [
        ("2.0.0", ["1.0.0", "2.0.0+b.1", "2.1.0"], "2.0.0+b.1"),
        ("1.9.1", ["1.9.0", "1.19.1", "2.9.1"], "1.9.0"),
        ("1.9.1", ["1.8.9", "1.2.1", "1.9.1-rc.1"], "1.9.1-rc.1"),
        ("v1.4", ["1.3.9", "1.5.0", "1.40.0"], "1.5.0"),
        ("17.1.0", ["71.1.0", "3.0.0"], "71.1.0"),
        ("1.0.O", ["1.0.0", "2.0.0"], "1.0.0"),
        ("9.9.9", ["1.0.0", "2.0.0"], ""),
    ],
)
def test_the_nearest_is_named(wanted: str, known: list[str], meant: str) -> None:
    said = nearest_versions(wanted, [Version.parse(one) for one in known])
    assert said.startswith(f"did you mean {meant}? It has " if meant else "it has ")
