"""What is a copy of a Secret's value is the same for `commit` as for `diff`: a part of it too."""

import pytest

from pipeline.core.redaction.copies import copies_of
from pipeline.core.render.manifests import parse
from pipeline.core.yaml.writer import dump

TOKEN = "Gf8dSa52WqEr1Ty"
HELD = {
    "a line": f"first line\ntok={TOKEN}\n",
    "redis": f"maxmemory 1gb\nrequirepass {TOKEN}\n",
    "pgpass": f"db.example.org:5432:shop:app:{TOKEN}",
    "bearer": f"Bearer {TOKEN}",
    "nested JSON": f'{{"a": {{"thing": "{TOKEN}"}}}}',
    "Go's address": f"app:{TOKEN}@tcp(db:3306)/shop",
}


def credentials(held: str, copy: str) -> list[bool]:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"m": held}}
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"v": copy}}
    manifests = parse("---\n".join(map(dump, (secret, other))), namespace="")
    return [place.credential for place in copies_of(manifests, []).places]


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("copy", [TOKEN, f"x: {TOKEN}", TOKEN[:10], "&#71;" + TOKEN[1:]])
def test_a_part_of_a_value_is_a_copy(name: str, copy: str) -> None:
    assert credentials(HELD[name], copy) == [True]


def test_a_host_or_a_version_that_a_text_holds_is_no_copy() -> None:
    held = f"host: db.example.org\nversion: 1.27.3\nlevel: information\ntoken: {TOKEN}\n"
    for text in ("db.example.org", "1.27.3", "information"):
        assert credentials(held, text) == []
