"""Secrets that the rendered tree omits or encrypts: what is still written, and what is recorded about them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.config.model import Config
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import holds_data
from pipeline.core.redaction.copies import copies_of
from pipeline.core.render.notes import Notes


def kept(manifests: ManifestSet, config: Config) -> Iterable[Resource]:
    """With ``secrets.rendered: omit``, Secrets that hold data are left to whoever creates them in the cluster."""
    return (r for r in manifests.resources if config.secrets != "omit" or not holds_data(r))


def noted(notes: Notes, manifests: ManifestSet, layers: Sequence[ValuesLayer], config: Config) -> Notes:
    """With the places of copies, of Secrets whose values no one can read in the rendered tree."""
    if config.secrets not in ("omit", "sops"):
        return notes
    return replace(notes, copies=copies_of(manifests, [layer.data for layer in layers]))
