"""requirements-dev.lock fits pyproject.toml, as far as can be told without a network; ``make lock`` writes it again."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from scripts.lock import HEAD, normal

ROOT = Path(__file__).parents[2]


def locked() -> dict[str, str]:
    text = (ROOT / "requirements-dev.lock").read_text()
    assert text.startswith(HEAD)
    rows = text.removeprefix(HEAD).splitlines()
    assert rows == sorted(rows)
    assert [row for row in rows if not re.fullmatch(r"[a-z0-9-]+==[0-9A-Za-z.+!]+", row)] == []
    return dict(row.split("==") for row in rows)


def test_everything_that_is_asked_for_is_locked_to_a_version_that_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    versions = locked()
    needed = list(map(Requirement, asked))
    assert {normal(text.name) for text in needed} <= versions.keys(), "run make lock"
    wrong = [str(text) for text in needed if not text.specifier.contains(versions[normal(text.name)], prereleases=True)]
    assert wrong == [], "run make lock"
