"""Paths: text, JSON and patterns."""

from pipeline.core.kube.path import Entry, from_json, matches, to_json, to_text

PORT = ("spec", "ports", Entry.of(port=80, protocol="TCP"), "name")


def test_text_names_list_entries_by_key_and_quotes_dotted_keys() -> None:
    assert to_text(PORT) == "spec.ports[port=80,protocol=TCP].name"
    assert to_text(("metadata", "labels", "a.b/c")) == 'metadata.labels["a.b/c"]'


def test_json_round_trips() -> None:
    assert from_json(to_json(PORT)) == PORT


def test_a_pattern_covers_what_lies_below_it() -> None:
    assert matches(PORT, ("spec", "ports", "*"))
    assert not matches(PORT[:2], ("spec", "ports", "*"))
