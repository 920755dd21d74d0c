"""The edits that undo other edits."""

from pathlib import Path

from pipeline.adapters.disk import Disk
from pipeline.core.render.file_edits import Edits
from pipeline.flows.inverse_edits import inverse

FILES = {"a": b"1", "old/x": b"2", "tree/one": b"3", "tree/two": b"4", "gone/deep/y": b"5"}


def content(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_everything_is_as_it_was(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    disk = Disk(tmp_path)
    edits = Edits(
        trees={"tree": {"one": b"9", "three": b"9"}, "new/tree": {"n": b"9"}},
        files={"a": b"9", "b/c": b"9"},
        removed=("old/x", "gone", "never"),
    )
    back = inverse(edits, disk)
    disk.carry_out(edits)
    assert content(tmp_path) == {"a": b"9", "b/c": b"9", "tree/one": b"9", "tree/three": b"9", "new/tree/n": b"9"}
    disk.carry_out(back)
    assert content(tmp_path) == FILES
