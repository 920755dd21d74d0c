#!/usr/bin/env bash
# GitPython's env= and custom_environment() only add to the caller's environment: no variable can be taken away.
#
# Version: GitPython 3.2.1.
# One would guess: Git.execute(env={...}) replaces the environment, as subprocess.run(env={...}) does, so that a
# GIT_INDEX_FILE or GIT_OBJECT_DIRECTORY of the caller (every Git hook sets some) does not reach the git it starts.
# What happens: os.environ is copied and updated. With env={} git still sees the caller's GIT_INDEX_FILE and answers
# about that index; a value of None is not "unset" either, it raises TypeError.
# So a program that runs inside a hook must clear os.environ itself, or start git by its own means.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'GitPython==3.2.1'
export HOME=$scratch GIT_CONFIG_NOSYSTEM=1
git init --quiet "$scratch/repo"
cd "$scratch/repo"
echo text > file
git add file
GIT_INDEX_FILE=$scratch/another "$scratch/venv/bin/python" - <<'PY'
import subprocess
import sys

import git

clean = {"PATH": __import__("os").environ["PATH"], "HOME": __import__("os").environ["HOME"]}
plain = subprocess.run(["git", "ls-files"], env=clean, capture_output=True, text=True, check=True).stdout.split()
asked = git.Repo(".").git.execute(["git", "ls-files"], env={}).split()
print("subprocess with its own environment lists:", plain)
print("GitPython", git.__version__, "with env={} lists:", asked)
assert plain == ["file"]
if asked:
    sys.exit("the behaviour has changed: the caller's GIT_INDEX_FILE did not reach git")
try:
    git.Repo(".").git.execute(["git", "ls-files"], env={"GIT_INDEX_FILE": None})
except TypeError as error:
    print("None is no way to unset it: TypeError:", error)
else:
    sys.exit("the behaviour has changed: None is accepted")
PY
