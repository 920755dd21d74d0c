"""pipeline.lock as text: exact, readable in every form that it ever had, and one block for each chart."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.charts.chart import Dependency
from pipeline.core.charts.lock import ChartLock, LockedChart, LockedRelease
from pipeline.core.charts.lock_changes import contradictions
from pipeline.core.charts.lock_text import MergedLockError, from_text, to_text
from pipeline.core.charts.mended_lock import conflicting_sides, kept_sides, mended, readable
from pipeline.core.errors import ConfigError

DIGEST = "sha256:" + 60 * "0" + "{:04}"


class Git:
    """A repository in which texts are merged as branches are."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self("init", "--quiet", "--initial-branch=main")
        self("config", "user.name", "somebody")
        self("config", "user.email", "somebody@example.org")

    def __call__(self, *arguments: str) -> int:
        return subprocess.run(["git", *arguments], cwd=self._root, check=False, capture_output=True).returncode

    def merge(self, base: str, ours: str, theirs: str) -> tuple[int, str]:
        """Whether the branches conflict, and the text that Git leaves."""
        file = self._root / "pipeline.lock"
        for branch, start, text in (("base", "base", base), ("ours", "base", ours), ("theirs", "base", theirs)):
            self("checkout", "--quiet", "-B", branch, *([start] if branch != start else []))
            file.write_text(text)
            self("add", ".")
            self("commit", "--quiet", "-m", branch, "--allow-empty")
        self("checkout", "--quiet", "ours")
        code = self("merge", "--quiet", "--no-edit", "theirs")
        text = file.read_text()
        self("merge", "--abort")
        return code, text


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


def locked(versions: Mapping[str, str]) -> ChartLock:
    """A release of each chart; equal but for what is its own."""
    lock = ChartLock()
    for name, version in versions.items():
        digest = DIGEST.format(sum(map(ord, name + version)))
        chart = LockedChart(name, version, f"https://charts.example.org/{name}", digest, digest, (), version)
        lock = lock.with_release(f"{name}-release", LockedRelease(f"shop/{name}", version, chart))
    return lock


WEB = LockedChart(
    name="web",
    version="1.0.0+b.1",
    source="oci://registry.example.org/web",
    tree="sha256:aa",
    archive="sha256:bb",
    dependencies=(Dependency("charts/db", "db", "2.0.0", "git+https://example.org/db", revision="c0ffee"),),
    app_version="1.10",
    revision="sha256:cc",
    provenance="pgp:0123456789ABCDEF",
)
OWN = LockedChart("web", "2.0.0", "./charts/web", "sha256:dd", dependencies=())
FULL = ChartLock(
    {
        "a": LockedRelease("oci://registry.example.org/web", "1.x", WEB),
        "b": LockedRelease("./charts/web", "", OWN),
        "c": LockedRelease("shop/web", "1.0.0+b.1", replace(WEB, source="https://charts.example.org/web")),
        "d": LockedRelease("shop/db", "*", LockedChart("db", "3.0.0", "https://charts.example.org/db", "sha256:ee")),
    },
)


def test_reading_is_the_inverse_of_writing() -> None:
    assert from_text(to_text(FULL)) == FULL
    assert to_text(from_text(to_text(FULL))) == to_text(FULL)
    assert from_text(to_text(ChartLock())) == ChartLock()


def test_a_chart_is_one_block_with_a_pin_for_each_release() -> None:
    text = to_text(FULL)
    assert [line for line in text.splitlines() if line.startswith("  ") and line[2] != " "] == ["  db:", "  web:"]
    assert [line.strip() for line in text.splitlines() if line.startswith("    ") and line[4] != " "] == [
        *("d:", "a:", "b:", "c:")
    ]
    assert text.count("source: oci://registry.example.org/web") == 1
    assert text.count("source: https://charts.example.org/web") == 1


@pytest.mark.parametrize("schema", ["v1", "v2", "v3"])
def test_older_locks_are_read_with_one_pin_for_all_releases_of_a_version(schema: str) -> None:
    block = "archive: sha256:bb, source: 'https://charts.example.org/web', tree: sha256:aa"
    releases = "{r: {chart: shop/web, wanted: ^1}, s: {chart: shop/web, wanted: '1.0.0'}}"
    if schema == "v3":
        text = f"charts: {{web/1.0.0: {{{block}, releases: {releases}}}, web/0.9.0: {{{block}, releases: {{}}}}}}\n"
    else:
        old = "{name: web, version: 0.9.0, source: s, tree: t}"
        named = releases.replace("chart:", "name: web, version: 1.0.0, chart:")
        text = f"charts: [{{name: web, version: 1.0.0, {block}}}, {old}]\nreleases: {named}\n"
    lock = from_text(f"{text}schema: pipeline.lock/{schema}\n")
    assert lock.chart_of("r") == lock.chart_of("s")
    assert [chart.version for chart in lock.charts] == ["0.9.0", "1.0.0"]
    assert [chart.version for chart in from_text(to_text(lock)).charts] == ["1.0.0"]


def test_a_release_that_asks_for_the_same_moves_with_it_and_one_with_a_signature_of_another_archive_does_not() -> None:
    chart = LockedChart("web", "1.0.0", "s", "sha256:1", "sha256:1", ())
    signed = replace(chart, provenance="pgp:AB")
    lock = ChartLock()
    for name, pin in (("a", chart), ("b", chart), ("c", signed), ("d", replace(chart, source="t"))):
        lock = lock.with_release(name, LockedRelease("shop/web", name, pin))
    new = replace(chart, tree="sha256:2", archive="sha256:2")
    moved = lock.with_release("a", LockedRelease("shop/web", "a", new))
    assert {name: got.pin for name, got in moved.releases.items()} == {
        "a": new,
        "b": new,
        "c": signed,
        "d": replace(chart, source="t"),
    }
    assert contradictions(moved) == (
        "web 1.0.0 has two contents: of release 'a' from s (2) and of release 'c' from s (1)",
        "web 1.0.0 has two contents: of release 'a' from s (2) and of release 'd' from t (1)",
    )


BASE = {"apple": "1", "kiwi": "1", "lemon": "1", "melon": "1", "zebra": "1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"kiwi": "2"}, {"lemon": "2"}),
        ({"apple": "2"}, {"zebra": "2"}),
        ({"apple": "2"}, {"kiwi": "2"}),
        ({"melon": "2"}, {"zebra": "2"}),
        ({"apple": "2", "lemon": "2", "zebra": "2"}, {"kiwi": "2", "melon": "2"}),
        ({"kiwi": "2"}, {"kumquat": "1"}),
        ({"lemon": "2"}, {"kumquat": "1"}),
        ({"abacus": "1"}, {"apple": "2"}),
        ({"zulu": "1"}, {"zebra": "2"}),
        ({"abacus": "1"}, {"zulu": "1"}),
        ({"kiwi": ""}, {"lemon": "2"}),
        ({"lemon": ""}, {"kiwi": "2"}),
        ({"apple": ""}, {"kiwi": "2"}),
        ({"zebra": ""}, {"melon": "2"}),
        ({"kiwi": "", "kumquat": "1"}, {"apple": "2", "melon": "2"}),
    ],
)
def test_branches_with_unrelated_changes_merge(git: Git, ours: dict[str, str], theirs: dict[str, str]) -> None:
    both = {name: version for name, version in {**BASE, **ours, **theirs}.items() if version}
    expected = to_text(locked(both))
    for one, other in ((ours, theirs), (theirs, ours)):
        merged = git.merge(*(to_text(locked(_changed(side))) for side in ({}, one, other)))
        assert merged == (0, expected)


def _changed(changes: Mapping[str, str]) -> dict[str, str]:
    return {name: version for name, version in {**BASE, **changes}.items() if version}


def test_two_releases_of_one_chart_are_upgraded_by_two_branches(git: Git) -> None:
    texts = []
    for prod, staging in (("1", "1"), ("2", "1"), ("1", "2"), ("2", "2")):
        lock = ChartLock()
        for release, version in (("web-prod", prod), ("web-staging", staging)):
            pin = LockedChart("web", version, "s", f"sha256:{version}", f"sha256:{version}", (), version)
            lock = lock.with_release(release, LockedRelease("shop/web", version, pin))
        texts.append(to_text(lock))
    assert git.merge(*texts[:3]) == (0, texts[3])


@pytest.mark.slow
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize(
    ("ours", "theirs", "version"),
    [({"kiwi": "2.0.0"}, {"kiwi": "3.0.0"}, "3.0.0"), ({"kiwi": "3.0.0", "pear": "1"}, {"kiwi": "2.0.0"}, "3.0.0")],
)
def test_a_conflict_is_one_clear_error_and_is_mended(
    git: Git, style: str, ours: dict[str, str], theirs: dict[str, str], version: str
) -> None:
    git("config", "merge.conflictStyle", style)
    code, text = git.merge(*(to_text(locked(_changed(side))) for side in ({}, ours, theirs)))
    assert code == 1
    line = text.splitlines().index("<<<<<<< HEAD") + 1
    with pytest.raises(MergedLockError, match=rf"pipeline.lock:{line}:1: it holds a merge conflict\n.*pipeline vendor"):
        from_text(text)
    sides = readable(conflicting_sides(text))
    assert sides == (locked(_changed(ours)), locked(_changed({**ours, **theirs})))
    newest = mended(sides, {})
    assert newest.releases == locked({**_changed(ours), "kiwi": version}).releases
    assert [chart.version for chart in newest.spare] == ["2.0.0"]
    asked = mended(sides, {"kiwi-release": ("shop/kiwi", "2.0.0")})
    assert asked.releases["kiwi-release"].version == "2.0.0"


def test_lines_of_both_sides_are_one_clear_error_and_are_mended(git: Git) -> None:
    ours, theirs = _changed({"kiwi": "2.0.0"}), _changed({"kiwi": "3.0.0"})
    _, text = git.merge(*(to_text(locked(side)) for side in (BASE, ours, theirs)))
    kept = "".join(line for line in text.splitlines(keepends=True) if line[:7] not in ("<" * 7, "=" * 7, ">" * 7))
    with pytest.raises(MergedLockError, match=r"pipeline.lock:\d+:1: \w+ stands there twice.*\n.*pipeline vendor"):
        from_text(kept)
    assert readable(kept_sides(kept)) == (locked(ours), locked(theirs))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: pipeline.lock/v9\n", "its schema is 'pipeline.lock/v9'"),
        (
            "charts: {a/1: {source: s, tree: t}, a/1: {source: s, tree: t}}\nschema: pipeline.lock/v4\n",
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
        (
            (
                "charts:\n  a:\n    r:\n      {chart: c, source: s, tree: t, version: '1'}\n"
                "  b:\n    r:\n      {chart: c, source: s, tree: t, version: '1'}\nschema: pipeline.lock/v4\n"
            ),
            "pipeline.lock:6:1: release 'r' stands under two charts",
        ),
        ("charts: {a: {r: {chart: c, source: s, tree: t}}}\nschema: pipeline.lock/v4\n", "version of a is None"),
        ("[", "pipeline.lock"),
    ],
)
def test_what_is_no_lock_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_text(text)
    assert words in str(caught.value)
