"""The middle or the end of a token is found; pieces of words, names and versions are not taken for one."""

import base64
import json
import time

import pytest

from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.redaction.mask import Mask

TOKENS = (
    "Kx7vQm29LpZt4Rw",
    "9f86d081884c7d659a2feaa0c55ad015",
    "ghp_q7Kx93vPzL0m2WnBv8RtYc41",
    "k7Qp-x93vP-zL0m2-WnB88",
    "p7%Kx9=3v(Pz)L0m/2W",
    "qWeRtYuIoPlKjHgFdSaZxCv",
    "918273645546371",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    'Zr4"k9\\Tq2xW8mN5v',
)
BODY = "".join(f"{n:x}Kq{n * 7919 % 997:03}zR{n * 104729 % 89}Vb" for n in range(1, 40))
KEY = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(BODY[n : n + 64] for n in range(0, len(BODY), 64))
KEY += "\n-----END PRIVATE KEY-----\n"


def masks(*values: str) -> Mask:
    mask = Mask()
    mask.hidden(values)
    return mask


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "a {} b", 'k: "{}"', "--flag={},x", "pre{}"])
def test_the_end_and_the_middle_of_a_token_are_masked(token: str, around: str) -> None:
    mask = masks(token)
    for piece in (token[-12:], token[1:], token[2:13], token[len(token) // 4 : len(token) // 4 + 11]):
        shown = mask.text(around.format(piece))
        assert "<secret #1>" in shown, piece
        assert piece[1:-1] not in shown
        assert mask.shows(piece)
        assert mask.holds_json({"a": piece})
        assert piece not in json.dumps(mask.covered({"a": [{"b": [piece]}]}))


@pytest.mark.parametrize("token", [token for token in TOKENS if token.isascii()])
def test_the_middle_of_its_base64_is_masked(token: str) -> None:
    whole = base64.b64encode(token.encode()).decode()
    if len(whole) >= 28:
        assert "<secret #1>" in masks(token).text(f"x {whole[5:24]} y")


@pytest.mark.parametrize("before", ["", "x", "xy", "user:"])
@pytest.mark.parametrize("token", [*(token for token in TOKENS if token.isascii()), "correct-horse-battery-staple"])
def test_the_base64_of_a_piece_is_masked_whatever_stands_around_it(token: str, before: str) -> None:
    mask, fewest = masks(token), 10
    for start in range(len(token) - fewest):
        for after in ("", "z", " and"):
            text = base64.b64encode(f"{before}{token[start : start + fewest + 1]}{after}".encode()).decode()
            for written in (text, text.replace("+", "-").replace("/", "_")):
                assert "<secret #1>" in mask.text(f"a {written} b"), (start, after)
                assert mask.holds_json({"a": f"k={written}"})


def test_each_line_of_a_private_key_is_masked_but_for_what_all_keys_share() -> None:
    mask = masks(KEY)
    for start in range(70, len(BODY) - 80, 13):
        assert "<secret #" in mask.text(f"x {BODY[start : start + 40]} y")
    encoded = base64.b64encode(KEY.encode()).decode()
    for start in range(140, len(encoded) - 200, 17):
        assert "<secret #" in mask.text(f"x {encoded[start : start + 21]} y")


HELD = (
    "k8s-cluster-prod-2024-Zx81vQ7p",
    "correct-horse-battery-staple",
    "MyServiceAccountName4",
    "postgres://app:Kx7vQm29LpZt4Rw@db.c9akciq32rnx.eu-west-1.example.com:5432/shop",
    "app:Kx7vQm29LpZt4Rw@tcp(db.c9akciq32rnx.eu-west-1.example.com:3306)/shop",
    (
        "-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJAJC1HiIAZAiIMA0GCSqGSIb3DQEBBQUAMEUxCzAJ\n"
        "BgNVBAYTAkFVMRMwEQYDVQQIDApTb21lLVN0YXRlMSEwHwYDVQQKDBhJbnRlcm5l\nZ3Q=\n-----END CERTIFICATE-----\n"
    ),
    (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
        "MSbkv2cBgqhkiG9w0BAQEFAASCq9aBBAgMBAAECggEAbZ5N1kNs1oYqkS2sW9TV\nAQ==\n-----END PRIVATE KEY-----\n"
    ),
    "server { listen 8443 ssl http2; ssl_protocols TLSv1.2 TLSv1.3; }",
    "registry.example.org/team1/web-app:v1.27.3-rc4",
    "quay.io/a/b@sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
    "2024-01-01T10:20:30Z",
)
OPEN = (
    "cluster-prod-2024",
    "horse-battery-staple",
    "ServiceAccountName",
    "db.c9akciq32rnx.eu-west-1.example.com",
    "TAkFVMRMwEQYDVQQIDApTb21lLVN0YXRl",
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
    "listen 8443 ssl http2",
    "TLSv1.2 TLSv1.3",
    "team1/web-app:v1.27.3-rc4",
    "01-01T10:20:30Z",
    "sha256sum of base64 with ipv4 and utf8",
)


def test_ordinary_words_stay_readable() -> None:
    mask = masks(*HELD)
    for text in OPEN:
        assert mask.text(f"a {text} b") == f"a {text} b"


def test_a_piece_of_an_objects_name_stays_readable() -> None:
    mask = masks("prod-web-7d4b9c6f5x-login")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-7d4b9c6f5x", "namespace": "a"}}
    mask.manifests(ManifestSet((Resource.of(body),)))
    assert mask.text("web-7d4b9c6f5x") == "web-7d4b9c6f5x"


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Kx7vQm29Lp", "x7vQm29LpZt4", "aQ1bQ1"])
def test_time_grows_with_the_text_alone(text: str) -> None:
    """A token that repeats itself, and a text that nearly matches it everywhere."""
    mask = masks("Kx7vQm29LpZt4Rw" * 1_000, "aQ1bQ1" * 3_000, "aQ1bQ2" * 3_000)
    mask.text("warm up Kx7vQm29")
    short, long = text * 300, text * 3_000
    started = time.perf_counter()
    mask.text(short)
    middle = time.perf_counter()
    mask.text(long)
    assert time.perf_counter() - middle < 40 * (middle - started) + 1
