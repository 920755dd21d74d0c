"""``pipeline mesh``: shows what Istio would tell each Envoy, of one state or before and after a change."""

from typing import Any

import click

from pipeline.core.errors import UsageError


@click.command(short_help="Show the routes of the mesh, or what a change does to them.")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("-e", "--environment", "environments", multiple=True, help="Only this environment (repeatable).")
@click.option("--proxy", metavar="KIND/NAME", help="Only this proxy: sidecar/NAMESPACE, gateway/NAME, Deployment/NAME.")
@click.option("--host", metavar="HOST", help="Who can reach this host, and how.")
@click.option("--at", "request", metavar="REQUEST", help="Which route it takes: '[METHOD] HOST[:PORT]/PATH'.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="For --at: a header (repeatable).")
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="terminal or json (repeatable)."
)
def command(old: str | None, new: str | None, **options: Any) -> None:
    """Show what Istio's control plane would tell each Envoy: clusters, listeners and routes, from manifests alone.

    With OLD and NEW (as pipeline diff takes them, except charts), shows what appears, disappears and changes.
    With OLD alone, shows that state. Without both, compares the merge base with the work tree.
    """
    if options["host"] and options["request"]:
        raise UsageError("--host and --at exclude each other", hint="run pipeline mesh once for each")
    if options["headers"] and not options["request"]:
        raise UsageError("--header is for --at", hint="--at 'GET shop.example.org/api' --header end-user=jason")
    from pipeline.cli.support.meshing import MeshQuestion, answer

    asked = {name: options[name] or "" for name in ("proxy", "host", "request")}
    question = MeshQuestion(options["environments"], headers=options["headers"], **asked)
    answer(old, new, question, options["outputs"])
