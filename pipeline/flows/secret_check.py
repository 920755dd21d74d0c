"""Checks that no value of a Secret is committed in plain text: neither as a Secret nor as a copy elsewhere."""

from collections.abc import Iterable, Iterator

from pipeline.core.config.model import Config
from pipeline.core.errors import UsageError
from pipeline.core.kube.path import to_text
from pipeline.core.kube.secrets import holds_data, holds_data_within, may_hold_secrets
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import FOLDER, index_place, owner
from pipeline.core.render.rendered_tree import from_bytes
from pipeline.core.words import listed
from pipeline.flows.committed import parsed


def check_secrets(config: Config, paths: Iterable[str], worktree: Tree) -> None:
    """That pipeline.yaml allows what would be committed.

    Raises:
        UsageError: it does not; each file is named, no value is.
    """
    own = {release.name: config.secrets_of(release) for release in config.releases}
    below = (path for path in paths if path.startswith(f"{FOLDER}/"))
    rendered = [path for path in below if own.get(owner(path)[1], config.secrets) != "allow"]
    exposed = list(_in_the_open((path for path in rendered if path.endswith(".yaml")), worktree))
    if exposed:
        raise UsageError(
            f"these files contain Secret values in plain text: {', '.join(exposed)}",
            hint="let the chart use an existing Secret, or set secrets: {rendered: omit} (or sops) in pipeline.yaml",
        )
    copied = list(_copied((path for path in rendered if index_place(path)), worktree))
    if copied and config.copies != "allow":
        raise UsageError(
            f"a value of a Secret that is not committed appears in plain text elsewhere: {listed(copied, 8)}",
            hint="let the chart take it from the Secret, or set secrets: {copies: allow} in pipeline.yaml",
        )


def _in_the_open(paths: Iterable[str], worktree: Tree) -> Iterator[str]:
    for path, data in worktree.read(paths).items():
        if not may_hold_secrets(data.decode("utf-8", "replace")):
            continue
        resources = parsed(path, data, "", "").resources
        if any(holds_data(resource) or holds_data_within(resource) for resource in resources):
            yield path


def _copied(paths: Iterable[str], worktree: Tree) -> Iterator[str]:
    """``ConfigMap shop/web data.dsn``; a key that is a value itself is named by the map that it is in."""
    for path, data in worktree.read(paths).items():
        for place in from_bytes(data, path).notes.copies.places:
            if place.credential:
                yield f"{place.id} {to_text(place.path)}"
