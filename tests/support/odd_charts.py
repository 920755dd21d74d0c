"""Odd YAML, names and archives: a corpus of what has broken readers, and strategies that mix its pieces."""

import gzip
import io
import tarfile

from hypothesis import strategies as st

from tests.support.charts import pack

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
VALUES: tuple[str, ...] = (
    *("", "null", "~", "true", "1", "-0", "1e400", ".nan", ".inf", "0o17", "0x1F", "1_000", "1:30", "9" * 5000),
    *(
        "'../x'",
        "'..'",
        "'.git'",
        "/etc/passwd",
        '"a\\0b"',
        '"\\ud800"',
        "'a/b'",
        "é",
        "\u202e",
        "x" * 3000,
        "$(id)",
        "[",
        "]",
    ),
    *(
        "{",
        "}",
        "[]",
        "{}",
        "[1, [2]]",
        "{a: {b: c}}",
        "&a [*a]",
        "&a {x: *a}",
        "*missing",
        "!!binary AAA=",
        "!!binary '?'",
    ),
    *(
        "!!python/object:os.system id",
        "!!int x",
        "!!float 1",
        "!!set {a}",
        "!x y",
        "|\n    text",
        ">-\n  x",
        "? a\n: b",
    ),
    *(
        "<<: 1",
        "<<: [{a: 1}]",
        "http://[::1",
        "http://h:99999/x",
        "http://h:x/",
        "file:///etc",
        "file://../../..",
        "oci://x/y",
    ),
    *(
        "@nowhere",
        "alias:x",
        "git+https://x",
        "1.0.0",
        "^1",
        ">=0-0",
        "v1",
        "1.0.0+x",
        "latest",
        "01.2",
        "=",
        "-",
        "- - -",
    ),
    *(
        "[" * 300,
        "{a: " * 300,
        "2001-01-01",
        "'",
        '"',
        "%",
        "@",
        "`",
        "\t",
        "a: b: c",
        "...",
        "---",
        "#",
        "\ufeff",
        "\x85",
        "\u2028",
    ),
)
KEYS: tuple[str, ...] = (
    "apiVersion",
    "name",
    "version",
    "dependencies",
    "repository",
    "alias",
    "type",
    "kubeVersion",
    "condition",
    "tags",
)
KEYS += (
    "entries",
    "urls",
    "digest",
    "web",
    "charts",
    "releases",
    "schema",
    "tree",
    "source",
    "archive",
    "path",
    "wanted",
)
KEYS += ("chart", "import-values", "annotations", "maintainers", "''", "? [a]", "null", "1", "<<", "'../x'")
DOCUMENTS: tuple[str, ...] = (
    *(
        "",
        "\0",
        "\ufeff",
        "---",
        "...",
        "- a",
        "a",
        "[]",
        "a: b\n...\nc: d\n",
        "---\n---\n",
        "a: 1\n--- b\n",
        "%YAML 9.9\n---\na",
        "%TAG",
    ),
    *(
        CHART + CHART,
        f"--- {CHART}",
        CHART + "...\n",
        CHART + "dependencies: 1\n",
        CHART + "dependencies: [1, null, []]\n",
    ),
    *(CHART + "dependencies: {a: b}\n", CHART + "dependencies: [{name: x, version: 1, repository: 3}]\n"),
    *(
        "a: &a [1, 2]\nb: *a\n",
        "a: &a {b: *a}\n",
        "&x : *x",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "a:\n\t- b",
    ),
    *(
        "entries: {web: 1}",
        "entries: [web]",
        "entries: {web: [{version: 1.0}]}",
        "entries: {web: [{version: 1.0.0, urls: 1}]}",
    ),
    *(
        "entries:\n  web:\n  - urls: ['http://[']\n    version: 1.0.0\n",
        "entries:\n  web:\n  - {version: 1.0.0, urls: [''], digest: [1]}\n",
    ),
    *(
        "schema: pipeline.lock/v2\n",
        "schema: pipeline.lock/v2\ncharts: [1]\n",
        "schema: pipeline.lock/v2\nreleases: {a: {}}\n",
    ),
    *(
        "schema: [pipeline.lock/v2]\n",
        "schema: pipeline.lock/v3\ncharts: {a: {source: b, tree: c, releases: 1}, 'b/../c': {}}\n",
        "schema: pipeline.lock/v4\ncharts: {a: {source: b, tree: c, r: 1, s: []}, 'b/../c': {r: {version: ../1}}}\n",
        "schema: pipeline.lock/v4\ncharts: {a: {r: {chart: c, version: v, source: b, tree: c, dependencies: {a: 1}}}}",
        "schema: pipeline.lock/v3\ncharts: {a/1: {source: b, tree: c, dependencies: {../x: {}}, releases: {r: 1}}}\n",
        "schema: pipeline.lock/v1\ncharts: {a: b}\nreleases: []\n",
        "a: " + "[" * 5000,
        "- " * 3000 + "a",
    ),
)

maps = st.recursive(
    st.sampled_from(VALUES) | st.text(max_size=8),
    lambda inner: (
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
        | st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    ),
    max_leaves=8,
)
lines = st.lists(st.tuples(st.sampled_from(KEYS), maps).map(": ".join), max_size=6).map("\n".join)
texts = st.sampled_from(DOCUMENTS) | lines | lines.map(lambda more: CHART + more) | st.text(max_size=60)
raw_texts = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60)

names = st.sampled_from(
    [
        "web/Chart.yaml",
        "web/values.yaml",
        "web/charts/a.tgz",
        "web/charts/b.tgz",
        "web/charts/a/Chart.yaml",
        "Chart.yaml",
        "web/values.schema.json",
        "web/.helmignore",
        "web/../x",
        "/x",
        "web//x",
        "web/./x",
        "w\0b/x",
        "web/é",
        "web/\\x",
        "",
        ".",
        "web/" + "a/" * 70 + "x",
        "web/" + "x" * 300,
        "web/.git/config",
        "web/templates",
        "web/templates/a.yaml",
        "other/x",
    ]
)
kinds = st.sampled_from([tarfile.REGTYPE] * 6 + [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Odd entries in a good frame, or a good archive that was damaged."""
    files = draw(st.lists(st.tuples(names, raw_texts, kinds), max_size=5))
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=draw(st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
    ) as tar:
        for name, data, kind in (("web/Chart.yaml", draw(raw_texts), tarfile.REGTYPE), *files):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../../x" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            content = pack({"s/Chart.yaml": data}) if name.endswith(".tgz") and data[:1] != b"[" else data
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(content) if info.size else None)
    plain = bytearray(out.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        plain[draw(st.integers(0, len(plain) - 1))] = draw(st.integers(0, 255))
    packed = bytearray(gzip.compress(bytes(plain), 1))
    for _ in range(draw(st.integers(0, 1))):
        packed[draw(st.integers(0, len(packed) - 1))] = draw(st.integers(0, 255))
    return bytes(packed[: draw(st.sampled_from([len(packed)] * 4 + [len(packed) // 2, 10, 0]))])
