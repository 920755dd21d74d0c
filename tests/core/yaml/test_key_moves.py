"""Keys are moved with their comments, and nothing else changes."""

import pytest

from pipeline.core.yaml.key_moves import with_moved_keys


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("a: 1 # why\n'b': 2\n", "b", "c", "a: 1 # why\n'c': 2\n"),
        (
            "web:\n  # how many\n  replicas: 3 # peak\nz: 1\n",
            "web.replicas",
            "replicaCount",
            "z: 1\n# how many\nreplicaCount: 3 # peak\n",
        ),
        ("web:\n  replicas: 3\n  port: 80\n", "web.replicas", "count", "web:\n  port: 80\ncount: 3\n"),
        ("count: 3\nweb:\n  port: 80\n# end\n", "count", "web.replicas", "web:\n  port: 80\n  replicas: 3\n# end\n"),
        ("count: 3", "count", "web.pods.replicas", "web:\n  pods:\n    replicas: 3\n"),
        (
            "a:\r\n  list:\r\n    - x\r\n    - y: 1\r\nb: 1\r\n",
            "a.list",
            "c",
            "b: 1\r\nc:\r\n  - x\r\n  - y: 1\r\n",
        ),
        ("a:\n  t: |\n    one\n\n    two\nb: 1\n", "a.t", "t", "b: 1\nt: |\n  one\n\n  two\n"),
    ],
)
def test_a_key_is_moved(text: str, old: str, new: str, after: str) -> None:
    assert with_moved_keys(text, {tuple(old.split(".")): tuple(new.split("."))}) == after


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("web: {replicas: 3}\n", "web.replicas", "replicaCount"),
        ("a: 1\nb: 2\n", "a", "b"),
        ("a: &x 1\nb: *x\n", "a", "c"),
        ("a: 1\n", "b", "c"),
        ("a: 1\nweb: {}\n", "a", "web.a"),
        ("a: [\n", "a", "b"),
    ],
)
def test_what_cannot_be_moved_in_place_is_left(text: str, old: str, new: str) -> None:
    assert with_moved_keys(text, {tuple(old.split(".")): tuple(new.split("."))}) is None
