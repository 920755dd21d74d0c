"""An overlay without one of its rules, each in turn: how to find the rule at which Kustomize stumbles.

Kustomize names objects and paths in what it says, and no file and line of the kustomization.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.core.kube.resource import sequence
from pipeline.core.render.overlay import FOLDER, Overlay
from pipeline.core.render.overlay_references import kustomizations_built
from pipeline.core.yaml.positions import Steps, mark
from pipeline.core.yaml.reader import YamlError, load

_RULES = {
    "patchesStrategicMerge": "this patch",
    "patches": "this patch",
    "patchesJson6902": "this patch",
    "replacements": "this replacement",
    "replicas": "these replicas",
    "configMapGenerator": "this generator",
    "secretGenerator": "this generator",
    "generators": "this generator",
    "images": "this image",
    "labels": "this label",
    "transformers": "this transformer",
    "vars": "this variable",
}


@dataclass(frozen=True, slots=True)
class WithoutRule:
    """``overlay`` lacks the rule at ``steps`` of the kustomization ``file`` (below ``overlays/``), a ``kind`` of it."""

    overlay: Overlay
    file: str
    steps: Steps
    kind: str

    def place(self, whole: Overlay) -> str:
        """``overlays/web/kustomization.yaml:3``."""
        text = whole.by_path[self.file].decode(errors="replace")
        return f"{FOLDER}/{self.file}:{mark(text, self.steps).line}"


def without_each(overlay: Overlay) -> Iterator[WithoutRule]:
    """Once for each rule of each kustomization that is built."""
    for file in kustomizations_built(overlay):
        try:
            body = load(overlay.by_path[file].decode())
        except (YamlError, UnicodeDecodeError):
            continue
        if not isinstance(body, dict):
            continue
        for key, kind in _RULES.items():
            entries = sequence(body.get(key))
            for number in range(len(entries)):
                rest = body | {key: [entry for n, entry in enumerate(entries) if n != number]}
                yield WithoutRule(_with_file(overlay, file, json.dumps(rest).encode()), file, (key, number), kind)


def _with_file(overlay: Overlay, file: str, data: bytes) -> Overlay:
    own = file.removeprefix(f"{overlay.release}/")
    if own == file:
        return replace(overlay, shared={**overlay.shared, file: data})
    return replace(overlay, files={**overlay.files, own: data})
