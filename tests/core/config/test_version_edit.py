"""The versions of releases in pipeline.yaml are edited in place."""

import random

import pytest

from pipeline.core.config.version_edit import VersionEdit, with_versions
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import load

PLAIN = """\
# what runs
releases:
  - name: vault   # secrets
    chart: hashicorp/vault
    version: 0.27.0   # pinned: see the incident of May
    namespace: vault
  - {name: shop, chart: ./charts/shop, namespace: shop}
"""


def changed(text: str, **versions: str) -> str:
    return with_versions(text, versions)[0]


def test_only_the_value_changes() -> None:
    new, edits = with_versions(PLAIN, {"vault": "0.28.1"})
    assert new == PLAIN.replace("0.27.0", "0.28.1")
    assert edits == (VersionEdit("vault", 5, "0.27.0", "0.28.1"),)
    assert str(edits[0]) == "pipeline.yaml:5: vault 0.27.0 -> 0.28.1"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: '0.27.0'", "version: '0.28.0'"),
        ('version: "0.27.0"', 'version: "0.28.0"'),
        ("version:   0.27.0", "version:   0.28.0"),
        ('"version": 0.27.0', '"version": 0.28.0'),
        ("version: &v 0.27.0", "version: &v 0.28.0"),
        ("version: !!str 0.27.0", "version: !!str 0.28.0"),
        ("? version\n    : 0.27.0", "? version\n    : 0.28.0"),
        ("version:\n      0.27.0", "version:\n      0.28.0"),
    ],
)
def test_its_quotes_anchor_and_spaces_stay(before: str, after: str) -> None:
    text = PLAIN.replace("version: 0.27.0", before)
    assert changed(text, vault="0.28.0") == PLAIN.replace("version: 0.27.0", after)


@pytest.mark.parametrize(
    ("version", "written"), [("1.10", '"1.10"'), (">=1 <2", '">=1 <2"'), ("^1.2", "^1.2"), ("*", '"*"'), ("1", '"1"')]
)
def test_what_yaml_would_read_as_something_else_is_quoted(version: str, written: str) -> None:
    assert changed(PLAIN, vault=version) == PLAIN.replace("0.27.0", written)


def test_a_version_that_was_not_there_comes_after_the_chart() -> None:
    block = PLAIN.replace("    version: 0.27.0   # pinned: see the incident of May\n", "")
    new, edits = with_versions(block, {"vault": "0.28.0", "shop": "2.0.0"})
    assert "    chart: hashicorp/vault\n    version: 0.28.0\n    namespace: vault\n" in new
    assert "{name: shop, chart: ./charts/shop, version: 2.0.0, namespace: shop}" in new
    assert [edit.line for edit in edits] == [5, 6]
    assert edits[0].before == ""


def test_a_comment_behind_the_chart_stays_with_the_chart() -> None:
    text = "releases:\r\n- name: a\r\n  chart: ./a # ours\r\n  namespace: a\r\n"
    assert changed(text, a="1.0.0") == text.replace("# ours\r\n", "# ours\r\n  version: 1.0.0\r\n")


def test_a_chart_that_is_an_alias() -> None:
    text = "x: &c ./a\nreleases:\n- name: a\n  chart: *c\n  namespace: a\n- {name: b, chart: *c, namespace: b}"
    new = changed(text, a="1.0.0", b="2.0.0")
    assert "  chart: *c\n  version: 1.0.0\n" in new
    assert "chart: *c, version: 2.0.0, namespace" in new


SHARED = """\
releases:
  - {name: base, chart: istio/base, version: &mesh 1.27.0, namespace: istio-system}
  - {name: istiod, chart: istio/istiod, version: *mesh, namespace: istio-system}
"""


def test_a_shared_version_is_changed_for_all_who_share_it() -> None:
    with pytest.raises(UsageError, match="is shared with istiod"):
        with_versions(SHARED, {"base": "1.28.0"})
    with pytest.raises(UsageError, match=r"yaml:2: the version of release 'istiod' is shared with base"):
        with_versions(SHARED, {"istiod": "1.28.0"})
    both = {"base": "1.28.0", "istiod": "1.28.0"}
    assert with_versions(SHARED, both)[0] == SHARED.replace("1.27.0", "1.28.0")


def test_a_version_on_several_lines_is_refused() -> None:
    text = PLAIN.replace("0.27.0   # pinned: see the incident of May", ">-\n      0.27.0")
    with pytest.raises(UsageError, match=r"pipeline\.yaml:5: .* on several lines"):
        with_versions(text, {"vault": "0.28.0"})


def test_a_release_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no release 'valt'"):
        with_versions(PLAIN, {"valt": "1.0.0"})


def test_the_same_version_is_no_edit() -> None:
    assert with_versions(PLAIN, {"vault": "0.27.0"}) == (PLAIN, ())


def _generated(random_numbers: random.Random) -> str:
    """A pipeline.yaml in some style: comments, quotes, flow, indents, anchors, line ends."""
    choose = random_numbers.choice

    def comment() -> str:
        return choose(["", "  # why: 'this' {one} [two] &three *four", " #"])

    deep, lines = choose(["", "  ", "    "]), []
    if choose([True, False]):
        lines += ["# a head", "", "environments: {prod: {kubeVersion: '1.34'}}" + comment()]
    lines.append("releases:" + comment())
    for number in range(random_numbers.randrange(1, 5)):
        quote = choose(["", "'", '"'])
        version = choose(
            [f"version: {quote}1.{number}.0{quote}", "", f"version: &v{number} {quote}1.{number}.0{quote}"]
        )
        parts = [
            f"name: r{number}",
            f"chart: {quote}./charts/r{number}{quote}",
            *filter(None, [version]),
            "namespace: n",
        ]
        if choose([True, False]):
            random_numbers.shuffle(parts)
        if choose([True, False, False]):
            lines.append(
                f"{deep}- {{ {choose([', ', ' , ', ','] if quote else [', ', ' , ']).join(parts)} }}{comment()}"
            )
        else:
            gap = choose([" ", "   "])
            lines += [f"{deep}-{gap}{parts[0]}{comment()}"]
            lines += [f"{deep} {gap}{part}{comment()}" for part in parts[1:]]
        lines += choose([[], [""], [f"{deep}# between"]])
    lines += choose([[], ["groups: {all: [r0]}"], ["---" if False else "# the end"]])
    return choose(["", "\ufeff"]) + choose(["\n", "\r\n"]).join(lines) + choose(["", "\n"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_any_style_of_file_keeps_every_other_byte(seed: int) -> None:
    text = _generated(random.Random(seed))
    data = load(text.removeprefix("\ufeff"))
    name = random.Random(seed).choice(data["releases"])["name"]
    new, (edit,) = with_versions(text, {name: "9.8.7"})
    (start, end) = _differing(text, new)
    written = new[start : len(new) - (len(text) - end)] if end >= start else new
    assert new.replace("9.8.7", "") != new
    assert len(written) <= len("\r\n        version: 9.8.7") + 2
    expected = [{**entry, "version": "9.8.7"} if entry["name"] == name else entry for entry in data["releases"]]
    assert load(new.removeprefix("\ufeff")) == {**data, "releases": expected}
    back = edit.before
    if back:
        assert with_versions(new, {name: back})[0] == text


def _differing(one: str, other: str) -> tuple[int, int]:
    """The first and, from the end, the last place where two texts differ, in positions of ``one``."""
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    end = len(one)
    while (
        end > start
        and one[end - 1] == other[end - 1 + len(other) - len(one)]
        and end - 1 + len(other) - len(one) >= start
    ):
        end -= 1
    return start, end
