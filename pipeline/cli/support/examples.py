"""Examples for the end of each verb's ``--help``: what people type most. A test holds them against the verbs."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "init": (("init", "a commented pipeline.yaml"), ("init --github", "the workflows for GitHub")),
    "doctor": (("doctor", "what is installed, what is missing, and for which verb"),),
    "vendor": (
        ("vendor", "fetch what pipeline.yaml names"),
        ("vendor --locked", "never change the lock"),
    ),
    "render": (("render", "every release"), ("render web", "one release"), ("render --check", "exit 4 if out of date")),
    "values": (("values web", "each value with the file and line that sets it"), ("values web image.tag", "one value")),
    "diff": (
        ("diff", "what this branch changes"),
        ("diff HEAD", "what is not committed yet"),
        ("diff v1..v2 -- web", "the release web, between two tags"),
        ("diff web@2.0.0", "what that version would change"),
        ("diff --brief", "the verdict and what to do"),
        ("diff --only Deployment/web", "one object, every line"),
        ("diff chart:web-1.0.0.tgz chart:web-2.0.0.tgz -f values.yaml", "two charts, without a repository"),
    ),
    "show": (
        ("show Deployment/web", "with the template, values and overlay behind each line"),
        ("show Deployment/web --at main", "as it is there"),
    ),
    "commit": (("commit", "with the verdict in the message"), ("commit --dry-run", "only show the message")),
    "add": (("add web@1.2.3 -n shop", "a chart of one of the repositories in pipeline.yaml"),),
    "outdated": (("outdated", "newer versions"), ("outdated --judge", "and which of them block")),
    "upgrade": (("upgrade web@2.0.0", "one release"), ("upgrade web --path", "the steps on the way")),
    "plan": (("plan -e prod --out prod.plan", "what apply would do"),),
    "approve": (("approve prod.plan", "approve exactly this plan"),),
    "apply": (("apply prod.plan", "carry it out; again, to resume it"),),
    "rollback": (("rollback HEAD~1 -e prod --out back.plan", "plan the way back"),),
    "drift": (("drift -e prod", "where the cluster differs"),),
    "status": (("status -e prod", "what is applied, and whether it is healthy"),),
    "unlock": (("unlock -e prod", "show the lock, and release it"),),
    "rbac": (("rbac -e prod", "the smallest role that apply needs"),),
    "report": (("report shard-1.json shard-2.json -o html=report.html", "shards as one page"),),
    "comment": (("comment report.json --repo OWNER/NAME --pr 12", ""), ("comment report.json --dry-run", "print it")),
    "policy": (("policy prod", "what is in force there, and where it is written"),),
    "rules": (("rules list", "every rule"), ("rules explain image-changed", "one rule, with its cases")),
    "ci": (("ci shards", "a matrix for a workflow"),),
    "mesh": (
        ("mesh", "what this branch changes for each Envoy"),
        ("mesh worktree --at 'GET web.shop:80/'", "which route a request takes"),
    ),
    "promote": (("promote web --from staging --to prod", "the version of staging"),),
    "completion": (("completion bash > ~/.local/share/bash-completion/completions/pipeline", ""),),
}


def examples(verb: str) -> str:
    """For the epilog of a verb's help; empty where it has none."""
    shown = EXAMPLES.get(verb, ())
    width = max((len(line) for line, told in shown if told), default=0)
    rows = [f"  pipeline {line:{width}}  {told}".rstrip() for line, told in shown]
    return "\n".join(["\b", "Examples:", *rows]) if rows else ""
