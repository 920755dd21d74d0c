"""Says what a render leaves aside: files that no release takes, keys given twice, Secrets that are left out."""

from collections.abc import Iterator, Sequence

from pipeline.core.config.model import Config
from pipeline.core.config.unread import is_kustomization, keys_given_twice, unread_files
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.kube.secrets import holds_data
from pipeline.core.render.overlay import FOLDER as OVERLAYS
from pipeline.core.words import listed
from pipeline.flows.render.jobs import Files, Job


def unread(config: Config, jobs: Sequence[Job], files: Files) -> tuple[str, ...]:
    """Of the whole repository, and of the values of ``jobs``; each line once."""
    overlays = {path: files.read(path) or b"" for path in files.paths(OVERLAYS) if is_kustomization(path)}
    said = [*unread_files(config, files.paths("values"), overlays)]
    said += (line for job in jobs for line in keys_given_twice(job.layers))
    return tuple(dict.fromkeys(said))


def left_out_secrets(manifests: ManifestSet, config: Config) -> Iterator[str]:
    """The Secrets that somebody else has to create, as ``secrets.rendered: omit`` wants it."""
    names = [str(resource.id) for resource in manifests.resources if holds_data(resource)]
    if names and config.secrets == "omit":
        yield f"left out of the tree (secrets.rendered: omit), so create them in the cluster: {listed(names)}"
