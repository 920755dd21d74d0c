"""A release is added to the text of pipeline.yaml."""

import pytest

from pipeline.core.config.release_edit import with_release
from pipeline.core.errors import UsageError
from pipeline.core.yaml.reader import load

ENTRY = {"name": "new", "chart": "./charts/new", "version": "1.10", "namespace": "on"}
LINES = '- name: new\n  chart: ./charts/new\n  version: "1.10"\n  namespace: "on"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("releases: []\n", "releases:\n  " + LINES.replace("\n", "\n  ").rstrip(" ")),
        ("releases: [] # none yet\npolicy: {}\n", None),
        (
            "releases:\n- name: a\n  chart: ./a\n  namespace: a\n",
            f"releases:\n- name: a\n  chart: ./a\n  namespace: a\n{LINES}",
        ),
        (
            "releases:\n  - {name: a, chart: ./a, namespace: a}  # ours\n\n# the policy\npolicy: {failOn: high}\n",
            "releases:\n  - {name: a, chart: ./a, namespace: a}  # ours\n  "
            + LINES.replace("\n", "\n  ").rstrip(" ")
            + "\n# the policy\npolicy: {failOn: high}\n",
        ),
        ("releases:\r\n- name: a\r\n  chart: ./a\r\n  namespace: a", None),
        ("releases: [{name: a, chart: ./a, namespace: a}]\n", None),
        (
            "releases:\n- name: a\n  chart: ./a\n  namespace: a\n  values:\n  - x.yaml\n  # more to come\ngroups: {}\n",
            None,
        ),
        ("releases:\n- name: a\n  chart: ./a\n  namespace: &n a\n- {name: b, chart: ./b, namespace: *n}\n", None),
        ("groups: {x: [&n a]}\nreleases:\n- chart: ./a\n  name: *n\n  namespace: *n  # twice\n", None),
    ],
)
def test_its_lines_come_last_and_nothing_else_changes(before: str, after: str | None) -> None:
    new = with_release(before, ENTRY)
    assert after is None or new == after
    data = load(before)
    assert load(new) == {**data, "releases": [*data["releases"], ENTRY]}
    assert ("\r\n" in before) == ("\r\n" in new)
    if before != "releases: []\n" and not before.startswith("releases: [] #"):
        rest = iter(new)
        assert all(character in rest for character in before), "every character of the old text, in its order"


def test_a_name_that_is_taken() -> None:
    with pytest.raises(UsageError, match="already has a release 'a'"):
        with_release("releases: [{name: a, chart: ./a, namespace: a}]", {**ENTRY, "name": "a"})
