"""``cluster:ENV`` as a side of ``pipeline diff``: what was applied there, with the values that are live now."""

from pipeline.adapters.charts.load_chart import chart_within
from pipeline.adapters.git import trees
from pipeline.cli.support.cluster_environment import place
from pipeline.core.errors import UsageError
from pipeline.core.render.manifests import ParsedDocuments
from pipeline.flows.cluster.applied_side import as_applied
from pipeline.flows.cluster.stored_inventory import read_inventory
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.read_rendered import RenderedSnapshot, read_rendered
from pipeline.wiring import repository


def cluster_side(environment: str, wanted: ReleaseSelection, kept: ParsedDocuments) -> RenderedSnapshot:
    """Every release that was applied whole, of those wanted.

    Raises:
        UsageError: nothing was applied yet, or the environment is another than the one compared.
        WorldError: the cluster does not answer.
    """
    here = repository()
    at, make_chart = place(here, environment), chart_within(here.config.limits.charts)
    client = at.client()
    inventory = read_inventory(client, environment, at.policy.namespace)
    commits = {name: commit for name, commit in inventory.releases.items() if wanted.takes(environment, name)}
    if not commits:
        raise UsageError(
            f"cluster:{environment}: nothing was completely applied there yet", hint="pipeline plan, then apply"
        )
    sides = []
    for commit in sorted(set(commits.values())):
        tree = trees.GitTree(at.top, trees.resolve(at.top, commit), at.folder)
        names = frozenset(name for name, of in commits.items() if of == commit)
        source = f"cluster:{environment}"
        sides.append(read_rendered(source, tree, ReleaseSelection(frozenset({environment}), names), make_chart, kept))
    return as_applied(client, inventory, sides)
