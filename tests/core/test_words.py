import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.words import (
    agreeing,
    article,
    command,
    counted,
    deletion,
    kubectl,
    left_over,
    listed,
    noun_for,
    one_per_line,
    plural,
)

HOSTILE = ["$(touch x)", "a; rm -rf ~", "a b", "`id`", "it's", "-n", "x\ny", "a|b", "\x1b[2J"]


def test_plurals_of_kinds_and_words() -> None:
    kinds = ("Service", "Ingress", "NetworkPolicy", "Endpoints", "Gateway", "StorageClass", "Proxy", "value of web")
    assert [plural(kind) for kind in kinds] == [
        "Services",
        "Ingresses",
        "NetworkPolicies",
        "Endpoints",
        "Gateways",
        "StorageClasses",
        "Proxies",
        "values of web",
    ]


def test_one_is_singular_and_none_is_plural() -> None:
    assert [counted(number, "thing") for number in (0, 1, 2)] == ["0 things", "1 thing", "2 things"]
    assert [agreeing(number, word) for number in (1, 2) for word in ("is", "fits")] == ["is", "fits", "are", "fit"]


def test_a_list_names_some_and_counts_the_rest() -> None:
    assert listed([]) == ""
    assert listed("abcd") == "a, b, c, d"
    assert listed("abcde") == "a, b, c, d and 1 more"
    assert listed("abcde", 4, noun="path") == "a, b, c, d and 1 more path"
    assert listed("abcde", 2, between="; ", noun="path") == "a; b and 3 more paths"


def test_lines_name_some_and_count_the_rest() -> None:
    assert one_per_line("ab", 2, noun="file") == ["a", "b"]
    assert one_per_line("abc", 2, noun="file") == ["a", "b", "and 1 more file"]
    assert one_per_line("abcd", 2) == ["a", "b", "and 2 more"]


def test_what_is_left_over_of_a_list_is_counted_and_nothing_is_said_where_nothing_is() -> None:
    said = [left_over(number, "path") for number in (-3, 0, 1, 2)]
    assert said == ["", "", "and 1 more path", "and 2 more paths"]
    assert [noun_for(number, "key") for number in (1, 2)] == ["key", "keys"]


def test_an_article_goes_by_the_word() -> None:
    assert [article(word) for word in ("Job", "Ingress", "user", "")] == ["a Job", "an Ingress", "a user", ""]


@pytest.mark.slow
@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_command_is_read_by_a_shell_as_it_was_meant(words: list[str]) -> None:
    assert shlex.split(command(*words)) == words


def test_a_namespace_is_named_where_there_is_one() -> None:
    assert kubectl("delete", "job", "a", namespace="shop") == "kubectl delete job a -n shop"
    assert kubectl("delete", "crd", "a b") == "kubectl delete crd 'a b'"


def test_no_name_is_taken_for_a_flag() -> None:
    assert deletion("Job", "--all", namespace="shop") == "kubectl delete job/--all -n shop"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_word(name: str) -> None:
    assert shlex.split(command("pipeline", "apply", name)) == ["pipeline", "apply", name]
    assert shlex.split(kubectl("get", f"job/{name}", namespace=name)) == ["kubectl", "get", f"job/{name}", "-n", name]
