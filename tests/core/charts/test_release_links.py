"""Links of a Chart.yaml to what its publisher says of a version."""

import pytest

from pipeline.core.charts.release_links import is_plain, release_links

LINKS = "artifacthub.io/links"
CHANGES = "artifacthub.io/changes"


def test_release_notes_come_first_and_each_address_once() -> None:
    metadata = {
        "home": "https://vault.example.org",
        "sources": [
            "https://github.com/o/vault-helm.git",
            "https://gitlab.com/o/r/tree/main",
            "https://github.com/o/vault-helm",
        ],
        "annotations": {
            LINKS: "- {name: Changelog, url: 'https://vault.example.org/CHANGELOG.md'}\n- {name: Docs, url: 'https://d.example'}\n",
            CHANGES: "- {kind: fixed, description: quoted, links: [{name: Upgrade guide, url: 'https://vault.example.org/guide'}]}\n",
        },
    }
    assert [(link.name, link.url) for link in release_links(metadata)] == [
        ("release notes", "https://github.com/o/vault-helm/releases"),
        ("release notes", "https://gitlab.com/o/r/-/releases"),
        ("changelog", "https://vault.example.org/CHANGELOG.md"),
        ("upgrade notes", "https://vault.example.org/guide"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//releases",
        "http://user:secret@example.org/releases",
        "https://example.org/releases)](https://evil.example",
        "https://example.org/releases\n::set-output",
        "https://example.org/releases>",
        'https://example.org/releases" onclick="x',
        "https:///releases",
        "file:///etc/changelog",
        "https://example.org/releases/" + "a" * 400,
        "HTTPS://example.org/`releases`",
    ],
)
def test_an_address_that_is_more_than_an_address_is_left_out(url: str) -> None:
    assert not is_plain(url)
    assert (
        release_links({"sources": [url], "annotations": {LINKS: repr([{"name": "release notes", "url": url}])}}) == ()
    )


@pytest.mark.parametrize("odd", [None, 3, "text", ["a"], {"url": 1}, "{{", "- a\n- [b]", "- {links: 3}"])
def test_odd_metadata_has_no_links(odd: object) -> None:
    assert release_links({"home": odd, "sources": odd, "annotations": {LINKS: odd, CHANGES: odd}}) == ()
    assert release_links({"annotations": odd}) == ()
