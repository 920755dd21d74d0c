"""``pipeline unlock``: releases the lock of a run that has stopped, with a reason, and can abandon that run."""

from dataclasses import replace

from pipeline.core.cluster.api.error_text import clean, explain
from pipeline.core.cluster.api.request import Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.inventory import lease as leases
from pipeline.core.cluster.inventory.inventory import name_of
from pipeline.core.cluster.inventory.lease import Lease
from pipeline.core.errors import RefusedError, UsageError, WorldError
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.ledger import Writer
from pipeline.flows.cluster.stock import Stock
from pipeline.flows.cluster.stored_inventory import read_inventory


def read_lock(client: Client, environment: str, namespace: str) -> Lease | None:
    """The Lease as it is; None where no one ever took it."""
    body = client.read(_path(environment, namespace))
    return leases.read(body) if body else None


def unlock(writer: Writer, environment: str, namespace: str, run: str) -> None:
    """Release the lock that ``run`` holds.

    Raises:
        UsageError: no one holds it, or another run does.
        RefusedError: its holder showed a sign of life meanwhile.
    """
    lease = read_lock(writer.client, environment, namespace)
    if lease is None or not lease.holder:
        raise UsageError(f"the lock of {environment!r} is not held by any run")
    if lease.holder != run:
        raise UsageError(
            f"the lock is held by {clean(lease.holder)}, not by {clean(run)}", hint="give that run's id with --run"
        )
    name = _path(environment, namespace).rpartition("/")[2]
    body = leases.body(name, namespace, replace(lease, holder=""), writer.clock.now())
    fate, answer = writer.write(Call("PUT", _path(environment, namespace), body=body), "unlock")
    if fate is Fate.REREAD:
        raise RefusedError(f"{clean(run)} renewed the lock just now: it is still running", hint="stop that run first")
    if fate is not Fate.DONE:
        raise WorldError(f"the cluster refuses: {explain(answer)}", hint="pipeline rbac prints the required role")


def abandon(writer: Writer, environment: str, namespace: str, run: str) -> None:
    """Give up a run that did not come to its end: what it wrote stays, and stays in the inventory.

    Raises:
        UsageError: the last run is another one, or came to its end.
    """
    inventory = read_inventory(writer.client, environment, namespace)
    if inventory.run.id != run or inventory.run.state != "open":
        last = f"; the last one is {inventory.run.id} ({inventory.run.state})" if inventory.run.id else ""
        raise UsageError(f"{clean(run)} is not an unfinished run of {environment!r}{last}")
    finished = written(writer.clock.now())
    Stock(writer, inventory).close(replace(inventory.run, state="abandoned", finished=finished), {}, "")


def _path(environment: str, namespace: str) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name_of(environment)}"
