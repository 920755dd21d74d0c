"""``pipeline plan --offline``: makes the plan from a recorded inventory and the repository, without a cluster."""

from pathlib import Path

from msgspec.structs import replace

from pipeline.cli.support.cluster_environment import ClusterEnvironment, Wish, applied_question, question
from pipeline.core.cluster.inventory.inventory import Inventory, from_body, name_of, to_body
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.errors import StaleError, UsageError, WorldError
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.yaml.reader import YamlError, load
from pipeline.core.yaml.writer import dump
from pipeline.flows.cluster.offline import offline_plan
from pipeline.flows.cluster.stored_inventory import read_inventory

_HINT = "pipeline status -o inventory writes one"


def plan_offline(at: ClusterEnvironment, wish: Wish, recorded: Path) -> Plan:
    """Raises UsageError where ``recorded`` is not an inventory of the environment."""
    inventory = read_recorded(at, recorded)
    applied: tuple[tuple[str, Resource], ...] = ()
    missing: tuple[str, ...] = ()
    if inventory.releases:
        try:
            applied = applied_question(at, inventory, ()).objects
        except (StaleError, UsageError) as error:
            missing = (f"what was applied is not in this repository: {error.message}",)
    made = offline_plan(question(at, wish), inventory, applied)
    return replace(made, warnings=(*made.warnings, *missing))


def recorded(at: ClusterEnvironment) -> str:
    """The environment's inventory as ``read_recorded`` takes it: its ConfigMap as YAML, without what moves."""
    inventory = read_inventory(at.client(), at.environment.name, at.policy.namespace)
    if not inventory.uid:
        raise UsageError(f"nothing was applied to {at.environment.name!r} yet", hint="pipeline plan, then apply")
    return dump(to_body(inventory))


def read_recorded(at: ClusterEnvironment, path: Path) -> Inventory:
    """The inventory's ConfigMap, in YAML or JSON.

    Raises:
        UsageError: the file cannot be read, is damaged, or is something else.
    """
    try:
        body = load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YamlError) as error:
        raise UsageError(f"{path} cannot be read as an inventory: {error}", hint=_HINT) from error
    name, namespace = name_of(at.environment.name), at.policy.namespace
    metadata = mapping(mapping(body).get("metadata"))
    if mapping(body).get("kind") != "ConfigMap" or metadata.get("name") != name:
        raise UsageError(f"{path} is not the inventory of {at.environment.name!r} (ConfigMap {name})", hint=_HINT)
    try:
        return from_body(dict(mapping(body)), at.environment.name, namespace)
    except WorldError as error:
        raise UsageError(f"{path}: {error.message}", hint=_HINT) from error
