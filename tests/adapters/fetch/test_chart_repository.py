"""Chart repositories over real sockets: credentials, TLS, redirects, the cache of indexes, and what goes wrong."""

import hashlib
from functools import cache
from pathlib import Path

import pytest

from pipeline.adapters.fetch.refused_certificate import refused_certificate
from pipeline.adapters.fetch.source import ChartSource
from pipeline.core.budget import ChartLimits
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import ChartRepository, parse_reference
from pipeline.core.errors import PipelineError, UsageError, WorldError
from tests.support.chart_server import Asked, Reply, certificate, files, serving, tls
from tests.support.charts import pack

SECRET = "s3cr3t-of-the-test"


@cache
def web(version: str = "1.0.0") -> bytes:
    return pack({"web/Chart.yaml": f"apiVersion: v2\nname: web\nversion: {version}\n"})


def index(*versions: str, url: str = "web-{}.tgz") -> bytes:
    rows = [
        f"  - version: {one}\n    digest: {hashlib.sha256(web(one)).hexdigest()}\n    urls: ['{url.format(one)}']\n"
        for one in versions
    ]
    return f"apiVersion: v1\nentries:\n  web:\n{''.join(rows)}".encode()


REPOSITORY = {"/a/index.yaml": index("1.0.0", "1.1.0"), "/a/web-1.0.0.tgz": web(), "/a/web-1.1.0.tgz": web("1.1.0")}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("pipeline.adapters.fetch.http_get._WAIT_SECONDS", 0.01)


def fetch(root: Path, repository: ChartRepository, version: str = "", limits: ChartLimits | None = None) -> Fetched:
    source = ChartSource(root, {repository.name: repository}, limits or ChartLimits())
    return source.fetch(parse_reference(f"{repository.name}/web", [repository]), version)


def only_for(header: str, contents: dict[str, bytes]) -> object:
    serve = files(contents)
    return lambda asked: serve(asked) if asked.headers.get("authorization") == header else Reply(401)


def test_a_token_comes_from_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    monkeypatch.setenv("TOKEN", SECRET)
    with serving(only_for(f"Bearer {SECRET}", REPOSITORY)) as server:  # type: ignore[arg-type]
        for one in (
            ChartRepository("shop", f"{server.url}/a", token_env="TOKEN"),
            ChartRepository("shop", f"{server.url}/a", token_file="token"),
        ):
            assert fetch(tmp_path, one).version == "1.1.0"
        with pytest.raises(WorldError, match="401") as caught:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))
    assert "tokenEnv" in caught.value.hint


def test_a_token_that_would_end_its_header_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", f"{SECRET}\r\nX-Other: 1")
    with pytest.raises(UsageError, match=r"\$TOKEN holds a control character") as caught:
        fetch(tmp_path, ChartRepository("shop", "http://127.0.0.1:1/a", token_env="TOKEN"))
    assert SECRET not in str(caught.value)


def test_a_variable_that_is_empty_is_told_before_anybody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "")
    with pytest.raises(UsageError, match=r"\$TOKEN is empty"):
        fetch(tmp_path, ChartRepository("shop", "http://127.0.0.1:1/a", token_env="TOKEN"))


@pytest.mark.parametrize(
    ("words", "meaning", "hint"),
    [
        ("unable to get local issuer certificate (_ssl.c:1006)", "unable to get local issuer certificate", "caFile"),
        ("certificate has expired (_ssl.c:1006)", "certificate has expired", "check the URL"),
        ("Hostname mismatch, certificate is not valid for 'a'.", "Hostname mismatch", "check the URL"),
    ],
)
def test_why_a_certificate_is_not_trusted_is_told_in_words(words: str, meaning: str, hint: str) -> None:
    told = refused_certificate(f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {words}")
    assert told is not None
    assert told[0].startswith(f"its certificate is not trusted: {meaning}")
    assert not told[0].endswith(")")
    assert hint in told[1]


@pytest.mark.parametrize(
    "alert", ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE"]
)
def test_that_a_server_wants_our_certificate_is_told(alert: str) -> None:
    told = refused_certificate(f"[SSL: {alert}] words of it (_ssl.c:2580)")
    assert told is not None
    assert "certFile" in told[1]
    assert refused_certificate("[Errno 111] Connection refused") is None


def test_both_sides_show_a_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server_pem, server_key = certificate(tmp_path, "server")
    pem, key = certificate(tmp_path, "client")
    monkeypatch.setenv("CA", server_pem.read_text())
    monkeypatch.setenv("KEY", key.read_text())
    with serving(files(REPOSITORY), tls(server_pem, server_key, clients=pem)) as server:
        where = f"{server.url}/a"
        of_files = ChartRepository("shop", where, ca_file="server.pem", cert_file=str(pem), key_file=str(key))
        of_variables = ChartRepository("shop", where, ca_env="CA", cert_file=str(pem), key_env="KEY")
        assert fetch(tmp_path, of_files).version == fetch(tmp_path, of_variables).version == "1.1.0"
        with pytest.raises(WorldError):
            fetch(tmp_path, ChartRepository("shop", where, ca_file="server.pem"))
        with pytest.raises(WorldError, match="not trusted: self-signed certificate") as caught:
            fetch(tmp_path, ChartRepository("shop", where))
        assert "caFile" in caught.value.hint
        with pytest.raises(UsageError, match="certificates cannot be read"):
            fetch(tmp_path, ChartRepository("shop", where, ca_file="client.key"))


def test_a_query_of_the_repository_is_put_on_what_is_relative(tmp_path: Path) -> None:
    """As Helm does it: presigned URLs. Nothing that is shown or locked has it."""
    signed = f"?sig={SECRET}"
    with serving(lambda asked: files(REPOSITORY)(asked) if asked.path.endswith(signed) else Reply(403)) as server:
        fetched = fetch(tmp_path, ChartRepository("shop", f"{server.url}/a{signed}"))
        assert server.paths() == [f"/a/index.yaml{signed}", f"/a/web-1.1.0.tgz{signed}"]
        assert fetched.source == f"{server.url}/a/web"
        assert not (tmp_path / "cache").exists()
        with pytest.raises(UsageError) as caught:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a{signed}"), "9")
    assert SECRET not in str(caught.value)


def test_a_query_goes_to_no_other_host(tmp_path: Path) -> None:
    with serving(files(REPOSITORY)) as other:
        listed = index("1.0.0", url=f"{other.url}/a/web-{{}}.tgz")
        with serving(files({"/a/index.yaml": listed})) as server:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a?sig={SECRET}"))
        assert other.paths() == ["/a/web-1.0.0.tgz"]


def test_a_redirect_takes_no_credential_to_another_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", SECRET)
    with serving(files(REPOSITORY)) as other:

        def away(asked: Asked) -> Reply:
            if asked.path.startswith("/a"):
                return Reply(307, headers={"Location": f"/moved{asked.path}"})
            return Reply(302, headers={"Location": f"{other.url}{asked.path.removeprefix('/moved')}"})

        with serving(away) as server:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a", token_env="TOKEN"))
            assert set(server.headers("authorization")) == {f"Bearer {SECRET}"}
    assert other.headers("authorization") == ["", ""]


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path, "server")
    with (
        serving(files(REPOSITORY)) as plain,
        serving(lambda asked: Reply(302, headers={"Location": plain.url + asked.path}), tls(pem, key)) as server,
        pytest.raises(WorldError, match="plain http"),
    ):
        fetch(tmp_path, ChartRepository("shop", f"{server.url}/a", ca_file="server.pem"))
    assert plain.asked == []


@pytest.mark.parametrize(
    ("sent", "asked"),
    [({"ETag": '"7"'}, "if-none-match"), ({"Last-Modified": "Sat, 28 Nov 2026 10:00:00 GMT"}, "if-modified-since")],
)
def test_an_index_that_has_not_changed_is_not_sent_again(tmp_path: Path, sent: dict[str, str], asked: str) -> None:
    def answer(one: Asked) -> Reply:
        if one.path.endswith(".tgz"):
            return files(REPOSITORY)(one)
        same = one.headers.get(asked) == next(iter(sent.values()))
        return Reply(304) if same else Reply(200, REPOSITORY["/a/index.yaml"], sent)

    with serving(answer) as server:
        repository = ChartRepository("shop", f"{server.url}/a")
        assert fetch(tmp_path, repository) == fetch(tmp_path, repository)
        assert [bool(header) for header in server.headers(asked)] == [False, False, True, False]


def test_an_index_that_may_hold_a_credential_is_not_kept(tmp_path: Path) -> None:
    with serving(files(REPOSITORY)) as other:
        listed = index("1.0.0", url=f"{other.url}/a/web-{{}}.tgz?sig={SECRET}")
        with serving(lambda _: Reply(200, listed, {"ETag": '"1"'})) as server:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_server_says_how_long_to_wait(tmp_path: Path) -> None:
    def busy(asked: Asked) -> Reply:
        first = sum(one.path == asked.path for one in server.asked) == 1
        return Reply(429, headers={"Retry-After": "0"}) if first else files(REPOSITORY)(asked)

    with serving(busy) as server:
        assert fetch(tmp_path, ChartRepository("shop", f"{server.url}/a")).version == "1.1.0"
        server.answer = lambda _: Reply(503, headers={"Retry-After": "3600"})
        with pytest.raises(WorldError, match="asks to wait 3600 s"):
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))


def test_half_an_answer_is_asked_for_again(tmp_path: Path) -> None:
    def once_cut(asked: Asked) -> Reply:
        whole = files(REPOSITORY)(asked)
        return Reply(200, whole.body, cut=sum(one.path == asked.path for one in server.asked) == 1)

    with serving(once_cut) as server:
        assert fetch(tmp_path, ChartRepository("shop", f"{server.url}/a")).version == "1.1.0"
        assert len(server.asked) == 4


def test_a_dead_repository_is_asked_once_for_all_its_charts(tmp_path: Path) -> None:
    with serving(lambda _: Reply(404)) as server:
        repository = ChartRepository("shop", f"{server.url}/a?sig={SECRET}")
        source = ChartSource(tmp_path, {})
        for name in ("one", "two", "three"):
            with pytest.raises(WorldError, match="404") as caught:
                source.fetch(parse_reference(f"shop/{name}", [repository]), "")
            assert SECRET not in str(caught.value)
        assert len(server.asked) == 1


BUILDS = """apiVersion: v1
entries:
  web:
  - {version: 1.1.0+b1, urls: [a.tgz]}
  - {version: 1.1.0+b2, urls: [b.tgz]}
  - {version: 1.0.0, urls: [web-1.0.0.tgz]}
"""


@pytest.mark.parametrize(
    ("text", "version", "words"),
    [
        (BUILDS, "", r"1.1.0\+b1 and 1.1.0\+b2 in shop are equal versions"),
        (BUILDS, "^1.1", r"1.1.0\+b1 and 1.1.0\+b2 in shop are equal versions"),
        (BUILDS, "1.1.0", "are equal versions"),
        (BUILDS.replace("+b2", "+b1"), "1.1.0+b1", "has version 1.1.0.b1 twice, and they differ"),
        (f"{BUILDS}  web:\n  - {{version: 1.0.0, urls: [x]}}\n", "1.0.0", "has 'web' twice, and Helm refuses"),
        (f"{BUILDS}  other: []\n  other: []\n", "1.0.0", "has 'other' twice, and Helm refuses"),
        ('apiVersion: v1\nentries: {"web": [], "web": []}', "", "has 'web' twice, and Helm refuses"),
        (BUILDS.replace("[a.tgz]", "[a.tgz], version: 1.1.1"), "1.0.0", "has 'version' twice"),
    ],
)
def test_what_helm_would_take_by_chance_or_refuse_is_an_error(
    tmp_path: Path, text: str, version: str, words: str
) -> None:
    with (
        serving(files({"/a/index.yaml": text.encode(), "/a/web-1.0.0.tgz": web()})) as server,
        pytest.raises(PipelineError, match=words),
    ):
        fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"), version)


def test_a_build_that_is_pinned_is_taken(tmp_path: Path) -> None:
    with serving(files({"/a/index.yaml": BUILDS.encode(), "/a/b.tgz": web("1.1.0+b2")})) as server:
        assert fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"), "1.1.0+b2").version == "1.1.0+b2"


def test_an_index_in_json_is_read_as_helm_reads_it(tmp_path: Path) -> None:
    text = b'{"apiVersion": "v1", "entries": {"web": [{"version": "1.0.0", "urls": ["web-1.0.0.tgz"]}]}}'
    with serving(files(REPOSITORY | {"/a/index.yaml": text})) as server:
        assert fetch(tmp_path, ChartRepository("shop", f"{server.url}/a")).version == "1.0.0"


def test_an_index_with_a_million_entries_is_read(tmp_path: Path) -> None:
    others = "".join(f"  c{number:07}:\n  - version: 1.0.0\n    urls: [a]\n" for number in range(1_000_000))
    with serving(files(REPOSITORY | {"/a/index.yaml": REPOSITORY["/a/index.yaml"] + others.encode()})) as server:
        source = ChartSource(tmp_path, {})
        assert source.fetch(parse_reference(f"{server.url}/a/web"), "").version == "1.1.0"
        with pytest.raises(UsageError, match="isn't in the repository"):
            source.fetch(parse_reference(f"{server.url}/a/c000000"), "")


def test_more_versions_than_can_be_held_are_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.core.yaml.reader._MAX_NODES", 1000)
    with serving(files({"/a/index.yaml": index(*(f"1.0.{n}" for n in range(400)))})) as server:
        with pytest.raises(WorldError) as error:
            fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))
        assert f"{server.url}/a/index.yaml is too large: line " in str(error.value)
        assert ": over 1,000 values\n" in str(error.value)


@pytest.mark.parametrize("digest", ["0" * 64, "12345", "1e5", "false"])
def test_a_digest_that_is_no_text_is_none_of_the_archive(tmp_path: Path, digest: str) -> None:
    text = index("1.0.0").replace(hashlib.sha256(web()).hexdigest().encode(), digest.encode())
    with (
        serving(files({**REPOSITORY, "/a/index.yaml": text})) as server,
        pytest.raises(WorldError, match="does not match its index"),
    ):
        fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))


def test_a_million_entries_in_an_unusual_form_are_refused(tmp_path: Path) -> None:
    text = "entries: {" + ",".join(f"c{number:07}: []" for number in range(1_300_000)) + "}"
    with (
        serving(files({"/a/index.yaml": text.encode()})) as server,
        pytest.raises(WorldError, match="not laid out as Helm writes it"),
    ):
        fetch(tmp_path, ChartRepository("shop", f"{server.url}/a"))


@pytest.mark.parametrize(
    ("chart", "version", "words"),
    [
        ("wep", "", "did you mean web?"),
        ("web", "1.0.1", "did you mean 1."),
        ("web", "3", "it has 1.1.0"),
    ],
)
def test_the_nearest_names_are_told(tmp_path: Path, chart: str, version: str, words: str) -> None:
    with serving(files(REPOSITORY)) as server, pytest.raises(UsageError) as caught:
        ChartSource(tmp_path, {}).fetch(parse_reference(f"{server.url}/a/{chart}"), version)
    assert words in caught.value.hint


def test_an_archive_by_url_gets_the_credentials_of_the_repository_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", SECRET)
    with serving(only_for(f"Bearer {SECRET}", REPOSITORY)) as server:  # type: ignore[arg-type]
        repository = ChartRepository("shop", f"{server.url}/a", token_env="TOKEN")
        reference = parse_reference(f"{server.url}/a/web-1.0.0.tgz?x=1", [repository])
        fetched = ChartSource(tmp_path, {"shop": repository}).fetch(reference, "")
    assert (fetched.version, fetched.source) == ("1.0.0", f"{server.url}/a/web-1.0.0.tgz")
