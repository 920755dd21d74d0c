# ruff: noqa: E501 - one odd file a line
"""Files that no sane person writes, and strategies for more of them: what reads them must say so, and never break."""

from hypothesis import strategies as st

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

ODD = {
    "end of document": f"{CONFIG_MAP}...\n{CONFIG_MAP.replace('name: a', 'name: b')}",
    "end and text": f"{CONFIG_MAP}...\ntext: [\n",
    "end at once": "...\n",
    "end, then a mark": f"{CONFIG_MAP}...\n---\n{CONFIG_MAP}",
    "a directive": f"%YAML 1.1\n---\n{CONFIG_MAP}",
    "an unknown directive": f"%FOO bar\n---\n{CONFIG_MAP}",
    "a tag directive": f"%TAG !e! tag:example.com,2000:\n---\n!e!a {CONFIG_MAP}",
    "no YAML": "a: [",
    "only a tab": "\t",
    "tabs": "a:\n\tb: c\n",
    "NUL": "a: \0\n",
    "an escaped NUL": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "a\\0b"}\n',
    "a NUL for a kind": 'apiVersion: v1\nkind: "\\0"\nmetadata: {name: a}\n',
    "deep lists": "a: " + "[" * 3000 + "]" * 3000,
    "deep maps": "a: " + "{b: " * 3000 + "1" + "}" * 3000,
    "deep blocks": "\n".join(" " * n + "a:" for n in range(600)),
    "deep dashes": "- " * 3000 + "a",
    "deep and open": "[" * 100_000,
    "an alias to itself": "a: &a [*a]\n",
    "a map in itself": "a: &a {b: *a}\n",
    "an unknown alias": "a: *b\n",
    "laughs": "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12)),
    "merged laughs": "".join(f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9) if n else ''}]}}\n" for n in range(9)),
    "merge of text": "a: {<<: b}\n",
    "a list": "[]\n",
    "a text": "hello\n",
    "a number": "5\n",
    "null": "null\n",
    "a set": "!!set {a, b}\n",
    "a binary": "a: !!binary '***'\n",
    "a date": "a: 2001-01-01\nb: 2001-13-41\n",
    "a python object": "a: !!python/object/apply:os.system [id]\n",
    "a local tag": "a: !foo bar\n",
    "a huge number": "a: " + "9" * 5000 + "\n",
    "a float that overflows": "a: 1e999\nb: .nan\nc: -.inf\n",
    "an octal that is none": "a: 089\nb: 0x\nc: 0o8\nd: 1_000\ne: 1:60\n",
    "a list for a key": "[a, b]: c\n",
    "a map for a key": "{a: b}: c\n",
    "a null key": "~: c\n: d\n",
    "numbers for keys": "1: a\n1.5: b\ntrue: c\n",
    "a key twice": "a: 1\na: 2\n",
    "a question mark": "? a\n? b\n",
    "byte order mark": "\ufeffapiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "line separators": "a: b\u2028c: d\x85e: f\n",
    "bidirectional": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \u202ea}\n",
    "escape sequences": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "\\e[2J"}\n',
    "runner commands": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '::error::x'}\n",
    "unpaired surrogates": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "\\ud800"}\n',
    "a kind that is a list": "apiVersion: v1\nkind: [a]\nmetadata: {name: a}\n",
    "a kind that is a map": "apiVersion: v1\nkind: {a: b}\nmetadata: {name: a}\n",
    "a version that is a map": "apiVersion: {a: b}\nkind: ConfigMap\nmetadata: {name: a}\n",
    "metadata that is a list": "apiVersion: v1\nkind: ConfigMap\nmetadata: [a]\n",
    "metadata that is text": "apiVersion: v1\nkind: ConfigMap\nmetadata: a\n",
    "a name that is a map": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {a: b}}\n",
    "a name that is a number": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 5, namespace: 6}\n",
    "a name that climbs": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../../../../tmp/x}\n",
    "a kind that climbs": "apiVersion: v1\nkind: ../../x\nmetadata: {name: a}\n",
    "a group that climbs": "apiVersion: ../../x/v1\nkind: A\nmetadata: {name: a}\n",
    "a very long name": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {'x' * 100_000}}}\n",
    "no name": "apiVersion: v1\nkind: ConfigMap\n",
    "no version": "kind: ConfigMap\nmetadata: {name: a}\n",
    "a List of nothing": "apiVersion: v1\nkind: List\n",
    "a List of texts": "apiVersion: v1\nkind: List\nitems: [a, 5, null, [b]]\n",
    "a List of Lists": "apiVersion: v1\nkind: List\nitems: " + "[{kind: List, items: " * 300 + "[]" + "}]" * 300 + "\n",
    "labels that are a list": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: [a], annotations: [b]}\n",
    "annotations of numbers": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {a: 5, b: null, c: [d]}}\n",
    "a hook that is a map": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {helm.sh/hook: {a: b}}}\n",
    "a CRD of nothing": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
    "a CRD of texts": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
        "spec: {group: 5, names: [a], scope: {}, versions: [a, {name: [b], schema: c}]}\n"
    ),
    "a Secret of lists": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: [a]\nstringData: {a: [b], c: null}\n",
    "a Deployment of texts": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: a, replicas: []}\n",
    "a Pod of nulls": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [null, {env: [null], ports: {}}]}\n",
    "a long line": "a: " + "x" * 1_000_000 + "\n",
    "many documents": "---\n" * 20_000,
    "many keys": "".join(f"a{n}: {n}\n" for n in range(20_000)),
    "CRLF": f"{CONFIG_MAP}data: {{a: |\n  b}}\n".replace("\n", "\r\n"),
    "a source comment": f"# Source: ../../x\n{CONFIG_MAP}---\n# Source: \n{CONFIG_MAP}",
    "three dashes and text": f"--- a\n{CONFIG_MAP}---b\n--- # c\n{CONFIG_MAP}",
    "a block of dashes": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    ---\n    ...\n",
    "nothing": "",
}  # fmt: skip

_PIECES = st.sampled_from(
    [*ODD.values(), CONFIG_MAP, "---\n", "...\n", "\n", " ", "  ", "- ", "a: ", "b:\n", ": ", "{", "}", "[", "]", ",", "&a ", "*a", "!!", "|", ">-\n", "'", '"', "\\", "%", "@", "`", "#", "?", "\t", "\r", "\0", "\x85", "\ufeff", "\u2028", "~", "0x", "1e9", "null", "<<: ", "kind: ", "apiVersion: v1\n", "metadata: ", "name: ", "spec: ", "items: ", "status: ", "helm.sh/hook: "]
).filter(lambda text: len(text) < 2000)  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=14).map("".join),
    st.tuples(st.sampled_from([text for text in ODD.values() if len(text) < 5000]), st.integers(0, 5000)).map(
        lambda cut: cut[0][: cut[1]]
    ),
    st.text(max_size=200),
)
"""Text made of odd pieces, odd files that are cut short, and anything."""
FILES = st.one_of(TEXTS.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=200))
