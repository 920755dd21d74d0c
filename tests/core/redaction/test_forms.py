"""Every form in which a value may stand elsewhere, and every part of it: each is masked, and ordinary words are not."""

import base64
import gzip
import hashlib
import html
import json
import re
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest

from pipeline.core.redaction.mask import Mask

VALUES = (
    "Tr0ub4dor&3-canary",
    "canary/with+signs=0451",
    'it\'s "q\\uoted" <0451>',
    "pässwörd-kanarie-7",
    "correct-horse-battery",
    "S3cret{{brace}}$HOME%41",
)


def b64(raw: bytes | str) -> str:
    return base64.b64encode(raw.encode() if isinstance(raw, str) else raw).decode()


def z85(value: str) -> str:
    signs = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    raw = value.encode()
    raw += b"\0" * (-len(raw) % 4)
    groups = [int.from_bytes(raw[n : n + 4], "big") for n in range(0, len(raw), 4)]
    return "".join(signs[group // 85**power % 85] for group in groups for power in (4, 3, 2, 1, 0))


FORMS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "base64": b64,
    "base64 for addresses": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 without its end": lambda v: b64(v).rstrip("="),
    "base64 after one byte": lambda v: b64(f"x{v}"),
    "base64 after two bytes, within more": lambda v: b64(f"u:{v} and so on"),
    "base64 three times": lambda v: b64(b64(b64(v))),
    "base64 of JSON of base64": lambda v: b64(json.dumps({"a": {"auth": b64(f"user-a:{v}")}})),
    "base64 of UTF-16": lambda v: b64(v.encode("utf-16-le")),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "base32 without its end": lambda v: base64.b32encode(v.encode()).decode().rstrip("=").lower(),
    "base85": lambda v: base64.b85encode(v.encode()).decode(),
    "base85 of Adobe": lambda v: base64.a85encode(v.encode(), adobe=True).decode(),
    "base85 within more": lambda v: base64.b85encode(f"ab {v} and so on".encode()).decode(),
    "base85 of ZeroMQ": z85,
    "hexadecimal": lambda v: v.encode().hex(),
    "hexadecimal in capitals": lambda v: v.encode().hex().upper(),
    "an address": lambda v: quote(v, safe=""),
    "an address in small letters": lambda v: "".join(f"%{byte:02x}" for byte in v.encode()),
    "JSON": lambda v: json.dumps(v)[1:-1],
    "JSON in JSON": lambda v: json.dumps(json.dumps(v, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1],
    "JSON in numbers": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "HTML": html.escape,
    "HTML with Go's entities": lambda v: html.escape(v).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "HTML in numbers": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "capitals": str.upper,
    "small letters": str.lower,
    "Helm's title": lambda v: re.sub(r"(?<!\w)\w", lambda found: found.group().upper(), v),
    "reversed": lambda v: v[::-1],
    "reversed base64": lambda v: b64(v)[::-1],
    "gzip in base64": lambda v: b64(gzip.compress(f"password {v} and more".encode())),
    "gzip in base64 twice": lambda v: b64(b64(gzip.compress(v.encode(), 1, mtime=0))),
    "zlib in base64": lambda v: b64(zlib.compress(v.encode() * 4)),
    "gzip in hexadecimal": lambda v: gzip.compress(v.encode()).hex(),
    **{
        f"{name} {form}": lambda v, name=name, show=show: show(hashlib.new(name, v.encode()).digest())  # type: ignore[misc]
        for name in ("md5", "sha1", "sha256", "sha512")
        for form, show in {"hex": bytes.hex, "HEX": lambda d: d.hex().upper(), "base64": b64}.items()
    },
    "a checksum of a line": lambda v: hashlib.sha256(f"{v}\n".encode()).hexdigest(),
    "its beginning": lambda v: v[: max(10, (len(v) + 1) // 2)],
    "the beginning of its base64": lambda v: b64(v)[: max(10, (len(b64(v)) + 1) // 2)],
    "a part of a word": lambda v: f"abc{v}def",
}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_masked_in_every_form(value: str) -> None:
    mask = Mask()
    mask.hidden([value])
    for form, made in FORMS.items():
        text = made(value)
        for around in ("{}", "a {} b", 'k: "{}"', "--flag={},x"):
            shown = mask.text(around.format(text))
            assert "<secret #1>" in shown, (form, shown)
            assert text[:10] not in shown, (form, shown)


def test_ten_characters_of_a_token_are_too_many() -> None:
    mask = Mask()
    mask.hidden(["q7Kx93vPzL0m2WnB"])
    assert mask.text("starts with q7Kx93vPzL and q7Kx93vPzLQQ") == "starts with <secret #1>… and <secret #1>…QQ"
    assert mask.text("q7Kx9 is short") == "q7Kx9 is short"


C = "hunter2-Canary"
HELD = {
    "a connection string": f"Server=db;Database=shop;User Id=app;Pwd={C};Encrypt=true",
    "a connection string in quotes": f'host=db user=app password="{C}" sslmode=require',
    "lines": f"# settings\nlevel=info\ndb.pass={C}\nport=5432\n",
    "a line of another name": f"level=info\nX_{'ABC'}={C}\n",
    "redis": f"maxmemory 100mb\nrequirepass {C}\n",
    "redis users": f"user app on >{C} ~* +@all",
    "pgpass": f"db.example.org:5432:shop:app:{C}\n",
    "an address": f"amqp://app:{C}@mq.example.org:5671/vhost",
    "nested YAML": f"db:\n  host: db.example.org\n  pwd: {C}\n",
    "nested YAML of another name": f"db:\n  host: db.example.org\n  thing: {C}\n",
    "a list in nested YAML": f"users:\n- name: app\n  hash: {C}\n",
    "nested JSON": json.dumps({"db": {"host": "x", "masterKey": C}}),
    "JSON of another name": json.dumps({"db": [{"host": "x", "y": C}]}),
    "bearer": f"Bearer {C}",
    "basic": f"Basic {b64(f'app:{C}')}",
    "a header": f"Authorization: Bearer {C}\nAccept: */*",
    "netrc": f"machine git.example.org login app password {C}",
    "htpasswd": f"app:{C}\nother:$2y$05$abcdefghijkl\n",
    "a pull secret": json.dumps({"auths": {"r.example.org": {"auth": b64(f"bot:{C}")}}}),
    "ini": f"[database]\nuser = app\npassword = {C}\n",
    "properties": f"spring.datasource.password: {C}\nspring.datasource.username: app",
    "sql": f"CREATE USER app IDENTIFIED BY '{C}';",
    "a shell": f"export DB_PASSWORD='{C}' && run",
    "Go's address of a database": f"app:{C}@tcp(db.example.org:3306)/shop?tls=true",
    "an address without a scheme": f"app:{C}@db.example.org:5432/shop",
    "Oracle's address": f"app/{C}@db.example.org:1521/shop",
    "an XML element": f"<c><db.password>\n  {C}\n</db.password></c>",
    "an XML element with a key": f'<entry key="db.password">{C}</entry>',
    "an XML attribute": f'<add key="Password" value="{C}"/>',
    "an XML section": f"<c><token><![CDATA[{C}]]></token></c>",
    "base64 of JSON": b64(json.dumps({"p": C})),
    "base64 of YAML in JSON": json.dumps({"file": b64(f"db:\n  password: {C}\n")}),
    "JSON in JSON": json.dumps({"a": json.dumps({"pwd": C})}),
    "XML": f'<add name="db" connectionString="Server=x;Password={C};"/>',
}


@pytest.mark.parametrize("held", HELD)
def test_a_part_of_what_a_secret_holds_is_masked_where_it_stands_alone(held: str) -> None:
    mask = Mask()
    mask.hidden([HELD[held]])
    for text in (C, b64(C), f"--password={C}", quote(C), b64(f"x:{C}")):
        assert "<secret #" in mask.text(f"a {text} b")
        assert text not in mask.text(f"a {text} b")


def test_what_a_configuration_holds_besides_stays_readable() -> None:
    mask = Mask()
    held = (
        "server:\n  host: db.example.org\n  port: 5432\n  image: registry.example.org/web:1.27.3\n"
        "  path: /etc/ssl/certs\n  pinned: web:latest@sha256:0123\n  mail: mailto:someone@example.org\n"
        "  url: https://vault.example.org/v1\n  level: information\n  size: 100Mi\n"
        "  password: hunter2-Canary\n"
    )
    mask.hidden([held])
    text = (
        "db.example.org registry.example.org/web:1.27.3 /etc/ssl/certs https://vault.example.org/v1 information 100Mi"
    )
    assert mask.text(text) == text
    assert mask.text("hunter2-Canary") == "<secret #2>"


def test_what_keys_begin_with_is_no_secret() -> None:
    mask = Mask()
    body = b64(hashlib.sha512(b"1").digest())
    mask.hidden([f"-----BEGIN RSA PRIVATE KEY-----\n{body[:64]}\n-----END RSA PRIVATE KEY-----\n"])
    other = "-----BEGIN RSA PRIVATE KEY-----\nMIIother"
    assert mask.text(other) == other
    assert mask.text(b64(other)) == b64(other)
    assert body[:40] not in mask.text(f"x {body[:40]} y")


def test_a_value_of_ours_that_a_secret_took_into_a_text_is_known() -> None:
    mask = Mask()
    mask.hidden(["all of it: [tok3n-of-ours|more]"])
    mask.taken({"a": {"b": ["tok3n-of-ours", "db.example.org"]}, "c": "other-t0ken"})
    assert mask.text("tok3n-of-ours other-t0ken") != "tok3n-of-ours other-t0ken"
    assert "other-t0ken" in mask.text("tok3n-of-ours other-t0ken")
