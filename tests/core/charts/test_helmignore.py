"""Rules of .helmignore: the cases that Helm's own documentation and Go's filepath.Match decide."""

import pytest

from pipeline.core.charts.helmignore import IgnoreError, parse


@pytest.mark.parametrize(
    ("rule", "path", "ignored"),
    [
        (".env", ".env", True),
        (".env", "conf/.env", True),
        ("*.txt", "a/b.txt", True),
        ("/*.txt", "a.txt", True),
        ("/*.txt", "conf/a.txt", False),
        ("/a/*.txt", "a/b.txt", True),
        ("a/*.txt", "a/b.txt", True),
        ("a/*.txt", "x/a/b.txt", False),
        ("*", "a", True),
        ("?.txt", "a.txt", True),
        ("?.txt", "ab.txt", False),
        ("[a-c].txt", "b.txt", True),
        ("[^a-c].txt", "b.txt", False),
        ("[^a-c].txt", "d.txt", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("conf/", "conf", False),
        ("# a.txt", "a.txt", False),
        ("  a.txt  ", "a.txt", True),
        ("!a.txt", "a.txt", False),
        ("!a.txt", "b.txt", True),
        ("", "templates/.x.yaml", True),
        ("", "charts/sub/templates/.x.yaml", False),
    ],
)
def test_a_rule_ignores_what_helm_ignores(rule: str, path: str, *, ignored: bool) -> None:
    assert parse(rule).ignores(path, is_folder=False) is ignored


def test_a_rule_for_folders_takes_folders_only() -> None:
    assert parse("conf/").ignores("conf", is_folder=True)
    assert not parse("conf/").ignores("conf", is_folder=False)


@pytest.mark.parametrize("rule", ["**", "a/**/b", "[a", "[]a]", "a\\", "[a-]", "[-a]"])
def test_what_helm_refuses_is_refused(rule: str) -> None:
    with pytest.raises(IgnoreError, match=r"\.helmignore:2: "):
        parse(f"# a comment\n{rule}\n")


def test_many_stars_take_linear_time() -> None:
    assert not parse("*a" * 200).ignores("a" * 250 + "b", is_folder=False)
