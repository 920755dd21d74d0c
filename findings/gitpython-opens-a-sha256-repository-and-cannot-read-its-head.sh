#!/usr/bin/env bash
# GitPython opens a repository with SHA-256 object names without a word, and then fails at the first commit it reads.
#
# Versions: GitPython 3.2.1, with the git on the PATH (2.29 or newer makes SHA-256 repositories).
# One would guess: either git.Repo() refuses the object format that it does not know, or everything below it works; Git
# itself has had the format since 2020.
# What happens: git.Repo(path) succeeds, .git.rev_parse("HEAD") too (that is git), but .head.commit raises ValueError
# "Failed to parse reference information", because a reference is taken for 40 hexadecimal digits.
# So a program must ask "git rev-parse --show-object-format" before it uses GitPython's own object model.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'GitPython==3.2.1'
export HOME=$scratch GIT_CONFIG_NOSYSTEM=1
git init --quiet --object-format=sha256 "$scratch/repo"
git -C "$scratch/repo" -c user.name=a -c user.email=a@example.org commit --quiet --allow-empty -m first
"$scratch/venv/bin/python" - "$scratch/repo" <<'PY'
import sys

import git

repo = git.Repo(sys.argv[1])
name = repo.git.rev_parse("HEAD")
print("opened; git itself says HEAD is", name)
assert len(name) == 64, "the behaviour has changed: git made no SHA-256 repository"
try:
    commit = repo.head.commit.hexsha
except ValueError as error:
    print("GitPython", git.__version__, "raises ValueError:", error)
else:
    sys.exit(f"the behaviour has changed: GitPython reads {commit}")
PY
