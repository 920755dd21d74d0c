"""Where a secret value may turn up besides its Secret, and as what: it is masked there, and ordinary words are not."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from pipeline import rules
from pipeline.cli.support.showing import FORMATS
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report_document import ReportDocument, to_data
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.writer import dump
from pipeline.report.structured import document

KEY = ReleaseKey("", "web")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}} | data


def config(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "copy"}, "data": data}


def pod(container: dict[str, Any], annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": dict(annotations or {})},
        "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"} | container]},
    }
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def compared(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> ReportDocument:
    sides = ("---\n".join(map(dump, bodies)) for bodies in (old, new))
    before, after = (
        Snapshot(name, {KEY: ReleaseSide("shop", Side(parse(text, namespace="shop")))})
        for name, text in zip(("old", "new"), sides, strict=True)
    )
    return document(build(before, after, rules.load(), Targets()))


def everything(data: ReportDocument) -> str:
    return "\n".join(form(data) for form in FORMATS.values())


PEM = "-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\n"
BODY = [base64.b64encode(hashlib.sha512(bytes([n])).digest()).decode()[:64] for n in range(4)]
Case = Callable[[str], list[dict[str, Any]]]
PLACES: dict[str, Case] = {
    "environment": lambda v: [pod({"env": [{"name": "B", "value": b64(v)}, {"name": "P", "value": v}]})],
    "arguments": lambda v: [pod({"args": ["serve", f"--password={v}"], "command": ["sh", "-c", f"exec x -p '{v}'"]})],
    "checksum": lambda v: [pod({}, {"checksum/p": hashlib.sha256(v.encode()).hexdigest()})],
    "url": lambda v: [config(dsn=f"postgres://user:{quote(v, safe='')}@db.example/x?sslmode=disable")],
    "embedded yaml": lambda v: [config(**{"c.yaml": f"a:\n  b:\n    password: '{v}'\n    other: 1\n"})],
    "embedded json": lambda v: [config(**{"c.json": json.dumps({"a": {"token": v}}, indent=2)})],
    "a key": lambda v: [config(**{v: "x"})],
    "basic authentication": lambda v: [pod({"env": [{"name": "H", "value": f"Basic {b64(f'admin:{v}')}"}]})],
    "inside of base64": lambda v: [config(blob=b64(f"[a]\npassword = {v}\nmore = 1\n"))],
    "base64 twice": lambda v: [config(blob=b64(b64(v)))],
    "base64 for addresses": lambda v: [config(b=base64.urlsafe_b64encode(v.encode()).decode().rstrip("="))],
    "a long value": lambda v: [pod({"env": [{"name": "LONG", "value": v + v[::-1]}]}), config(t=f"{'x' * 30} {v} y")],
}
VALUES = {
    "a password": ("Tr0ub4dor&3-old", "Tr0ub4dor&3-new"),
    "quotes": ('it\'s "q\\uoted" old', 'it\'s "q\\uoted" new'),
    "a token": ("eyJhbGciOiJIUzI1NiJ9." + "A1b2C3d4" * 12, "eyJhbGciOiJIUzI1NiJ9." + "Z9y8X7w6" * 12),
    "digits": ("90210481516", "90210481517"),
    "a newline at its end": ("hunter-2-old\n", "hunter-2-new\n"),
    "not of ASCII": ("pässwörd-alt", "pässwörd-neu"),
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("key", ["data", "stringData"])
def test_no_place_gives_it_away(value: str, place: str, key: str) -> None:
    old, new = VALUES[value]
    sides = [[secret(**{key: {"p": b64(v) if key == "data" else v}}), *PLACES[place](v.strip())] for v in (old, new)]
    data = compared(sides[0], sides[1])
    assert [change for change in data.changes if change.resource.kind != "Secret"]
    text = everything(data)
    for v in (old.strip(), new.strip()):
        for form in (v, b64(v), b64(v).rstrip("="), quote(v, safe=""), json.dumps(v)[1:-1], v[:12]):
            assert form not in text, form
        assert hashlib.sha256(v.encode()).hexdigest() not in text


def test_a_key_in_several_lines_is_masked_line_by_line() -> None:
    old, new = PEM.format(*BODY[:2]), PEM.format(*BODY[2:])

    def side(key: str) -> list[dict[str, Any]]:
        indented = "tls:\n  key: |\n" + "".join(f"    {line}\n" for line in key.splitlines())
        return [
            secret(data={"tls.key": b64(key)}),
            config(**{"c.yaml": indented, "one": key.replace("\n", "\\n")}),
            pod({"env": [{"name": "KEY", "value": key}]}),
        ]

    text = everything(compared(side(old), side(new)))
    assert not [line for line in BODY if line in text or line[:20] in text]


def test_the_password_in_a_pull_secret_is_known() -> None:
    def side(password: str) -> list[dict[str, Any]]:
        auths = {"registry.example": {"username": "bot", "password": password, "auth": b64(f"bot:{password}")}}
        hidden = secret(
            type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": b64(json.dumps({"auths": auths}))}
        )
        return [hidden, pod({"args": [f"--registry-password={password}", f"--auth={b64(f'bot:{password}')}"]})]

    text = everything(compared(side("s3cr3t-of-old"), side("s3cr3t-of-new")))
    assert "s3cr3t-of" not in text
    assert b64("bot:s3cr3t-of-old") not in text


def test_a_webhooks_certificate_is_masked_where_it_is_a_secrets() -> None:
    def side(number: int) -> list[dict[str, Any]]:
        bundle = b64(PEM.replace("PRIVATE KEY", "CERTIFICATE").format(BODY[number], BODY[number + 1]))
        hook = {"name": "a.example", "clientConfig": {"caBundle": bundle, "url": "https://a.example"}}
        kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
        return [
            secret(data={"ca.crt": bundle, "tls.key": b64(f"{BODY[number]}\x00")}),
            kind | {"metadata": {"name": "w"}, "webhooks": [hook]},
        ]

    data = compared(side(0), side(2))
    text = everything(data)
    assert BODY[0] not in text
    assert b64(PEM.replace("PRIVATE KEY", "CERTIFICATE").format(BODY[0], BODY[1]))[:40] not in text
    assert [finding for finding in to_data(data)["findings"] if "a.example" in json.dumps(finding)]


@pytest.mark.parametrize("wrong", ["canary-0451", ["canary-0451"], {"a": {"b": "canary-0451"}}, {"a": ["canary-0451"]}])
@pytest.mark.parametrize("key", ["data", "stringData"])
def test_a_secret_of_the_wrong_shape_is_masked_all_the_same(wrong: Any, key: str) -> None:
    text = everything(compared([secret(**{key: {"a": "x"}})], [secret(**{key: wrong}), config(a="canary-0451")]))
    assert "canary-0451" not in text


def test_what_kubectl_noted_of_a_secret_is_masked_however_short() -> None:
    note = "kubectl.kubernetes.io/last-applied-configuration"

    def side(pin: str) -> list[dict[str, Any]]:
        body = json.dumps({"kind": "Secret", "data": {"pin": b64(pin)}})
        return [secret(data={"pin": b64(pin)}, metadata={"name": "login", "annotations": {note: body}})]

    assert b64("4711") not in everything(compared(side("4711"), side("0815")))


def test_numbers_are_masked_where_they_are_numbers() -> None:
    def side(number: int) -> list[dict[str, Any]]:
        custom = {"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"pin": number}}
        return [secret(stringData={"pin": str(number)}), custom]

    assert "90210481" not in everything(compared(side(902104815), side(902104816)))


@pytest.mark.parametrize("word", ["default", "enabled", "web-server", "monitoring", "server", "changed"])
def test_an_ordinary_word_that_is_a_secret_leaves_the_report_readable(word: str) -> None:
    def side(port: int) -> list[dict[str, Any]]:
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": word}}
        spec = {"ports": [{"name": word, "port": port}], "selector": {"app": word}}
        texts = {f"{word}.yaml": f"{word}:\n  port: {port}\n", word: "a"}
        return [
            secret(stringData={"p": word}),
            service | {"spec": spec},
            config(**texts),
            pod({"name": word, "args": [str(port)]}),
        ]

    data = compared(side(80), side(81))
    assert "secret #" not in json.dumps([to_data(data)[key] for key in ("findings", "changes")])
    assert len(data.findings) > 1


def test_a_word_that_stands_nowhere_else_as_a_name_is_masked() -> None:
    sides = [
        [secret(stringData={"p": word}), pod({"args": [f"--password={word}"]})]
        for word in ("correcthorse", "batterystaple")
    ]
    text = everything(compared(sides[0], sides[1]))
    assert "correcthorse" not in text
    assert "batterystaple" not in text


def test_equal_values_have_one_number_in_every_form() -> None:
    mask = Mask()
    mask.manifests(parse(dump(secret(stringData={"a": "first-one", "b": "Tr0ub4dor&3"})), namespace=""))
    for form in ("Tr0ub4dor&3", b64("Tr0ub4dor&3"), quote("Tr0ub4dor&3"), hashlib.sha256(b"Tr0ub4dor&3").hexdigest()):
        assert mask.text(f"x {form} y") == "x <secret #2> y"


def test_what_was_cut_short_is_masked_too() -> None:
    mask = Mask()
    value = "A1b2C3d4E5f6G7h8" * 6
    mask.manifests(parse(dump(secret(stringData={"a": value})), namespace=""))
    assert mask.text(f"env {value[:40]}… -> x") == "env <secret #1>… -> x"
    assert mask.text("nothing… here") == "nothing… here"
