#!/usr/bin/env bash
# A map of ruamel.yaml that merges another one (<<: *base) and its file tell different values after a change of either.
#
# Version: ruamel.yaml 0.19.1, round trip.
# One would guess: the loaded map looks up what it merges (it writes `<<: *base` again), so memory and file agree.
# What happens: the merged keys are copied on loading. A key that is set in the base map later is written, and whoever
# reads the merging map gets the old value. A key that is deleted from the merging map is gone in memory and comes
# back in the file, with the base's value. To delete a merged key from the base raises KeyError: 1, whatever the key is.
# So a program that edits YAML with merges must read its own output again before it believes what the map says.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'ruamel.yaml==0.19.1'
"$scratch/venv/bin/python" - <<'PY'
import io

from ruamel.yaml import YAML

TEXT = "base: &base {image: web, tag: '1'}\nprod:\n  <<: *base\n  tag: '2'\n"


def after(change):
    """What the merging map says after the change, and what its file says."""
    yaml, out = YAML(), io.StringIO()
    data = yaml.load(TEXT)
    change(data)
    yaml.dump(data, out)
    return dict(data["prod"]), dict(YAML().load(out.getvalue())["prod"])


seen = {
    "base.image = api": after(lambda data: data["base"].update(image="api")),
    "del prod.tag": after(lambda data: data["prod"].pop("tag")),
}
for change, (memory, file) in seen.items():
    print(f"{change:17} memory: {memory}   file: {file}")
try:
    after(lambda data: data["base"].pop("image"))
    raised = ""
except KeyError as error:
    raised = str(error)
print("del base.image    KeyError:", raised)
assert seen["base.image = api"] == ({"tag": "2", "image": "web"}, {"tag": "2", "image": "api"}), "the behaviour has changed"
assert seen["del prod.tag"] == ({"image": "web"}, {"image": "web", "tag": "1"}), "the behaviour has changed"
assert raised == "1", "the behaviour has changed"
PY
