"""What Helm and Kustomize say about a render, in words that may be shown: no value of a Secret is left in them.

Which values are secret is known from the Secrets that were rendered before or just now, from those in the overlay, and
from values of ours under keys that sound secret: the first render of a release may fail as well.
"""

import re
from collections.abc import Iterable, Sequence

from pipeline.core.kube.resource import ManifestSet
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.manifests import parse
from pipeline.core.render.rendered_tree import folder_of
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.jobs import Job, RenderPorts

# "cannot overwrite table with non table for web.auth (map[user:…])", "Ignoring non-table value (…)" (Helm).
_QUOTED_VALUE = re.compile(r"(non[- ]table (?:value|for \S+)) \(.*\)", re.DOTALL)


def knowing(jobs: Sequence[Job], world: RenderPorts, made: Iterable[ManifestSet] = ()) -> Mask:
    """A mask that knows the secrets of ``jobs``; ``made`` is what they render to, as far as they do."""
    mask = Mask()
    for job in jobs:
        for layer in job.layers:
            mask.values(layer.data)
        folder = world.files.tree(folder_of(job.environment.name, job.release.name))
        secrets = [data for path, data in folder.items() if "/secret-" in path]
        for data in (*secrets, *(job.overlay.files.values() if job.overlay else ())):
            _learn(mask, data.decode(errors="replace"))
    for manifests in made:
        mask.manifests(manifests)
    return mask


def warning(mask: Mask, text: str) -> str:
    """One of Helm's, which quotes values where a table and something else meet."""
    return mask.text(_QUOTED_VALUE.sub(r"\1", text)).replace(": warning: ", ": ", 1)


def _learn(mask: Mask, text: str) -> None:
    mask.assigned(text)
    try:
        mask.manifests(parse(text, namespace=""))
    except YamlError:  # a patch, a script, or a mistake
        return
