"""The verbs by section, each with its line of help. A verb's module has the same name and exports ``command``.

The help is written here so that ``pipeline --help`` need not import the verbs.
"""

SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "Write a commented pipeline.yaml, and the folders beside it.",
        "doctor": "Check which helm, kustomize and git are found, and what is missing.",
        "completion": "Print the completion script for a shell.",
    },
    "Every day": {
        "vendor": "Fetch the charts that pipeline.yaml names, and lock them.",
        "render": "Render every release into the rendered/ tree.",
        "values": "Show which file and line set each value of a release.",
        "show": "Print one rendered object, and where each line came from.",
        "diff": "Show what changed between two states, and what breaks.",
        "mesh": "Show the routes of an Istio mesh, or what a change does to them.",
        "commit": "Commit what vendor and render wrote, with its inputs.",
    },
    "Upgrades": {
        "add": "Add a release to pipeline.yaml.",
        "outdated": "List newer versions of the charts.",
        "upgrade": "Move releases to newer versions, and judge it.",
        "promote": "Bring a version from one environment to another, and judge it.",
    },
    "Cluster": {
        "plan": "Compare the committed tree with a cluster, and record what apply would do.",
        "approve": "Approve a plan.",
        "apply": "Carry out an approved plan, and nothing else.",
        "rollback": "Plan the way back to an earlier applied state.",
        "drift": "Show where a cluster differs from what was applied.",
        "status": "Show what is applied, by whom, and whether it is healthy.",
        "unlock": "Release a lock that an ended run left behind.",
        "rbac": "Print the smallest role that apply or drift needs.",
    },
    "Reports and reviews": {
        "report": "Show a report.json in another format, or merge several.",
        "comment": "Write a report to its pull request.",
        "rules": "List the risk rules, or explain one.",
        "policy": "Show which policy is in force, and why.",
        "ci": "Split the work of a CI workflow.",
    },
}
