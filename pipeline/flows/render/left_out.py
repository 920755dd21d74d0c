"""Secrets that the rendered tree omits or encrypts: what is still written, and what is recorded about them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.config.model import Config
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import holds_data, is_secret
from pipeline.core.redaction.copies import copies_of
from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.suspects import suspects
from pipeline.core.render.notes import Notes
from pipeline.core.words import listed
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.safe_messages import public_of

_WAY_OUT = "set secrets: {rendered: sops} (or omit) in pipeline.yaml, for all releases or for this one"
_WAY_OUT_OF_COPIES = "let the chart take it from a Secret, or set secrets: {copies: allow} in pipeline.yaml"


def kept(manifests: ManifestSet, setting: str) -> Iterable[Resource]:
    """With ``secrets.rendered: omit``, Secrets that hold data are left to whoever creates them in the cluster."""
    return (r for r in manifests.resources if setting != "omit" or not holds_data(r))


def noted(notes: Notes, manifests: ManifestSet, layers: Sequence[ValuesLayer], setting: str) -> Notes:
    """With the places of copies, of Secrets whose values no one can read in the rendered tree."""
    if setting not in ("omit", "sops"):
        return notes
    return replace(notes, copies=copies_of(manifests, [layer.data for layer in layers]))


def left_out_secrets(manifests: ManifestSet, setting: str) -> Iterator[str]:
    """The Secrets that somebody else has to create, as ``secrets.rendered: omit`` wants it."""
    names = [str(resource.id) for resource in manifests.resources if holds_data(resource)]
    if names and setting == "omit":
        yield f"left out of the tree (secrets.rendered: omit), so create them in the cluster: {listed(names)}"


def refuse_in_the_open(job: Job, manifests: ManifestSet, config: Config, world: RenderPorts) -> None:
    """What was encrypted in the values files is not written in plain text, unless pipeline.yaml allows it.

    Raises:
        WorldError: it would be, in a Secret or in another object; each is named, no value is.
    """
    files = [layer.file for layer in job.layers if layer.secrets]
    if not files:
        return
    setting = config.secrets_of(job.release)
    mask, public = Mask(), public_of(job, world)
    every = frozenset[str]().union(*(layer.secrets for layer in job.layers))
    mask.hidden(text for text in suspects(sorted(every), public) if text in every)
    for resource in kept(manifests, setting):
        secret = is_secret(resource)
        allowed = setting in ("sops", "allow") if secret else config.copies == "allow"
        if not allowed and mask.holds_json(resource.body):
            message = (
                f"{job.title}: a value that is encrypted in {listed(files)} would be in plain text in {resource.id}"
            )
            raise WorldError(message, hint=_WAY_OUT if secret else _WAY_OUT_OF_COPIES)
