"""A tree of files as it would be after edits."""

from pathlib import Path

from pipeline.adapters.disk import Disk
from pipeline.adapters.git.trees import DirectoryTree
from pipeline.core.render.file_edits import Edits
from pipeline.flows.edited_tree import EditedTree
from tests.support.platforms import snapshot, write

FIRST = Edits({"tree": {"one": b"9", "new": b"9"}}, {"a": b"9", "b/c": b"9"}, ("old", "gone/y"))
SECOND = Edits({"fresh": {"f": b"8"}}, {"tree/one": b"8"}, ("tree/new", "b"))


def test_it_reads_as_the_disk_does_after_the_edits(tmp_path: Path) -> None:
    write(
        tmp_path, {"a": "1", "old/x": "2", "old/z/y": "2", "tree/one": "3", "tree/two": "4", "gone/y": "5", "kept": "6"}
    )
    base = DirectoryTree(tmp_path)
    tree = EditedTree.of(base, [FIRST, SECOND])
    copy = write(tmp_path / "copy", {path: data.decode() for path, data in snapshot(tmp_path).items()})
    for edits in (FIRST, SECOND):
        Disk(copy).carry_out(edits)
    after = DirectoryTree(copy)
    expected = dict(after.read(after.paths("")))
    found = EditedTree.of(DirectoryTree(tmp_path), [FIRST, SECOND])
    paths = [path for path in found.paths("") if not path.startswith("copy/")]
    assert paths == sorted(expected)
    assert found.read(paths) == expected
    for prefix in ("tree", "b", "fresh", "a", "old"):
        assert list(tree.paths(prefix)) == list(after.paths(prefix)) == list(tree.ids(prefix))
    assert tree.read(["nowhere", "old/x"]) == {}
