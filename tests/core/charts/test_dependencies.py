"""Which chart in charts/ Helm takes for which declaration, and where that is not certain."""

import pytest

from pipeline.core.charts.dependencies import (
    DeclaredDependency,
    PresentChart,
    charts_inside,
    conditions,
    contradiction,
    declared,
    is_packed,
    locked_versions,
    missing,
)
from pipeline.core.yaml.reader import load


def rows(text: str) -> tuple[DeclaredDependency, ...]:
    return declared({"dependencies": load(text)}, {})


def present(*charts: str) -> tuple[PresentChart, ...]:
    parts = [text.split("@") for text in charts]
    return tuple(PresentChart(f"charts/{n}", name, version, str(n)) for n, (name, version) in enumerate(parts))


@pytest.mark.parametrize(
    ("declares", "holds", "words"),
    [
        ("[{name: q, version: 2.0.0}]", ["q@1.0.0"], "declares q 2.0.0, but charts/ holds q 1.0.0 (charts/0)"),
        ("[{name: q, version: ^1}]", ["q@1.0.0", "q@1.1.0"], "holds q 1.0.0 (charts/0) and q 1.1.0 (charts/1): Helm"),
        ("[{name: q, version: ^1}]", ["q@1.0.0", "q@1.0.0"], "Helm takes either, by chance"),
        ("[{name: q, version: 1.0.0}]", ["q@1.0.0", "q@2.0.0"], "Helm mixes their files under one name"),
        ("[]", ["q@1.0.0", "q@2.0.0"], "Helm mixes their files under one name"),
        ("[{name: q, version: ^1, alias: a}, {name: q, version: 1.0.0, alias: b}]", ["q@1.0.0", "q@1.1.0"], "either"),
        ("[{name: q, version: '>=0'}]", ["q@0.1.0-alpha"], "declares q >=0, but charts/ holds q 0.1.0-alpha"),
        ("[{name: q, version: 1.0.0}]", ["q@1.0.0"], ""),
        ("[{name: q, version: 1.0.0, alias: a}, {name: q, version: 2.0.0, alias: b}]", ["q@1.0.0", "q@2.0.0"], ""),
        ("[{name: q, version: 1.0.0, alias: a}, {name: q, version: 1.0.0, alias: b}]", ["q@1.0.0"], ""),
        ("[{name: q, version: 1.0.0, alias: a}]", ["q@1.0.0", "q@2.0.0"], ""),
        ("[]", ["q@1.0.0", "r@2.0.0"], ""),
        ("[{name: q}]", ["q@1.0.0"], ""),
    ],
)
def test_charts_that_contradict_what_is_declared_are_named_both(declares: str, holds: list[str], words: str) -> None:
    said = contradiction(rows(declares), present(*holds), {}, "web 1.0.0")
    assert words in said if words else not said


def test_a_chart_that_the_lock_does_not_name_is_stale() -> None:
    said = contradiction(rows("[{name: q, version: ^1}]"), present("q@1.0.0"), {"q": "1.1.0"}, "web")
    assert said == "web: its lock has q 1.1.0, but charts/ holds q 1.0.0 (charts/0)"


@pytest.mark.parametrize(
    ("declares", "holds", "absent"),
    [
        ("[{name: q, version: 1.0.0}]", [], ["q 1.0.0"]),
        ("[{name: q, version: 2.0.0}]", ["q@1.0.0"], []),
        ("[{name: q, version: 1.0.0, alias: a}, {name: q, version: 2.0.0}]", ["q@1.0.0"], ["q 2.0.0"]),
    ],
)
def test_only_what_charts_does_not_hold_is_missing(declares: str, holds: list[str], absent: list[str]) -> None:
    assert [str(row) for row in missing(rows(declares), present(*holds))] == absent


def test_an_entry_of_requirements_keeps_what_the_one_at_its_place_in_chart_yaml_has() -> None:
    """As `helm dependency list` and renders of Helm 4.1.4 have it."""
    own = [{"name": "db", "version": "1.0.0", "condition": "db.on", "alias": "store"}, {"name": "gone", "tags": ["a"]}]
    (web,) = declared({"dependencies": own}, {"dependencies": [{"name": "web"}]})
    assert (web.name, web.version, web.alias, web.row["condition"]) == ("web", "1.0.0", "store", "db.on")
    second = declared({"dependencies": own}, {"dependencies": [None, {"name": "web", "tags": []}, {"name": "more"}]})
    assert [(one.name, one.row.get("tags")) for one in second] == [("web", []), ("more", None)]


def test_requirements_replace_what_chart_yaml_declares() -> None:
    found = declared({"dependencies": [{"name": "a"}]}, {"dependencies": [{"name": "b"}]})
    assert [row.name for row in found] == ["b"]
    assert [row.name for row in declared({"dependencies": [{"name": "a"}]}, {})] == ["a"]


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("[{name: q, version: 1.0.0}, {name: q, version: 2.0.0}, {name: r, version: 1.0.0}]", ""),
        ("[{name: q, version: 2.0.0}, {name: q, version: 1.0.0}, {name: r, version: 1.0.0}]", "has q 2.0.0, and"),
        ("[{name: q, version: 1.0.0}, {name: q, version: 2.0.0}]", "has no r, which the chart declares"),
        (
            "[{name: q, version: 1.0.0}, {name: q, version: 2.0.0}, {name: r, version: 1.0.0}, {name: s, version: 1}]",
            "has s, which the chart does not declare",
        ),
        ("[]", ""),
    ],
)
def test_a_lock_is_held_against_what_is_declared(lock: str, words: str) -> None:
    of = rows("[{name: q, version: ~1.0, alias: a}, {name: q, version: 2.x, alias: b}, {name: r, version: '1'}]")
    found, said = locked_versions(of, {"dependencies": load(lock)}, "web")
    assert words in said if words else not said
    assert found == ({"a": "1.0.0", "b": "2.0.0", "r": "1.0.0"} if lock != "[]" and not words else {})


def test_only_what_helm_unpacks_is_a_packed_chart() -> None:
    assert is_packed("charts/a-1.0.0.tgz")
    assert is_packed("charts/a/charts/b.tgz")
    others = ["charts/_a.tgz", "charts/.a.tgz", "files/charts/a.tgz", "charts/a/x.tgz", "charts/a.tar.gz"]
    assert not [path for path in (*others, "a.tgz", "charts/_a/charts/b.tgz") if is_packed(path)]


def test_the_charts_inside_are_found_at_every_depth() -> None:
    paths = [
        "Chart.yaml",
        "charts/a/Chart.yaml",
        "charts/a/charts/b/x",
        "charts/c.tgz",
        "charts/_d/x",
        "charts/README.md",
    ]
    assert charts_inside(paths) == {"": ("a", "c.tgz"), "charts/a/": ("b",)}


def test_blanks_in_a_condition_count_as_helm_counts_them() -> None:
    assert conditions({"condition": " a.on, b.on,,c"}) == ["a.on", " b.on", "c"]
