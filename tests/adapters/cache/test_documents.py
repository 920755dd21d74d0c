"""Kept documents equal parsed ones, hold no secrets, and never get in the way."""

import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from pipeline.adapters.beside import beside
from pipeline.adapters.cache import documents as document_cache
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.core.yaml.reader import load_all

CRD = "kind: CustomResourceDefinition\nspec:\n" + "".join(f"  k{n}: [1, 1.0, '1', true, null]\n" for n in range(2000))


def test_what_was_kept_is_what_was_parsed(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path / "new")
    assert cache.get(CRD) is None
    cache.put(CRD, load_all(CRD))
    assert repr(DocumentCache(tmp_path / "new").get(CRD)) == repr(load_all(CRD))
    assert cache.get(f"{CRD}\n") is None
    assert (tmp_path / "new").stat().st_mode & 0o77 == 0


def test_only_crds_are_kept(tmp_path: Path) -> None:
    text = CRD.replace("CustomResourceDefinition", "Secret")
    DocumentCache(tmp_path).put(text, load_all(text))
    DocumentCache(tmp_path).put("kind: CustomResourceDefinition", [])
    assert list(tmp_path.iterdir()) == []


def test_a_broken_or_unwritable_cache_is_no_cache(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path)
    cache.put(CRD, load_all(CRD))
    next(tmp_path.iterdir()).write_text("{")
    assert cache.get(CRD) is None
    file = tmp_path / "file"
    file.write_text("")
    DocumentCache(file / "below").put(CRD, load_all(CRD))
    assert DocumentCache(file / "below").get(CRD) is None


def _many(count: int = 40) -> list[str]:
    """Large CRDs that differ, and one document that is no YAML."""
    filler = "".join(f"    field-{n}: {{type: string, description: {'x' * 100}}}\n" for n in range(150))
    crds = [f"kind: CustomResourceDefinition\nmetadata: {{name: c{n}}}\nspec:\n{filler}" for n in range(count)]
    return [*crds, f"kind: CustomResourceDefinition\nspec: [\n{filler}"]


def test_much_is_parsed_by_two_processes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_cache, "worker_count", lambda: 2)
    fork, forks = os.fork, []

    def counted() -> int:
        forks.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    cache, texts = DocumentCache(tmp_path), _many()
    cache.prepare(texts)
    assert [cache.get(text) for text in texts[:-1]] == [load_all(text) for text in texts[:-1]]
    assert cache.get(texts[-1]) is None
    assert len(list(tmp_path.iterdir())) == len(texts) - 1
    cache.prepare(texts[:-1])
    assert len(forks) == (1 if sys.platform == "linux" else 0)


def test_process_that_cannot_be_had_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, "no more processes")

    monkeypatch.setattr(document_cache, "worker_count", lambda: 2)
    monkeypatch.setattr(os, "fork", refuse)
    cache, texts = DocumentCache(tmp_path), _many()
    cache.prepare(texts)
    assert 0 < sum(cache.get(text) is not None for text in texts) < len(texts)


def test_little_is_left_to_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_cache, "worker_count", lambda: 2)
    DocumentCache(tmp_path).prepare(_many(3))
    assert not list(tmp_path.iterdir())


def test_work_beside_that_fails_is_no_failure_here(tmp_path: Path) -> None:
    def fails() -> None:
        (tmp_path / "begun").touch()
        raise ValueError("it failed")

    with beside(fails):
        (tmp_path / "here").touch()
    assert {file.name for file in tmp_path.iterdir()} == {"begun", "here"}


def test_work_beside_that_does_not_end_is_ended(tmp_path: Path) -> None:
    def hangs() -> None:
        (tmp_path / "process").write_text(str(os.getpid()))
        threading.Event().wait()

    with beside(hangs, patience=0.5):
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)


def test_folder_that_cannot_be_written_is_not_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(document_cache, "worker_count", lambda: 2)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("two processes for nothing"))
    monkeypatch.setattr(document_cache, "load_all", lambda _: pytest.fail("parsed for nothing"))
    DocumentCache(tmp_path / "file/below").prepare(_many())
