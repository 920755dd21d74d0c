"""Whatever a chart, an index, a lock or an archive holds: it is read, or refused with an error of ours that names it.

``PIPELINE_FUZZ`` has so many cases tried in all; the long run has 20,000.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.charts.folder import read_directory
from pipeline.adapters.charts.load_chart import chart_of, read_archive
from pipeline.adapters.fetch.source import ChartSource
from pipeline.cli import run
from pipeline.core.charts.chart import tree_digest
from pipeline.core.charts.helmignore import IgnoreError, parse
from pipeline.core.charts.lock import ChartLock
from pipeline.core.charts.lock_text import from_text, to_text
from pipeline.core.charts.reference import ChartKind, ChartReference, parse_reference
from pipeline.core.charts.repository_index import choose, offers
from pipeline.core.charts.stored_names import original_files, stored_files
from pipeline.core.config.read import read
from pipeline.core.errors import PipelineError
from pipeline.core.safe_path import SafePath
from tests.support.hostile_charts import chart, repository
from tests.support.odd_charts import DOCUMENTS, archives, raw_texts, texts
from tests.support.platforms import write

CASES = int(os.environ.get("PIPELINE_FUZZ", "800")) // 8
"""Of each of the eight readers."""
MORE = ("values.yaml", "values.schema.json", "Chart.lock", "charts/a.tgz", "charts/b/Chart.yaml")
fuzzed = settings(
    max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES <= 100, database=None
)


def names(error: Exception, *things: str) -> None:
    """That an error of ours says what it is about."""
    assert any(thing in str(error) for thing in things), error


@fuzzed
@given(raw_texts, st.dictionaries(st.sampled_from(MORE), raw_texts, max_size=3))
def test_chart_yaml(data: bytes, more: dict[str, bytes]) -> None:
    try:
        chart_of({"Chart.yaml": data, **more}, "sha256:0", "web")
    except PipelineError as error:
        names(error, "web")


@fuzzed
@given(texts, st.sampled_from(["", "^1", "1.0.0", ">=0-0", "x", "[", "1.0.0 - 2", "~", "\0"]))
def test_index_yaml(text: str, wanted: str) -> None:
    try:
        found = offers(text, "web", url="http://host/repo")
        choose(found, wanted, chart="web", where="shop")
    except PipelineError as error:
        names(error, "web", "http://host/repo")


@fuzzed
@given(texts)
def test_pipeline_lock(text: str) -> None:
    try:
        lock = from_text(text)
    except PipelineError as error:
        names(error, "pipeline.lock")
        return
    assert isinstance(lock, ChartLock)
    assert from_text(to_text(lock)) == replace(lock, spare=())
    for one in lock.charts:
        SafePath(one.folder)


@fuzzed
@given(texts)
def test_pipeline_yaml(text: str) -> None:
    try:
        read(text)
    except PipelineError as error:
        names(error, "pipeline.yaml")


@fuzzed
@given(archives())
def test_an_archive(data: bytes) -> None:
    try:
        files = read_archive(data, "web.tgz")
        made = chart_of(files, "sha256:0", "web.tgz")
    except PipelineError as error:
        names(error, "web.tgz")
        return
    assert made.metadata is not None
    assert original_files(stored_files(files)) == files
    for path in stored_files(files):
        SafePath(path)
    tree_digest(files)


@fuzzed
@given(data=archives())
def test_a_fetched_archive(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "fetched"
    root.mkdir(exist_ok=True)
    (root / "web.tgz").write_bytes(data)
    try:
        fetched = ChartSource(root, {}).fetch(ChartReference(ChartKind.PATH, "./web.tgz", "./web.tgz"), "")
    except PipelineError as error:
        names(error, "")
        return
    for path in stored_files(fetched.files):
        SafePath(path)


@fuzzed
@given(texts)
def test_a_helmignore(text: str) -> None:
    try:
        rules = parse(text)
    except IgnoreError as error:
        names(error, ".helmignore:")
        return
    for path in ("Chart.yaml", "a/b", "templates/.x"):
        rules.ignores(path, is_folder=False)


@fuzzed
@given(texts)
def test_a_reference(text: str) -> None:
    try:
        parse_reference(text)
    except PipelineError as error:
        names(error, "")


ODD = [*DOCUMENTS, "\udcff", "name: '\\0'", "name: web\nversion: \x00"]
OTHERS = ("Chart.lock", "values.yaml", "charts/sub/Chart.yaml", "crds/a.yaml")


@pytest.mark.parametrize(
    ("name", "document"), [*(("Chart.yaml", one) for one in ODD), *((name, one) for name in OTHERS for one in ODD[::5])]
)
def test_no_odd_file_of_a_chart_is_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, document: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = repository(tmp_path / "platform", chart({name: document.encode("utf-8", "surrogateescape")}))
    monkeypatch.chdir(root)
    for verb in (["vendor"], ["render"], ["diff", "chart:web.tgz", "chart:web.tgz", "--engine", "embedded"]):
        code = run(verb)
        assert code in (0, 1, 3, 4, 64), capsys.readouterr().err


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_odd_lock_is_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str) -> None:
    root = repository(tmp_path / "platform", chart({}))
    monkeypatch.chdir(root)
    write(root, {"pipeline.lock": document})
    for verb in (["vendor", "--locked"], ["render"], ["commit"], ["vendor"]):
        assert run(verb) in (0, 1, 4, 64)


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "web", {"Chart.yaml": "name: web\nversion: 1.0.0\n"})
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xff")).write_text("x")
    with pytest.raises(PipelineError, match="no path may hold"):
        read_directory(folder)
