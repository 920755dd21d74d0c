"""The CRDs in the crds/ folders of a chart and its dependencies, whether or not they are rendered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.charts.chart import Chart
from pipeline.core.kube.resource import Body
from pipeline.core.render.manifests import documents
from pipeline.core.yaml.reader import YamlError, load

_FOLDER = re.compile(r"(?:charts/[^/]+/)*crds/.+\.(?:ya?ml|json)")
_NAME = re.compile(r"[\s{,][\"']?name[\"']?:\s*[\"']?([a-z0-9-]+\.[a-z0-9.-]+)")


@dataclass(frozen=True, slots=True)
class Shipped:
    """One document of a crds/ folder. Only its name is read until somebody asks for more: CRDs are large."""

    name: str
    file: str
    text: str

    def body(self) -> Body:
        """The CRD; empty where it is not valid YAML."""
        try:
            document = load(self.text)
        except YamlError:
            return {}
        return document if isinstance(document, dict) else {}


def shipped(chart: Chart) -> Mapping[str, Shipped]:
    """By the CRDs' names, which are ``<plural>.<group>``."""
    texts: dict[str, Shipped] = {}
    for file, text in sorted(chart.files.items()):
        if _FOLDER.fullmatch(file):
            for _, document in documents(text):
                name = _NAME.search(document)
                if name is not None and "CustomResourceDefinition" in document:
                    texts[name[1]] = Shipped(name[1], file, document)
    return texts
