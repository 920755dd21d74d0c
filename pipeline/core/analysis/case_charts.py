"""Small charts and values files for the cases of rules: what a rule's page shows is what its test runs."""

from typing import Any

from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.charts.values import values_of
from pipeline.core.kube.resource import mapping
from pipeline.core.yaml import reader as yaml_read


def chart(
    version: str, values: str = "", *, files: dict[str, str] | None = None, metadata: str = "", archive: str = ""
) -> Chart:
    """A chart named ``web``: ``values`` is its values.yaml, ``metadata`` Chart.yaml beyond name and version."""
    everything = {"values.yaml": values, **(files or {})}
    schema = everything.get("values.schema.json")
    return Chart(
        name="web",
        version=version,
        digest="",
        metadata={"name": "web", "version": version, **mapping(yaml_read.load(metadata))},
        defaults=values_of(values),
        schema=mapping(yaml_read.load(schema)) if schema else None,
        files=everything,
        names=frozenset(everything),
        archive=archive,
    )


def layer(text: str, file: str = "values/web/common.yaml") -> ValuesLayer:
    return ValuesLayer(file, text, values_of(text))


def sides(before: Chart, after: Chart, own: str = "") -> dict[str, Any]:
    """The ``sides`` of a case: both charts, rendered with the same values of ours."""
    values = (layer(own),) if own else ()
    return {"before": {"chart": before, "values": values}, "after": {"chart": after, "values": values}}
