"""What Helm and Kustomize report about a render, with every value of a Secret removed.

Which values are secret is known from the Secrets that were rendered before or just now, from those in the overlay, and
from values of ours under keys that sound secret. Where a render fails, nothing is known of the others: then each of
our values is suspect unless it is a common word or appears in the chart.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from pipeline.core.kube.resource import ManifestSet
from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.suspects import public_words, suspects, suspects_in_text, without_short
from pipeline.core.render.layout import folder_of, hooks_of
from pipeline.core.render.manifests import parse
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.jobs import Job, RenderPorts

# "cannot overwrite table with non table for web.auth (map[user:…])", "Ignoring non-table value (…)" (Helm).
_QUOTED_VALUE = re.compile(r"(non[- ]table (?:value|for \S+)) \(.*\)", re.DOTALL)
_DEFAULTS = "values.yaml"


def knowing(jobs: Sequence[Job], world: RenderPorts, made: Iterable[ManifestSet] = ()) -> Mask:
    """A mask that knows the secrets of ``jobs``; ``made`` is what they render to, as far as they do."""
    mask = Mask()
    for job in jobs:
        for layer in job.layers:
            mask.values(layer.data)
        folders = (of(job.environment.name, job.release.name) for of in (folder_of, hooks_of))
        files = (pair for folder in folders for pair in world.files.tree(folder).items())
        secrets = [data for path, data in files if "/secret-" in path]
        for data in (*secrets, *(job.overlay.by_path.values() if job.overlay else ())):
            _learn(mask, data.decode(errors="replace"))
    for manifests in made:
        mask.manifests(manifests)
    return mask


def failing(jobs: Sequence[Job], world: RenderPorts, made: Iterable[ManifestSet] = ()) -> Callable[[str], str]:
    """What makes the message of a failed render of ``jobs`` safe."""
    mask = knowing(jobs, world, made)
    found: dict[str, None] = {}
    for job in jobs:
        public = _public(job, world)
        for layer in job.layers:
            found |= dict.fromkeys(suspects(layer.data, public))
        for data in job.overlay.by_path.values() if job.overlay else ():
            found |= dict.fromkeys(suspects_in_text(data.decode(errors="replace"), public))
    mask.hidden(found)
    return lambda text: without_short(mask.text(text), found)


def warning(mask: Mask, text: str) -> str:
    """One of Helm's, which quotes values where a table and something else meet."""
    return mask.text(_QUOTED_VALUE.sub(r"\1", text)).replace(": warning: ", ": ", 1)


def _public(job: Job, world: RenderPorts) -> frozenset[str]:
    tree = world.files.tree(job.chart.folder)
    texts = {path: data.decode(errors="replace") for path, data in tree.items() if not path.endswith(".tgz")}
    names = (job.chart.name, job.chart.version, job.release.name, job.release.namespace, job.environment.name)
    files = (*tree, *(layer.file for layer in job.layers))
    others = (text for path, text in texts.items() if not path.endswith(_DEFAULTS))
    return public_words((*others, *names, *files), (t for path, t in texts.items() if path.endswith(_DEFAULTS)))


def _learn(mask: Mask, text: str) -> None:
    mask.assigned(text)
    try:
        mask.manifests(parse(text, namespace=""))
    except YamlError:  # a patch, a script, or a mistake
        return
