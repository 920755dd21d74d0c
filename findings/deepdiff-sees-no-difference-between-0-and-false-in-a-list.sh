#!/usr/bin/env bash
# DeepDiff finds no difference between [0] and [False] or [1] and [1.0], and does between {"a": 0} and {"a": False}.
#
# Version: deepdiff 9.1.0.
# One would guess: a change of type is reported wherever the value lies, as ignore_numeric_type_changes is off by default.
# What happens: a list whose entries are all simple is first aligned by Python's own equality, in which 0 == False and
# 1 == 1.0, and entries that are aligned are not looked at again. The same entry in a list that also holds a map is reported.
# With zip_ordered_iterables=True the lists are compared place by place, and the type is seen.
# So whoever compares parsed YAML or JSON with it (where 0 and false are two things) misses changes in lists of scalars.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'deepdiff==9.1.0'
"$scratch/venv/bin/python" - <<'PY'
from deepdiff import DeepDiff

for old, new in (([0], [False]), ([1, "a"], [1.0, "a"]), ([[1]], [[True]])):
    silent, seen = DeepDiff(old, new), DeepDiff(old, new, zip_ordered_iterables=True)
    print(old, new, "as it is:", dict(silent), "  place by place:", list(seen))
    assert not silent and "type_changes" in seen, "the behaviour has changed"
for old, new in (({"a": 0}, {"a": False}), ([0, {}], [False, {}])):
    seen = DeepDiff(old, new)
    print(old, new, "as it is:", list(seen))
    assert "type_changes" in seen, "the behaviour has changed"
PY
