"""``pipeline rbac``: prints the smallest roles that status, plan or apply need in an environment, as manifests."""

import click

from pipeline.core.errors import OK, UsageError


@click.command(short_help="Print the smallest role that plan, apply or status needs.")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.option(
    "--for", "purpose", type=click.Choice(["viewer", "planner", "applier"]), default="applier", show_default=True
)
@click.option(
    "--service-account",
    metavar="[NAMESPACE/]NAME",
    help="Create this service account and bind the role to it.  [default: pipeline-FOR]",
)
@click.option("--user", help="Bind it to this user instead.")
@click.option("--group", help="Bind it to this group instead.")
def command(
    *, environment: str | None, purpose: str, service_account: str | None, user: str | None, group: str | None
) -> int:
    """Print RBAC manifests for the objects of the committed rendered tree and those that were applied before.

    A planner needs the same permissions as an applier, because the API server authorizes a dry run like a write.
    Apply the output with an account that may manage RBAC: pipeline rbac -e prod | kubectl apply -f -
    """
    from pipeline.cli.support.cluster_environment import Wish, only_environment, place, question
    from pipeline.cli.support.subjects import subject
    from pipeline.core.cluster.permissions import PermissionScope, Purpose, manifests
    from pipeline.core.yaml.writer import dump
    from pipeline.flows.cluster.covered_kinds import missing_namespaces, served_objects
    from pipeline.wiring import repository

    here = repository()
    at = place(here, only_environment(here, environment))
    client = at.client()
    objects = served_objects(client, question(at, Wish(commit="HEAD")), at.policy)
    unknown = sorted(str(rid) for rid, served in objects.items() if served is None)
    if unknown:
        raise UsageError(f"{unknown[0]}: the cluster does not serve it, and no rendered CRD defines it")
    scope = PermissionScope(
        at.environment.name,
        at.policy.namespace,
        Purpose(purpose),
        {rid: served for rid, served in objects.items() if served is not None},
        frozenset(at.policy.prune_kinds),
        missing_namespaces(client, {at.policy.namespace, *(rid.namespace for rid in objects if rid.namespace)}),
        at.policy.migrate_storage,
        frozenset(record.namespace for record in at.policy.retire),
    )
    whom = subject(at.policy.namespace, purpose, service_account, user, group)
    click.echo("---\n".join(dump(body) for body in manifests(scope, whom)), nl=False)
    return OK
