"""An entry is what was kept, or nothing: whatever happens to it on the disk, and whoever else uses it just then."""

import os
import random
import shutil
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.cache.valid_config import ValidConfig
from pipeline.adapters.user_folders import cache_folder, make_private, state_folder
from pipeline.core.yaml.reader import load_all

LARGE = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n" + "".join(
    f"  k{n}: 1\n" for n in range(3000)
)


def cache(folder: Path, version: str = "1") -> Cache:
    return Cache(folder / "kind", version, 100)


def only(folder: Path) -> Path:
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    return file


def test_a_damaged_entry_is_thrown_away_wherever_it_is_damaged(tmp_path: Path) -> None:
    content = bytes(range(256)) * 3
    cache(tmp_path).put("key", content)
    whole = only(tmp_path).read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        only(tmp_path).write_bytes(damaged)
        assert cache(tmp_path).get("key") is None
        assert not list((tmp_path / "kind").iterdir())
        cache(tmp_path).put("key", content)
        assert cache(tmp_path).get("key") == content


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[:-1],
    "cut within the head": lambda whole: whole[:20],
    "empty": lambda _: b"",
    "longer": lambda whole: whole + b" ",
    "twice": lambda whole: whole * 2,
    "without a head": lambda whole: whole.partition(b"\n")[2],
}


@pytest.mark.parametrize("name", SPOILT)
def test_an_entry_of_another_length_is_thrown_away(tmp_path: Path, name: str) -> None:
    cache(tmp_path).put("key", b"content")
    only(tmp_path).write_bytes(SPOILT[name](only(tmp_path).read_bytes()))
    assert cache(tmp_path).get("key") is None


def test_an_entry_counts_for_its_own_key_version_and_kind_alone(tmp_path: Path) -> None:
    cache(tmp_path).put("one", b"content of one")
    kept = only(tmp_path).read_bytes()
    for other, key in ((cache(tmp_path), "two"), (cache(tmp_path, "2"), "one"), (Cache(tmp_path / "b", "1", 9), "one")):
        other.put(key, b"x")
        for file in tmp_path.rglob("*"):
            if file.is_file():
                file.write_bytes(kept)
        assert other.get(key) is None


def test_what_is_no_file_of_the_users_own_is_not_read(tmp_path: Path) -> None:
    cache(tmp_path).put("key", b"content")
    file = only(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(file, elsewhere)
    file.symlink_to(elsewhere)
    assert cache(tmp_path).get("key") is None
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert cache(tmp_path).get("key") is None
    file.unlink()
    file.mkdir()
    assert cache(tmp_path).get("key") is None
    file.rmdir()
    shutil.move(elsewhere, file)
    assert cache(tmp_path).get("key") == b"content"
    if os.geteuid() == 0:
        os.chown(file, 1, 1)
        assert cache(tmp_path).get("key") is None


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "kind").mkdir(mode=0o777)
    (tmp_path / "kind").chmod(0o777)
    old = os.umask(0)
    try:
        cache(tmp_path).put("key", b"content")
    finally:
        os.umask(old)
    assert (tmp_path / "kind").stat().st_mode & 0o777 == 0o700
    assert only(tmp_path).stat().st_mode & 0o777 == 0o600


def modes(root: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_dir() or path.is_file()}


def test_all_of_the_users_folders_are_for_the_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    old = os.umask(0)
    try:
        Cache(cache_folder("kind"), "1", 10).put("key", b"content")
        make_private(state_folder() / "runs/a/b/c")
        make_private(tmp_path / "chosen/pipeline/runs/a/b", tmp_path / "chosen/pipeline")
    finally:
        os.umask(old)
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "chosen/pipeline"):
        assert modes(tmp_path / name) <= {0o700, 0o600}
    assert (tmp_path / "chosen/pipeline").stat().st_mode & 0o777 == 0o777


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o755])
def test_what_an_older_version_left_wider_is_narrowed_when_it_is_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for key in ("read", "other"):
        Cache(cache_folder("kind"), "1", 10).put(key, b"content")
    for path in tmp_path.rglob("*"):
        path.chmod(mode if path.is_file() else 0o755)
    assert Cache(cache_folder("kind"), "1", 10).get("read") == b"content"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()} == {0o700}
    assert 0o600 in modes(tmp_path)
    Cache(cache_folder("kind"), "1", 10).put("new", b"content")
    assert modes(tmp_path) == {0o700, 0o600}


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_what_others_could_have_written_is_made_anew(tmp_path: Path, mode: int) -> None:
    cache(tmp_path).put("key", b"content")
    only(tmp_path).chmod(mode)
    assert cache(tmp_path).get("key") is None
    cache(tmp_path).put("key", b"content")
    assert cache(tmp_path).get("key") == b"content"


def test_a_folder_that_is_another_users_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "kind").symlink_to("elsewhere")
    if os.geteuid() == 0:
        os.chown(tmp_path / "kind", 1, 1, follow_symlinks=False)
        cache(tmp_path).put("key", b"content")
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def _busy(folder: str, seed: int) -> int:
    chance, wrong = random.Random(seed), 0
    for _ in range(150):
        mine, number = cache(Path(folder)), chance.randrange(4)
        found = mine.get(f"key {number}")
        wrong += found not in (None, b"%d" % number * 50_000)
        mine.put(f"key {number}", b"%d" % number * 50_000)
    return wrong


def test_processes_at_once_see_whole_entries(tmp_path: Path) -> None:
    with get_context("spawn").Pool(4) as pool:
        assert pool.starmap(_busy, [(str(tmp_path), seed) for seed in range(4)]) == [0] * 4
    assert not [path for path in (tmp_path / "kind").iterdir() if path.name.startswith(".")]


def test_every_kind_survives_a_flip_of_any_byte(tmp_path: Path) -> None:
    documents = DocumentCache(tmp_path / "documents")
    documents.put(LARGE, load_all(LARGE))
    ValidConfig(tmp_path / "valid", b"{}", "a: 1").keep()
    whole = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(whole) == 2
    chance = random.Random(1)
    for path, data in whole.items():
        for at in chance.sample(range(len(data)), min(len(data), 200)):
            path.write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
            if path.parent.name == "documents":
                assert documents.get(LARGE) is None
            else:
                assert not ValidConfig(tmp_path / "valid", b"{}", "a: 1").known


def test_without_a_home_it_is_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where the system knows no such user
    monkeypatch.chdir(tmp_path)
    assert cache_folder("a").is_absolute()
    assert state_folder().is_absolute()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder("a").is_absolute()


def test_a_home_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    broken = Cache(file / "below", "1", 10)
    broken.put("key", b"content")
    assert broken.get("key") is None
