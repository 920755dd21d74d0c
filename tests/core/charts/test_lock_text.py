"""pipeline.lock as text: exact, readable in every form that it ever had, and one block for each chart."""

import subprocess
from pathlib import Path

import pytest

from pipeline.core.charts.chart import Dependency
from pipeline.core.charts.lock import ChartLock, LockedChart, LockedRelease
from pipeline.core.charts.lock_text import from_text, to_text
from pipeline.core.errors import ConfigError

DIGEST = "sha256:" + 60 * "0" + "{:04}"


def locked(*names: str, version: str = "1.0.0") -> ChartLock:
    """A chart and a release of each name; equal but for what is their own."""
    lock = ChartLock()
    for name in names:
        digest = DIGEST.format(sum(map(ord, name + version)))
        chart = LockedChart(name, version, f"https://charts.example.org/{name}", digest, digest, (), "1.0")
        lock = lock.with_release(f"{name}-release", LockedRelease(f"shop/{name}", "^1", name, version), chart)
    return lock


FULL = ChartLock(
    (
        LockedChart(
            name="web",
            version="1.0.0+b.1",
            source="oci://registry.example.org/web",
            tree="sha256:aa",
            archive="sha256:bb",
            dependencies=(Dependency("charts/db", "db", "2.0.0", "git+https://example.org/db", revision="c0ffee"),),
            app_version="1.10",
            revision="sha256:cc",
            provenance="pgp:0123456789ABCDEF",
        ),
        LockedChart("web", "2.0.0", "./charts/web", "sha256:dd", dependencies=()),
    ),
    {
        "a": LockedRelease("oci://registry.example.org/web", "1.x", "web", "1.0.0+b.1"),
        "b": LockedRelease("./charts/web", "", "web", "2.0.0"),
        "c": LockedRelease("./charts/web", "", "web", "2.0.0"),
    },
)


def test_reading_is_the_inverse_of_writing() -> None:
    assert from_text(to_text(FULL)) == FULL
    assert to_text(from_text(to_text(FULL))) == to_text(FULL)
    assert from_text(to_text(ChartLock())) == ChartLock()


def test_a_chart_is_one_block_with_its_releases() -> None:
    text = to_text(FULL)
    first, second = text.split("  web/")[1:]
    assert "provenance: pgp:0123456789ABCDEF" in first
    assert first.splitlines()[-1] == "    tree: sha256:aa"
    assert "      b:\n" in second
    assert "      c:\n" in second


@pytest.mark.parametrize(
    ("ours", "theirs", "conflicts"),
    [
        (("apple", "lemon"), ("orange",), 0),
        (("apple", "mango"), ("mango", "zebra"), 0),
        (("mango", "nut"), ("mango", "orange"), 1),
        (("apple", "mango"), ("banana", "mango"), 1),
    ],
)
def test_branches_that_each_add_a_chart_merge_or_conflict_in_whole_blocks(
    tmp_path: Path, ours: tuple[str, ...], theirs: tuple[str, ...], conflicts: int
) -> None:
    base = ("mango",) if conflicts else ("kiwi", "mango", "melon")
    for name, charts in (("base", base), ("ours", (*base, *ours)), ("theirs", (*base, *theirs))):
        (tmp_path / name).write_text(to_text(locked(*dict.fromkeys(charts))))
    files = [str(tmp_path / name) for name in ("ours", "base", "theirs")]
    merged = subprocess.run(["git", "merge-file", "-p", *files], check=False, capture_output=True, text=True)
    assert merged.returncode == conflicts
    expected = locked(*dict.fromkeys((*base, *ours, *theirs)))
    if conflicts:
        with pytest.raises(ConfigError, match="it holds a merge conflict; each chart is one block"):
            from_text(merged.stdout)
    kept = "".join(
        line for line in merged.stdout.splitlines(keepends=True) if line[:7] not in ("<<<<<<<", "=======", ">>>>>>>")
    )
    assert from_text(kept) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: pipeline.lock/v9\n", "its schema is 'pipeline.lock/v9'"),
        (
            "charts: {a/1: {source: s, tree: t}, a/1: {source: s, tree: t}}\nschema: pipeline.lock/v3\n",
            "stands there twice",
        ),
        ("charts: {a/../1: {source: s, tree: t}}\nschema: pipeline.lock/v3\n", "name of a/.."),
        (
            (
                "charts: {a/1: {source: s, tree: t, releases: {r: {chart: c}}},"
                " a/2: {source: s, tree: t, releases: {r: {chart: c}}}}\nschema: pipeline.lock/v3\n"
            ),
            "release 'r' stands under two charts",
        ),
        ("charts: {a/1: {source: s}}\nschema: pipeline.lock/v3\n", "tree of a is None"),
        ("[", "pipeline.lock"),
    ],
)
def test_what_is_no_lock_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_text(text)
    assert words in str(caught.value)
