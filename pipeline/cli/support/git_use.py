"""What each verb asks Git for: the words of the error where Git is missing, and of doctor."""

from collections.abc import Mapping, Sequence

from pipeline.adapters.git.door import GitMissingError
from pipeline.core.errors import PipelineError

GIT_USE: Mapping[str, str] = {
    "apply": "hold a plan against its commit",
    "approve": "hold a plan against its commit",
    "commit": "write a commit",
    "diff": "read commits",
    "init": "find the folder where workflows belong",
    "mesh": "read commits",
    "outdated": "compare versions (--judge)",
    "plan": "read the commit that is planned",
    "promote": "compare with the commit before",
    "rollback": "read an earlier commit",
    "show": "read a commit (--at)",
    "upgrade": "compare with the commit before",
    "vendor": "fetch charts from Git repositories, and to know which versions commits use (prune)",
}


def explained(error: PipelineError, args: Sequence[str]) -> str:
    """The message of an error; where Git is missing, with the verb that needs it and why."""
    verb = next((arg for arg in args if arg in GIT_USE), "")
    if not isinstance(error, GitMissingError) or not verb:
        return str(error)
    return f"{verb} needs Git to {GIT_USE[verb]}: {error}"
