#!/usr/bin/env bash
# The Python binding of CEL counts the bytes of a text, and its patterns take letters and digits of all languages.
#
# Version: common-expression-language 0.10.0 (import cel).
# One would guess: CEL's definition: size() of a string is the number of its code points, and matches() follows RE2, in
# which \w and \d are ASCII alone; Kubernetes' API server does both.
# What happens: size("é") is 2; "é" matches ^\w$ and the Arabic digit three matches ^\d$. A text of a double, a duration or a time
# is written in other words than by cel-go, too: string(1e21) is "1000000000000000000000".
# So a CRD's rule on a length or a pattern, tried with this package, accepts or refuses other names than the server does.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'common-expression-language==0.10.0'
"$scratch/venv/bin/python" - <<'PY'
import cel

EXPRESSIONS = {
    'size("é")': 2,
    r'"é".matches("^\\w$")': True,
    '"\u0663".matches("^\\\\d$")': True,
    "string(1e21)": "1000000000000000000000",
    'string(duration("90s"))': None,
}
for expression, wanted in EXPRESSIONS.items():
    answer = cel.evaluate(expression)
    print(ascii(expression), "->", repr(answer))
    if wanted is not None:
        assert answer == wanted, "the behaviour has changed"
    else:
        assert answer != "90s", "the behaviour has changed"
PY
