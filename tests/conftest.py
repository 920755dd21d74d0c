"""Every test runs as a stranger: an empty home, an identity for git, no cluster, no network but this machine's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("unit", derandomize=True, deadline=None, max_examples=20)
settings.load_profile("steady")

KEPT = ("PIPELINE_CORPUS",)
FOREIGN = ("GIT_", "HELM_", "KUBE", "PIPELINE_", "GITHUB_", "XDG_", "SSH_")
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Tester",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Tester",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-texts", action="store_true", help="Write the pinned texts again (make texts).")


@pytest.fixture(scope="session", autouse=True)
def _stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(FOREIGN) and name not in KEPT]:
            if name != "KUBEBUILDER_ASSETS":
                patch.delenv(name)
        for name, value in IDENTITY.items():
            patch.setenv(name, value)
        for name in ("NO_COLOR", "FORCE_COLOR", "PAGER", "CI"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        Path(home, ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n[commit]\n\tgpgsign = false\n")
        yield
