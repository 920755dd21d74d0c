"""What Helm and Kustomize report about a render, with every value of a Secret removed.

Which values are secret is known from the Secrets that were rendered before or just now, from those in the overlay, and
from values of ours under keys that sound secret. Where a render fails, nothing is known of the others: then each of
our values is suspect unless it is a common word or appears in the chart; and of what templates say, only what is
plainly no piece of one is shown.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.suspects import public_words, suspects, suspects_in_text, without_short
from pipeline.core.redaction.withheld import withheld
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
            mask.hidden(layer.secrets)
        folders = (of(job.environment.name, job.release.name) for of in (folder_of, hooks_of))
        files = (pair for folder in folders for pair in world.files.tree(folder).items())
        secrets = [data for path, data in files if "/secret-" in path]
        for data in (*secrets, *(job.overlay.by_path.values() if job.overlay else ())):
            _learn(mask, data.decode(errors="replace"))
    for manifests in made:
        mask.manifests(manifests)
    return mask


def failing(
    jobs: Sequence[Job], world: RenderPorts, made: Iterable[ManifestSet] = (), *, by_templates: bool = False
) -> Callable[[str], str]:
    """What makes the message of a failed render of ``jobs`` safe; ``by_templates``: the chart may have written it."""
    mask = knowing(jobs, world, made)
    suspected: dict[str, None] = {}
    known: set[str] = set()
    for job in jobs:
        public = public_of(job, world)
        known |= public
        for layer in job.layers:
            suspected |= dict.fromkeys(suspects(layer.data, public))
        for data in job.overlay.by_path.values() if job.overlay else ():
            suspected |= dict.fromkeys(suspects_in_text(data.decode(errors="replace"), public))
    mask.hidden(suspected)
    return _safe(mask, suspected, known if by_templates else None)


def failing_chart(chart: Chart, layers: Sequence[ValuesLayer], names: Iterable[str]) -> Callable[[str], str]:
    """The same for a chart without a repository; ``names`` are the release's, which the message may hold."""
    mask, suspected = Mask(), dict[str, None]()
    files = (*chart.names, *(layer.file for layer in layers))
    public = _words(chart.files, (chart.name, chart.version, *names, *files))
    for layer in layers:
        mask.values(layer.data)
        suspected |= dict.fromkeys(suspects(layer.data, public))
    mask.hidden(suspected)
    return _safe(mask, suspected, public)


def _safe(mask: Mask, suspected: Iterable[str], public: Iterable[str] | None) -> Callable[[str], str]:
    def safe(text: str) -> str:
        shown = without_short(mask.text(text), suspected)
        return shown if public is None else withheld(shown, public, suspected)

    return safe


def warning(mask: Mask, text: str) -> str:
    """One of Helm's, which quotes values where a table and something else meet."""
    return mask.text(_QUOTED_VALUE.sub(r"\1", text)).replace(": warning: ", ": ", 1)


def public_of(job: Job, world: RenderPorts) -> frozenset[str]:
    """The words that the chart and the names of the job make known."""
    tree = world.files.tree(job.chart.folder)
    texts = {path: data.decode(errors="replace") for path, data in tree.items() if not path.endswith(".tgz")}
    names = (job.chart.name, job.chart.version, job.release.name, job.release.namespace, job.environment.name)
    return _words(texts, (*names, *tree, *(layer.file for layer in job.layers)))


def _words(files: Mapping[str, str], names: Iterable[str]) -> frozenset[str]:
    others = (text for path, text in files.items() if not path.endswith(_DEFAULTS))
    return public_words((*others, *names), (text for path, text in files.items() if path.endswith(_DEFAULTS)))


def _learn(mask: Mask, text: str) -> None:
    mask.assigned(text)
    try:
        mask.manifests(parse(text, namespace=""))
    except YamlError:  # a patch, a script, or a mistake
        return
