"""Charts in a real OCI registry, pushed by the real helm; and what no honest registry does, from a server that lies."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.fetch.source import ChartSource
from pipeline.cli import run
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import ChartRepository, parse_reference
from pipeline.core.errors import PipelineError, UsageError, WorldError
from tests.support.chart_server import Asked, Reply, certificate, serving, tls
from tests.support.charts import pack
from tests.support.oci_registry import PASSWORD, USER, RunningRegistry, files, registry
from tests.support.platforms import platform, verbs, write


@pytest.fixture(autouse=True)
def _no_logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "none.json"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    monkeypatch.setattr("pipeline.adapters.fetch.http_get._WAIT_SECONDS", 0.01)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with registry(tmp_path_factory.mktemp("plain")) as one:
        one.push("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "1.2.3+b1")
        one.push("v1.0.0", "v2.0.0", name="late")
        one.push("1.0.0+b1", "1.0.0+b2", name="builds")
        yield one


def fetch(
    host: str, chart: str, version: str = "", revision: str = "", *, root: Any = Path(), **settings: Any
) -> Fetched:
    own = ChartRepository("shop", f"oci://{host}/charts", **settings)
    return ChartSource(root, {"shop": own}).fetch(parse_reference(chart, [own]), version, None, revision)


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("", "1.10.0"),
        ("^1", "1.10.0"),
        ("~1.9", "1.9.0"),
        ("1.9.0", "1.9.0"),
        (">=1-0", "2.0.0-rc.1"),
        ("1.2.3+b1",) * 2,
    ],
)
def test_versions_are_those_that_helm_takes(plain: RunningRegistry, tmp_path: Path, version: str, found: str) -> None:
    fetched = fetch(plain.host, "shop/web", version, plain_http=True)
    assert fetched.version == found
    asked = ["--version", version] if version else []
    plain.helm("pull", f"oci://{plain.host}/charts/web", *asked, "--plain-http", "--destination", str(tmp_path))
    theirs = next(tmp_path.glob("*.tgz")).read_bytes()
    assert fetched.archive == f"sha256:{hashlib.sha256(theirs).hexdigest()}"
    assert fetched.source == f"oci://{plain.host}/charts/web"
    assert fetched.revision.startswith("sha256:")


def test_a_digest_pins_and_is_held_against_the_version(plain: RunningRegistry) -> None:
    where = f"oci://{plain.host}/charts/web"
    old = fetch(plain.host, "shop/web", "1.9.0", plain_http=True)
    assert fetch(plain.host, f"{where}@{old.revision}", plain_http=True) == old
    assert fetch(plain.host, "shop/web", "^1", old.revision, plain_http=True) == old
    assert fetch(plain.host, f"{where}:1.9.0@{old.revision}", plain_http=True) == old
    with pytest.raises(UsageError, match=r"is version 1.9.0, but '1.10.0' was requested"):
        fetch(plain.host, f"{where}@{old.revision}", "1.10.0", plain_http=True)
    with pytest.raises(WorldError, match="has no manifest"):
        fetch(plain.host, f"{where}@sha256:{'0' * 64}", plain_http=True)


@pytest.mark.parametrize(
    ("chart", "version", "words"),
    [
        ("shop/web", "1.9.1", "did you mean 1.9.0"),
        ("shop/web", "^7", "it has 2.0.0-rc.1, 1.10.0"),
        ("shop/web", "1.9", "in a registry 1.9 is a tag; the range is written ~1.9"),
        ("shop/late", "1.0.0", "did you mean v1.0.0"),
        ("shop/late", "^1", "pin the one you want: version: v1.0.0"),
        ("shop/builds", "^1", "pin the one you want: version: 1.0.0[+]b1"),
        ("shop/none", "", "check its name and your login"),
        ("shop/web", "^1^", "a range in Helm's syntax"),
    ],
)
def test_what_is_not_there_or_is_chance_is_told(plain: RunningRegistry, chart: str, version: str, words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        fetch(plain.host, chart, version, plain_http=True)


def test_plain_http_is_spoken_only_where_it_is_asked_for(plain: RunningRegistry) -> None:
    with pytest.raises(WorldError, match="https://"):
        fetch(plain.host, "shop/web", "1.0.0")


def test_a_tag_that_a_version_beside_it_contradicts_is_refused(plain: RunningRegistry) -> None:
    with pytest.raises(UsageError, match=r"has the tag 1.9.0, and the version asked for is 1.10.0"):
        fetch(plain.host, f"oci://{plain.host}/charts/web:1.9.0", "1.10.0", plain_http=True)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    home = tmp_path_factory.mktemp("private")
    with registry(home, login=True, certificate=certificate(home, "registry")) as one:
        flags = ["--username", USER, "--password", PASSWORD, "--ca-file", str(home / "registry.pem")]
        one.helm("registry", "login", one.host, *flags)
        one.push("1.0.0", "1.1.0")
        yield one


def helper(home: Path, answer: str, code: int = 0) -> Path:
    """A credential helper that answers so, and writes down what it was asked."""
    program = home / "bin" / "docker-credential-test"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"#!/bin/sh\ncat > '{home}/asked'\necho \"$1\" >> '{home}/asked'\necho '{answer}'\nexit {code}\n"
    )
    program.chmod(0o755)
    return program.parent


def test_the_logins_of_helm_and_docker_are_taken_as_they_are(
    private: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = {"ca_file": str(private.home / "registry.pem")}
    with pytest.raises(WorldError, match="asks for a login") as caught:
        fetch(private.host, "shop/web", **ca)
    assert f"helm registry login {private.host}" in caught.value.hint
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(private.home / "helm.json"))
    assert fetch(private.host, "shop/web", **ca).version == "1.1.0"
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", "/nonexistent")
    packed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {f"https://{private.host}/v1/": {"auth": packed}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert fetch(private.host, "shop/web", "1.0.0", **ca).version == "1.0.0"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD})
    monkeypatch.setenv("PATH", f"{helper(tmp_path, answer)}:/usr/bin:/bin")
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {private.host: "test"}}))
    assert fetch(private.host, "shop/web", **ca).version == "1.1.0"
    assert (tmp_path / "asked").read_text() == f"{private.host}get\n"
    helper(tmp_path, PASSWORD, code=1)
    with pytest.raises(WorldError, match="docker-credential-test exited with 1") as caught:
        fetch(private.host, "shop/web", **ca)
    assert PASSWORD not in str(caught.value)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "test"}))
    helper(tmp_path, "credentials not found in native keychain", code=1)
    with pytest.raises(WorldError, match="asks for a login"):
        fetch(private.host, "shop/web", **ca)


def test_the_login_of_pipeline_yaml_comes_first(private: RunningRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"username_env": "U", "password_env": "P", "ca_file": str(private.home / "registry.pem")}
    monkeypatch.setenv("U", USER)
    monkeypatch.setenv("P", PASSWORD)
    assert fetch(private.host, "shop/web", **settings).version == "1.1.0"
    monkeypatch.setenv("P", "wrong-password")
    with pytest.raises(WorldError, match="401") as caught:
        fetch(private.host, "shop/web", **settings)
    assert "wrong-password" not in str(caught.value)
    assert "does not take the credentials" in caught.value.hint


def chart_of(version: str = "1.0.0", name: str = "web") -> bytes:
    return pack({f"{name}/{file}": text for file, text in files(name, version).items()})


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest(layer: bytes, **more: Any) -> bytes:
    row = {
        "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        "digest": digest(layer),
        "size": len(layer),
    }
    config = {"mediaType": "application/vnd.cncf.helm.config.v1+json"}
    return json.dumps({"schemaVersion": 2, "config": config, "layers": [row]} | more).encode()


def answers(what: bytes, layer: bytes, **headers: str) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if "/manifests/" in asked.path:
            return Reply(200, what, {name.replace("_", "-"): text for name, text in headers.items()})
        return Reply(200, layer)

    return answer


GOOD = chart_of()
BAD = [
    (manifest(GOOD), GOOD[:-1] + b"x", {}, "its layer is sha256:"),
    (manifest(GOOD), GOOD, {"Docker_Content_Digest": f"sha256:{'0' * 64}"}, "its manifest is sha256:"),
    (manifest(GOOD, layers=[]), GOOD, {}, "0 layers with a chart"),
    (manifest(GOOD, config={"mediaType": "application/vnd.oci.image.config.v1+json"}), GOOD, {}, "is not a Helm chart"),
    (b"<html>", GOOD, {}, "not JSON"),
    (manifest(chart_of("1.0.1")), chart_of("1.0.1"), {}, "the tag 1.0.0 holds version 1.0.1"),
    (manifest(chart_of(name="other")), chart_of(name="other"), {}, "holds the chart 'other'"),
    (manifest(GOOD).replace(b"sha256:", b"sha512:"), GOOD, {}, "names no sha256 digest"),
    (manifest(GOOD).replace(f'"size": {len(GOOD)}'.encode(), b'"size": 99999999999'), GOOD, {}, "larger than 100 MiB"),
    (b'{"manifests": []}', GOOD, {}, "an index of 0 manifests"),
]


@pytest.mark.parametrize(("what", "layer", "headers", "words"), BAD)
def test_a_registry_that_lies_is_refused(what: bytes, layer: bytes, headers: dict[str, str], words: str) -> None:
    with serving(answers(what, layer, **headers)) as server, pytest.raises(WorldError, match=words):
        fetch(server.url.removeprefix("http://"), "shop/web", "1.0.0", plain_http=True)


def token_service(asked: Asked, url: str) -> Reply | None:
    if asked.path.startswith("/token"):
        return Reply(200, json.dumps({"token": "the-token"}).encode())
    if asked.headers.get("authorization") != "Bearer the-token":
        scope = "repository:charts/web:pull"
        return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{url}/token",service="here",scope="{scope}"'})
    return None


def test_a_token_is_asked_for_with_the_login_and_sent_to_the_registry_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("U", USER)
    monkeypatch.setenv("P", PASSWORD)
    pem, key = certificate(tmp_path, "server")
    with serving(lambda _: Reply(200, GOOD), tls(pem, key)) as storage:

        def answer(asked: Asked) -> Reply:
            if "/blobs/" in asked.path and asked.headers.get("authorization") == "Bearer the-token":
                return Reply(307, headers={"Location": f"{storage.url}/blob?sig=1"})
            return token_service(asked, server.url) or answers(manifest(GOOD), GOOD)(asked)

        with serving(answer, tls(pem, key)) as server:
            host, settings = server.url.removeprefix("https://"), {"username_env": "U", "password_env": "P"}
            assert fetch(host, "shop/web", "1.0.0", root=tmp_path, ca_file="server.pem", **settings).version == "1.0.0"
        asked = {one.path.partition("?")[0]: one.headers.get("authorization", "") for one in server.asked}
        query = next(one.path for one in server.asked if one.path.startswith("/token"))
    assert asked["/token"].startswith("Basic ")
    assert "service=here" in query
    assert "scope=repository%3Acharts%2Fweb%3Apull" in query
    assert storage.headers("authorization") == [""]


def test_an_identity_token_is_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: token_service(asked, server.url) or answers(manifest(GOOD), GOOD)(asked)) as server:
        host = server.url.removeprefix("http://")
        (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"identitytoken": "of-my-account"}}}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        assert fetch(host, "shop/web", "1.0.0", plain_http=True).version == "1.0.0"
        posted = [one for one in server.asked if one.method == "POST"]
    assert b"refresh_token=of-my-account" in posted[0].body
    assert b"grant_type=refresh_token" in posted[0].body


def test_a_token_service_without_tls_gets_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("U", USER)
    monkeypatch.setenv("P", PASSWORD)
    pem, key = certificate(tmp_path, "server")
    with serving(lambda _: Reply(200)) as thief:
        challenge = {"WWW-Authenticate": f'Bearer realm="{thief.url}/token"'}
        with serving(lambda _: Reply(401, headers=challenge), tls(pem, key)) as server:
            host = server.url.removeprefix("https://")
            with pytest.raises(WorldError, match="does not use https"):
                fetch(
                    host, "shop/web", "1.0.0", root=tmp_path, ca_file="server.pem", username_env="U", password_env="P"
                )
    assert thief.asked == []


def pages(asked: Asked) -> Reply:
    """Unsorted tags on three pages."""
    number = int(asked.path.partition("last=")[2] or 0)
    tags = [["0.9.0", "latest"], ["1.10.0", "1.2.0"], ["1.9.0", "sha256-abc.sig"]][number]
    link = {"Link": f'</v2/charts/web/tags/list?n=2&last={number + 1}>; rel="next"'} if number < 2 else {}
    return Reply(200, json.dumps({"name": "charts/web", "tags": tags}).encode(), link)


def test_tags_are_read_from_every_page_and_need_no_order() -> None:
    def answer(asked: Asked) -> Reply:
        return pages(asked) if "/tags/" in asked.path else answers(manifest(layer), layer)(asked)

    layer = chart_of("1.10.0")
    with serving(answer) as server:
        assert fetch(server.url.removeprefix("http://"), "shop/web", "^1", plain_http=True).version == "1.10.0"
        assert sum("/tags/" in path for path in server.paths()) == 3
        assert any(path.endswith("/manifests/1.10.0") for path in server.paths())


def test_a_registry_that_ignores_pages_is_not_asked_for_ever() -> None:
    def answer(asked: Asked) -> Reply:
        body = json.dumps({"tags": ["1.0.0"]}).encode()
        link = {"Link": "</v2/charts/web/tags/list?n=1&last=1.0.0>; rel=next"}
        return Reply(200, body, link) if "/tags/" in asked.path else answers(manifest(GOOD), GOOD)(asked)

    with serving(answer) as server:
        assert fetch(server.url.removeprefix("http://"), "shop/web", plain_http=True).version == "1.0.0"
        assert sum("/tags/" in path for path in server.paths()) == 2


def test_a_list_of_tags_leads_to_no_other_server() -> None:
    with serving(lambda _: Reply(200)) as other:
        link = {"Link": f"<{other.url}/v2/charts/web/tags/list>; rel=next"}
        with (
            serving(lambda _: Reply(200, b'{"tags": ["1.0.0"]}', link)) as server,
            pytest.raises(WorldError, match="continues on another server"),
        ):
            fetch(server.url.removeprefix("http://"), "shop/web", plain_http=True)
    assert other.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "oci://host",
        "oci://",
        "oci://host/UPPER",
        "oci://user:pw@host/a",
        "oci://host/a@sha256:12",
        "oci://host/../a",
        "oci://host/a?x=1",
    ],
)
def test_what_names_no_chart_in_a_registry_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a chart in a registry") as caught:
        parse_reference(text)
    assert "pw" not in str(caught.value)


def test_charts_of_a_registry_are_vendored_locked_and_compared(
    plain: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = f"repositories: {{shop: {{url: 'oci://{plain.host}/charts', plainHTTP: true}}}}\n"
    write(root, {"pipeline.yaml": f"{settings}releases: [{{name: web, chart: shop/web, namespace: a, version: ^1}}]\n"})
    verbs("vendor", "vendor --locked", "vendor")
    lock = (root / "pipeline.lock").read_text()
    assert f"source: oci://{plain.host}/charts/web" in lock
    assert "revision: sha256:" in lock
    capsys.readouterr()
    old, new = (f"chart:oci://{plain.host}/charts/web@{version}" for version in ("1.9.0", "^1"))
    assert run(["diff", old, new, "--engine", "embedded"]) == 0
    assert "web 1.9.0 → 1.10.0" in capsys.readouterr().out
    assert run(["diff", "chart:shop/web@1.9.0", "chart:shop/web@1.10.0", "--engine", "embedded"]) == 0
    assert run(["diff", "chart:shop/wep@1.9.0", new, "--engine", "embedded"]) == 1
    assert "has no repository charts/wep" in capsys.readouterr().err


def test_the_tags_of_a_registry_are_its_newer_versions(
    plain: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    settings = f"repositories: {{shop: {{url: 'oci://{plain.host}/charts', plainHTTP: true}}}}\n"
    write(
        root, {"pipeline.yaml": f"{settings}releases: [{{name: web, chart: shop/web, namespace: a, version: 1.9.0}}]\n"}
    )
    verbs("vendor")
    capsys.readouterr()
    assert run(["outdated", "--detailed-exitcode"]) == 2
    assert "1.10.0" in capsys.readouterr().out
