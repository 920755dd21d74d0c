"""The gate: whatever passes stays below its folder; whatever leads out is refused with its own text."""

import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.charts.stored_names import original, renamed, stored
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError, collision, is_git

PIECES = [
    "..",
    ".",
    "",
    "a",
    ".git",
    "C:",
    "\\",
    "\0",
    "é",
    "x" * 300,
    "git~1",
    " ",
    "..a",
    "%2E",
    "/",
    "\ud800",
    "..\\",
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "a//b",
        "a/",
        "./a",
        "C:/x",
        "c:x",
        "a\\b",
        "a\0b",
        "a\nb",
        ".git/config",
        "a/.git/hooks/post-checkout",
        ".GIT",
        ".git ",
        ".git.",
        "GIT~1/config",
        ".git::$INDEX_ALLOCATION/x",
        ".g\u200cit/config",
        "x" * 256,
        "a/" * 1100 + "b",
        "\ud800",
        "a\x9bb",
        "..\\..\\x",
    ],
)
def test_what_leads_out_is_refused(text: str) -> None:
    with pytest.raises(UnsafePathError, match=r"\Athing: "):
        SafePath(text, "thing")


@pytest.mark.parametrize(
    "text", ["a", "a/b.yaml", "...", "..a", "a..", ".helmignore", ".gitignore", "a b", "é/ü.yaml", "git", "gitops/x"]
)
def test_what_stays_inside_is_itself(text: str) -> None:
    assert SafePath(text) == text


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a/b", "../a", "a\\b", ".git", ".hidden", "-x", "a\nb", "ä", "a b", "x" * 256]
)
def test_a_name_is_one_ordinary_component(text: str) -> None:
    with pytest.raises(UnsafePathError):
        SafeName(text)


def test_no_part_of_a_path_can_undo_another() -> None:
    assert SafePath.of("charts", "web") == "charts/web"
    for part in ("..", "../charts", "", "/x", "a/../.."):
        with pytest.raises(UnsafePathError):
            SafePath.of("charts", part)


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(UnsafePathError) as caught:
        SafePath("../" * 50_000)
    assert len(str(caught.value)) < 400


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("/".join) | st.text(max_size=30))
def test_nothing_that_passes_leaves_its_folder(text: str) -> None:
    try:
        path = SafePath(text)
    except UnsafePathError:
        return
    assert os.path.normpath(f"/root/below/{path}") == f"/root/below/{path}"
    assert not PurePosixPath(path).is_absolute()
    assert not any(is_git(part) for part in path.split("/"))
    os.fsencode(path)


@given(
    st.lists(st.sampled_from([".", "%", "%2E", "%25", "a", ".helmignore", "2E", "%2", "b.c"]), min_size=1, max_size=5)
)
def test_stored_names_have_an_exact_inverse(parts: list[str]) -> None:
    path = "/".join(parts)
    assert original(stored(path)) == path
    assert not any(part.startswith(".") for part in stored(path).split("/"))


def test_what_is_renamed_is_said_once() -> None:
    paths = [".helmignore", "charts/sub/.github/a.yaml", "charts/sub/.github/b.yaml", "templates/x.yaml"]
    assert renamed(paths) == (".helmignore", "charts/sub/.github/")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("templates/a.yaml", "templates/A.yaml", "differ only by case"),
        ("templates/deployment.yaml", "templates/depl\u043eyment.yaml", "look alike"),
        ("templates/secret.yaml", "templates/sec\u200bret.yaml", "look alike"),
        ("caf\u00e9.yaml", "cafe\u0301.yaml", "are one name in two spellings"),
        ("values.yaml", "\uff56alues.yaml", "look alike"),
        ("\u0440\u0430\u0443/x", "pay/y", "look alike"),
        ("a.yaml", "\U0001d41a.yaml", "look alike"),
        ("templates/\u03bfne.yaml", "templates/one.yaml", "look alike"),
    ],
)
def test_two_names_that_a_reader_takes_for_one_collide(one: str, other: str, words: str) -> None:
    assert words in collision([one, other])
    assert words in collision([other, one])


def test_names_in_other_alphabets_are_no_collision() -> None:
    assert not collision(
        ["\u0434\u043e\u043c.yaml", "\u043a\u043e\u0442.yaml", "stra\u00dfe.yaml", "\u6771\u4eac.yaml", "dom.yaml"]
    )
