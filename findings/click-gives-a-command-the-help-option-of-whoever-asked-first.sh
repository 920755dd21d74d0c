#!/usr/bin/env bash
# A command of click keeps the names of its help option from the first context in which it ran, in every later one.
#
# Version: click 8.5.1.
# One would guess: help_option_names of a group's context_settings hold for its commands whenever the group runs them, as
# the context hands them down, and a command on its own has --help.
# What happens: the option is made once for each command and kept on it. A command that ran on its own first refuses -h in
# the group; one that ran in the group first takes -h on its own.
# So in one process the order of calls (of tests, say) decides which options a program has.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'click==8.5.1'
"$scratch/venv/bin/python" - <<'PY'
import click
from click.testing import CliRunner

RUN = CliRunner().invoke


def program():
    command = click.Command("render")
    return command, click.Group(commands=[command], context_settings={"help_option_names": ["-h", "--help"]})


command, group = program()
assert RUN(command, ["--help"]).exit_code == 0
late = RUN(group, ["render", "-h"])
print("alone first, then in the group with -h:", late.exit_code, late.output.strip().splitlines()[-1])
command, group = program()
assert RUN(group, ["render", "--help"]).exit_code == 0
early = RUN(command, ["-h"])
print("in the group first, then alone with -h:", early.exit_code, early.output.strip().splitlines()[0])
assert (late.exit_code, early.exit_code) == (2, 0), "the behaviour has changed"
PY
