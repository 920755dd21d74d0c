"""Version ranges mean what they mean to Helm: a table to read, and Helm itself as the judge."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.core.charts.semver import Range, Version
from tests.support.charts import write_chart
from tests.support.tools import tool

VERSIONS = [
    "0.0.0",
    "0.0.3",
    "0.0.4",
    "0.2.0",
    "0.2.3",
    "0.2.9",
    "0.3.0",
    "1.0.0-alpha",
    "1.0.0",
    "1.1.9",
    "1.2.0-rc.1",
    "1.2.0",
    "1.2.2",
    "1.2.3-0",
    "1.2.3-rc.1",
    "1.2.3-rc.10",
    "1.2.3-rc.2",
    "1.2.3",
    "1.2.3+build",
    "1.2.4-0",
    "1.2.4",
    "1.3.0",
    "1.4.5",
    "1.9.9",
    "2.0.0-0",
    "2.0.0",
    "2.1.0",
    "3.0.0-rc.1",
    "3.0.0",
    "v1.2.3",
    "1.2",
    "10.0.0",
]


def admitted(text: str) -> list[str]:
    return [version for version in VERSIONS if Range.parse(text).admits(Version.parse(version))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3", "1.2.3 1.2.3+build v1.2.3"),
        ("~1.2.3", "1.2.3 1.2.3+build 1.2.4 v1.2.3"),
        ("1.2.x", "1.2.0 1.2.2 1.2.3 1.2.3+build 1.2.4 v1.2.3 1.2"),
        ("^0.2.3", "0.2.3 0.2.9"),
        ("^0.0.3", "0.0.3"),
        ("^2", "2.0.0 2.1.0"),
        (">1.2 <2", "1.3.0 1.4.5 1.9.9"),
        ("1.2.4 - 2.0", "1.2.4 1.3.0 1.4.5 1.9.9 2.0.0"),
        ("^3 || 0.3.x", "0.3.0 3.0.0"),
        (">=1.2.3-rc.2, <1.2.4", "1.2.3-rc.10 1.2.3-rc.2 1.2.3 1.2.3+build 1.2.4-0 v1.2.3"),
        (">=3.0.0-0", "3.0.0-rc.1 3.0.0 10.0.0"),
        ("!=1.x.x >=1.9", "2.0.0 2.1.0 3.0.0 10.0.0"),
    ],
)
def test_a_range_admits(text: str, expected: str) -> None:
    assert admitted(text) == expected.split()


@pytest.mark.parametrize("text", ["latest", "1.2.3.4", "1.2.3,", "1.2.3 ||", "|| 1", "1.2.3-01", "1|2", "1" * 300])
def test_what_helm_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        Range.parse(text)


def test_the_newest_admitted_version_is_chosen() -> None:
    versions = tuple(Version.parse(text) for text in VERSIONS)
    assert str(Range.parse("").best(versions)) == "10.0.0"
    assert str(Range.parse("1.2.3-0 - 1.2.3").best(versions)) == "1.2.3"
    assert Range.parse("^99").best(versions) is None


def test_only_a_plain_full_version_is_exact() -> None:
    assert [Range.parse(text).exact for text in ("1.2.3", "=v1.2.3-rc.1", "1.2", "^1.2.3", "1.2.3 || 2.0.0")] == [
        True,
        True,
        False,
        False,
        False,
    ]


NUMBERS = [
    "*",
    "x",
    "1",
    "1.x",
    "1.2",
    "1.2.x",
    "1.2.3",
    "0",
    "0.0",
    "0.0.0",
    "0.0.3",
    "0.2",
    "0.2.3",
    "1.0.0-0",
    "1.2.3-rc.1",
    "1.2-beta",
    "*-0",
    "0.0-0",
    "1.x.3",
    "v1.2",
]
OPERATORS = ["", "=", "!=", ">", ">=", "=>", "<", "<=", "=<", "~", "~>", "^"]
MIXED = [
    "1.2 - 1.4.5",
    "1.2.0-0 - 2 || ^3",
    "^1 !=1.2.3",
    ">1.0.0-0 <1.2.4",
    ">= 1.2.3 , < 1.5",
    "~1.2||~1.4",
]


ANSWERS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: answers}
data:
{{- range $range := .Values.r }}
  - "{{ range $.Values.v }}{{ semverCompare $range . | ternary 1 0 }}{{ end }}"
{{- end }}
"""


@pytest.mark.slow
def test_helm_agrees_on_every_operator(tmp_path: Path) -> None:
    ranges = [operator + number for operator in OPERATORS for number in NUMBERS] + MIXED
    chart = write_chart(tmp_path / "web", {"templates/answers.yaml": ANSWERS})
    values = json.dumps({"r": ranges, "v": VERSIONS})
    command = [tool("helm"), "template", "x", str(chart), "-f", "-"]
    out = subprocess.run(command, input=values, capture_output=True, text=True, check=True).stdout
    helm = re.findall(r"- \"([01]+)\"", out)
    ours = ["".join("1" if version in admitted(text) else "0" for version in VERSIONS) for text in ranges]
    assert dict(zip(ranges, ours, strict=True)) == dict(zip(ranges, helm, strict=True))
