"""The line of each release in pipeline.yaml, so that a finding can be shown beside the line that was changed."""

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.positions import mark
from pipeline.core.yaml.reader import YamlError, load


def release_lines(text: str) -> dict[str, int]:
    """The line of each release's ``version`` (or of its entry), counted from 1; empty for a broken text."""
    try:
        entries = sequence(mapping(load(text)).get("releases"))
    except YamlError:
        return {}
    lines = {}
    for index, entry in enumerate(entries):
        name = mapping(entry).get("name")
        if isinstance(name, str):
            lines[name] = mark(text, ("releases", index, "version")).line
    return lines
