"""``pipeline unlock``: releases the lock of a run that has stopped, deliberately and with a reason."""

import click

from pipeline.core.errors import OK, UsageError


@click.command(short_help="Release a lock that an ended run left behind.")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.option("--run", "run_id", metavar="RUN", help="The run that holds the lock (pipeline status shows it).")
@click.option("--reason", help="Why you are certain that the run has stopped; stored in the journal.")
@click.option("--abandon", "give_up", is_flag=True, help="Also give up that run: it will not be resumed.")
def command(*, environment: str | None, run_id: str | None, reason: str | None, give_up: bool) -> int:
    """Release the lock of RUN. The next run takes over a lock that was not renewed for a minute; this does it at once.

    Never needed after Ctrl-C. Do it only if you are certain that the run has stopped: two runs at once undo each
    other's work.
    """
    import secrets
    from datetime import UTC, datetime

    from pipeline.adapters.kube.journal_file import JournalFile
    from pipeline.adapters.kube.run_folder import RunFolder
    from pipeline.cli.support.cluster_environment import only_environment, place
    from pipeline.flows.cluster.ledger import Writer
    from pipeline.flows.cluster.unlocking import abandon, read_lock, unlock
    from pipeline.wiring import repository

    here = repository()
    at = place(here, only_environment(here, environment))
    client, name, namespace = at.client(), at.environment.name, at.policy.namespace
    lease = read_lock(client, name, namespace)
    if not run_id or not reason:
        held = f"it is held by {lease.holder}" if lease and lease.holder else "no run holds it"
        raise UsageError(f"{name}: {held}", hint="to release it: --run RUN --reason WHY")
    own = f"unlock-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder = RunFolder.of_user(client.uid(), name, own)
    journal = JournalFile(folder)
    journal.note({"type": "unlock", "run": run_id, "reason": reason})
    writer = Writer(client, at.clock, journal, lambda: None)
    if (lease and lease.holder) or not give_up:
        unlock(writer, name, namespace, run_id)
        click.echo(f"{name}: the lock of {run_id} is released")
    if give_up:
        abandon(writer, name, namespace, run_id)
        click.echo(f"{name}: run {run_id} is given up; what it applied is in the inventory")
    journal.end({"exit": OK})
    journal.close()
    return OK
