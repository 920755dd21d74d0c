"""Of the error of a render, a word is shown only if it is plainly nothing of ours."""

import pytest

from pipeline.core.redaction.withheld import withheld

OURS = ("Kx7vQm29LpZt4Rw", "correct-horse-battery-staple", "918273645546", "hunter2-Canary")
PUBLIC = ("web", "web-2", "a.yaml", "templates", "bad", "port", "worker", "db2", ".Values.db2.port")

DISGUISED = (
    "kx_7v_qm29_lp_zt4_rw",
    "kx-7v-qm29-lp-zt4-rw",
    "[K x 7 v Q m 2 9 L p Z t 4 R w]",
    "K, x, 7, v, Q, m, 2, 9, L, p, Z, t, 4, R, w",
    "[Kx7v m29LpZt4Rw]",
    "[correct horse battery staple]",
    "CorrectHorseBatteryStaple",
    "correct_horse_battery_staple",
    "correct.horse/battery:staple",
    "xcorrecthorsebatterystaplex",
    "horse",
    "9.182736e+11",
    "7522510863628288p-13",
    "1101010111001100100110100111001011101010",
    "0xd5cc9a72ea",
    "918-273-645-546",
    "hunter2_canary",
    "Xk7iDz29YcMg4Ej",
    "QlpoOTFBWSZTWeY",
)


@pytest.mark.parametrize("said", DISGUISED)
@pytest.mark.parametrize("around", ["bad {}", "bad: {}, worker", 'bad "{}" port', "web/templates/a.yaml:2:9: {}"])
def test_a_value_is_withheld_however_a_template_writes_it(said: str, around: str) -> None:
    shown = withheld(around.format(said), PUBLIC, OURS)
    assert shown != around.format(said)
    assert "***" in shown
    left = "".join(c for c in shown.replace(around.partition("{")[0], "") if c.isalnum()).lower()
    assert not [piece for piece in ("kx7v", "qm29", "horse", "battery", "918273", "hunter2") if piece in left]


OPEN = (
    "release 'web': chart web 1.0.0 does not render at web/templates/a.yaml:2: execution error at (a.yaml:2:9): bad",
    'web/templates/a.yaml:4:7 executing "web/templates/a.yaml" at <.Values.db2.port>: nil pointer evaluating interface',
    "YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 7: did not find expected key",
    "values don't meet the specifications of the schema(s) in the following chart(s): web: - at '/port': got string",
    "want integer: minLength: got 3, want 8; additional properties 'x' not allowed",
    "chart requires kubeVersion: >=1.19.0-0 which is incompatible with Kubernetes v1.18.20",
    "wrong type for value; expected string; got float64; range can't iterate over 5432; map has no entry for key",
    'error calling include: template: web/templates/_helpers.tpl:12:3: executing "web.name" at <web-2>',
    "bad <secret #3>… and *** in prod and test",
    "apiVersion v1beta1 of StatefulSet, 30s and 100Mi in base64",
)


@pytest.mark.parametrize("said", OPEN)
def test_what_helm_and_the_chart_say_stays(said: str) -> None:
    assert withheld(said, PUBLIC, OURS) == said


def test_a_value_of_many_words_hides_none_of_helms() -> None:
    ours = ("error_log /var/log/nginx warn; include templates; executing value string line", "Kx7v")
    said = "error calling include: executing template at line 7: wrong type for value; expected string"
    assert withheld(said, (), ours) == said


@pytest.mark.slow
def test_time_grows_with_the_text_alone() -> None:
    assert withheld("a " * 100_000 + "- " * 100_000, (), OURS).endswith("- ")
