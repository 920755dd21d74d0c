"""Whatever a template prints and whatever lies in crds/, values and schema, both engines end in objects or one error.

``PIPELINE_FUZZ`` has so many random cases tried in all (a few hundred by default).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from pipeline.cli import run
from pipeline.core.errors import BUG
from tests.support.charts import CHART_YAML, pack
from tests.support.odd_manifests import FILES, ODD
from tests.support.tools import tool

CASES = int(os.environ.get("PIPELINE_FUZZ", "300"))
PLACES = ("templates/a.yaml", "templates/NOTES.txt", "crds/a.yaml", "values.yaml", "values.schema.json", "Chart.yaml")
PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"
LITERAL = "{{ .Files.Get `text` }}"
"""A template that prints a file as it is, so that no brace in it is an action."""


@pytest.fixture(params=["cli", "embedded"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    return str(request.param)


def chart(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    path = folder / f"{uuid4().hex}.tgz"
    whole = {"Chart.yaml": CHART_YAML, "templates/plain.yaml": PLAIN} | dict(files)
    path.write_bytes(pack({f"web/{name}": data for name, data in whole.items()}))
    return path


def holding(place: str, data: str | bytes) -> dict[str, str | bytes]:
    return {place: LITERAL, "text": data} if place == "templates/a.yaml" else {place: data}


def compared(folder: Path, engine: str, files: Mapping[str, str | bytes], capfd: pytest.CaptureFixture[str]) -> str:
    """What a comparison with the plain chart says, in both directions."""
    odd, plain = chart(folder, files), chart(folder, {})
    said = ""
    for sides in ((plain, odd), (odd, plain)):
        code = run(["diff", *(f"chart:{side}" for side in sides), "--engine", engine, "-o", "json"])
        out, err = capfd.readouterr()
        assert code != BUG, err
        assert "Traceback" not in err
        said += out + err
    return said


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_objects_or_one_error(
    engine: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    compared(tmp_path, engine, holding(place, ODD[name]), capfd)


@settings(max_examples=max(CASES // len(PLACES), 1), suppress_health_check=list(HealthCheck))
@given(data=FILES)
@pytest.mark.parametrize("place", PLACES)
def test_any_file_is_objects_or_one_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str, data: bytes
) -> None:
    compared(tmp_path, "embedded", holding(place, data), capfd)


@pytest.mark.parametrize("name", ["end of document", "end and text"])
@pytest.mark.parametrize("place", ["templates/a.yaml", "crds/a.yaml"])
def test_an_end_of_document_hides_nothing(
    engine: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    """Whoever reads Helm's output next may stop there, so that objects would be lost in silence."""
    said = compared(tmp_path, engine, holding(place, ODD[name]), capfd)
    assert f"web/{place}" in said
    assert "three dots" in said


@pytest.mark.parametrize("name", ["no YAML", "deep and open", "NUL", "laughs", "an unknown alias"])
def test_a_file_of_crds_that_is_no_yaml_is_named(
    engine: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    said = compared(tmp_path, engine, holding("crds/a.yaml", ODD[name]), capfd)
    assert "web/crds/a.yaml" in said
    assert "its output is not valid YAML" in said
