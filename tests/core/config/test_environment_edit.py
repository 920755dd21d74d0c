"""A release gets a version of its own in one environment, and nothing else changes."""

import pytest

from pipeline.core.config.read import read
from pipeline.core.config.version_edit import with_versions
from pipeline.core.errors import UsageError

HEAD = "environments: {staging: {}, prod: {}}\n"


def changed(text: str, **versions: str) -> str:
    new, _ = with_versions(text, {name.replace("__", "/"): version for name, version in versions.items()})
    return new


RELEASE = "releases:\n  - name: web # the shop\n    chart: ./web\n    version: 1.0.0\n    namespace: web\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "    environments: {staging: {version: 2.0.0}, prod: {}}\n"),
        (
            "    environments: [staging, prod]  # both\n",
            "    environments: {staging: {version: 2.0.0}, prod: {}}  # both\n",
        ),
        ("    environments: [staging]\n", "    environments: {staging: {version: 2.0.0}}\n"),
        (
            "    environments:\n      - prod  # last\n      - 'staging' # first\n",
            "    environments:\n      prod: {}  # last\n      'staging': {version: 2.0.0} # first\n",
        ),
        (
            "    environments:\r\n    - staging\r\n    - prod\r\n",
            "    environments:\r\n      staging: {version: 2.0.0}\r\n      prod: {}\r\n",
        ),
        (
            "    environments:\n      staging: {version: '1.1.0'} # old\n      prod: {}\n",
            "    environments:\n      staging: {version: '2.0.0'} # old\n      prod: {}\n",
        ),
        (
            "    environments:\n      staging: # empty\n      prod: {}\n",
            "    environments:\n      staging: {version: 2.0.0} # empty\n      prod: {}\n",
        ),
        ("    environments: {staging: null, prod: ~}\n", "    environments: {staging: {version: 2.0.0}, prod: ~}\n"),
        ("    environments: {staging: {}}\n", "    environments: {staging: {version: 2.0.0}}\n"),
        (
            "    environments:\n      staging:\n        namespace: web2 # own\n",
            "    environments:\n      staging:\n        version: 2.0.0\n        namespace: web2 # own\n",
        ),
        (
            "    environments: {staging: {namespace: web2}}\n",
            "    environments: {staging: {version: 2.0.0, namespace: web2}}\n",
        ),
    ],
)
def test_only_that_version_changes(before: str, after: str) -> None:
    new, edits = with_versions(HEAD + RELEASE + before, {"staging/web": "2.0.0"})
    assert new == HEAD + RELEASE + after
    assert edits[0].release == "staging/web"
    (release,) = read(new).releases
    assert release.within("staging").version == "2.0.0"
    assert release.within("prod").version == "1.0.0"


def test_a_release_in_a_flow_map() -> None:
    text = HEAD + "releases: [{name: web, chart: ./web, namespace: web}, {name: b, chart: ./b, namespace: b}]\n"
    new = changed(text, prod__web="1.0.0")
    assert "namespace: web, environments: {staging: {}, prod: {version: 1.0.0}}}, {name: b" in new


def test_several_environments_and_the_common_version_at_once() -> None:
    for more in ("", "    environments: [staging, prod]\n"):
        new = changed(HEAD + RELEASE + more, web="3.0.0", staging__web="4.0.0", prod__web="5.0.0")
        (release,) = read(new).releases
        assert [release.version, release.within("staging").version, release.within("prod").version] == [
            "3.0.0",
            "4.0.0",
            "5.0.0",
        ]
    assert with_versions(new, {"prod/web": "5.0.0"}) == (new, ())


def test_an_environment_that_is_the_only_one() -> None:
    assert "environments: {default: {version: 2.0.0}}" in changed(RELEASE, default__web="2.0.0")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("    environments: [prod]\n", "does not run in staging"),
        ("    environments: {prod: {}}\n", "does not run in staging"),
        ("    environments: *all\n", "is an alias|are an alias"),
        ("    environments: {staging: *one, prod: {}}\n", "is an alias"),
        ("    environments:\n      staging:\n        version: |-\n          1.0.0\n", "on several lines"),
    ],
)
def test_what_cannot_be_edited_is_refused(more: str, why: str) -> None:
    text = "x: {a: &all {staging: {}}, b: &one {version: 1.0.0}}\n" + HEAD + RELEASE + more
    with pytest.raises(UsageError, match=why):
        with_versions(text, {"staging/web": "2.0.0"})
