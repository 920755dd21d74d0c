"""What earlier comparisons kept changes what a comparison reads, and no byte of its report."""

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import pytest

from pipeline import rules
from pipeline.adapters.charts.load_chart import chart_of
from pipeline.core.charts.lock import folder as chart_folder
from pipeline.core.judge.waivers import Policy
from pipeline.core.ports import NOTHING_KEPT, Memory
from pipeline.core.render.layout import folder_of, index_place
from pipeline.core.render.manifests import parse
from pipeline.core.render.rendered_tree import Inputs, written
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.diff_repository import DiffTerms, diff_repository
from pipeline.flows.kept_sides import KeptSides
from pipeline.flows.read_rendered import RenderedSnapshot, read_rendered
from pipeline.report.structured import document, render

_RULES = rules.load()
_ENVIRONMENT = "prod"
_TOKEN = "s3cr3t-T0ken-Value-0815"
_NAMING = "q7w8e9r0t1y2u3"
"""The value of a Secret that a chart makes the name of an object."""
_CHART = {"Chart.yaml": b"name: web\nversion: 1.0.0\n", "values.yaml": b"replicas: 1\n"}

Releases = dict[str, dict[str, str]]
"""By release: the manifests of its objects by a name that only this test uses."""


class _Kept:
    """Also counts what was asked of it."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def put(self, key: str, content: bytes) -> None:
        self.entries[key] = content


class _Files:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.read_paths: list[str] = []

    def ids(self, prefix: str) -> Mapping[str, str]:
        below = {path: data for path, data in sorted(self.files.items()) if path.startswith(f"{prefix}/")}
        return {path: hashlib.sha256(data).hexdigest() for path, data in below.items()}

    def paths(self, prefix: str) -> Iterable[str]:
        return self.ids(prefix)

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(paths)
        self.read_paths += wanted
        return {path: self.files[path] for path in wanted if path in self.files}


def _crd(*versions: str) -> str:
    several = ", ".join(
        f"{{name: {name}, served: true, storage: {str(not n).lower()}, schema: {{openAPIV3Schema: {{type: object, "
        f"properties: {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}}}"
        for n, name in enumerate(versions)
    )
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n"
        f"spec: {{group: example.com, scope: Namespaced, names: {{kind: Widget, plural: widgets}}, "
        f"versions: [{several}]}}\n"
    )


def _object(kind: str, name: str, more: str = "", api: str = "v1", metadata: str = "") -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}{metadata}}}\n{more}"


def _deployment(name: str, image: str = "shop/web:1", labels: str = "", account: str = "default") -> str:
    app = f"app: {name}{labels}"
    return _object(
        "Deployment",
        name,
        f"spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{{app}}}}}, spec: "
        f"{{serviceAccountName: {account}, containers: [{{name: main, image: '{image}', ports: [{{name: http, "
        f"containerPort: 80}}], envFrom: [{{configMapRef: {{name: settings}}}}]}}]}}}}}}\n",
        "apps/v1",
    )


def _service(name: str, port: int = 80) -> str:
    return _object("Service", name, f"spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: {port}}}]}}\n")


def _ingress(name: str, service: str) -> str:
    path = f"{{path: /, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}"
    rule = f"spec: {{ingressClassName: nginx, rules: [{{host: {name}.example.org, http: {{paths: [{path}]}}}}]}}\n"
    return _object("Ingress", name, rule, "networking.k8s.io/v1")


def _webhook(name: str, service: str, kinds: str = "pods") -> str:
    return _object(
        "ValidatingWebhookConfiguration",
        name,
        f"webhooks: [{{name: {name}.example.org, failurePolicy: Fail, sideEffects: None, "
        f"admissionReviewVersions: [v1], "
        f"rules: [{{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: [{kinds}]}}], "
        f"clientConfig: {{service: {{name: {service}, namespace: shop}}}}}}]\n",
        "admissionregistration.k8s.io/v1",
    )


def _binding(name: str, role: str, account: str) -> str:
    return _object(
        "RoleBinding",
        name,
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {role}}}\n"
        f"subjects: [{{kind: ServiceAccount, name: {account}, namespace: shop}}]\n",
        "rbac.authorization.k8s.io/v1",
    )


def _role(name: str, verbs: str = "get") -> str:
    rule = f"rules: [{{apiGroups: [''], resources: [secrets], verbs: [{verbs}]}}]\n"
    return _object("Role", name, rule, "rbac.authorization.k8s.io/v1")


def _start() -> Releases:
    return {
        "web": {
            "deployment": _deployment("web", account="runner"),
            "service": _service("web"),
            "settings": _object("ConfigMap", "settings", "data: {mode: fast}\n"),
            "secret": _object("Secret", "token", f"stringData: {{token: {_TOKEN}}}\n"),
            "copy": _object("ConfigMap", "copy", f"data: {{token: {_TOKEN}}}\n"),
            "key": _object("Secret", "key", f"stringData: {{key: {_NAMING}}}\n"),
            "named": _object("ConfigMap", _NAMING, "data: {a: b}\n"),
        },
        "operator": {
            "crd": _crd("v1", "v1beta1"),
            "deployment": _deployment("operator"),
            "service": _service("operator"),
            "webhook": _webhook("operator", "operator"),
        },
        "users": {
            "widget": _object("Widget", "one", "spec: {size: 1}\n", "example.com/v1beta1"),
            "ingress": _ingress("front", "web"),
            "monitor": _object(
                "ServiceMonitor",
                "web",
                "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}\n",
                "monitoring.coreos.com/v1",
            ),
        },
        "access": {
            "account": _object("ServiceAccount", "runner"),
            "role": _role("reader"),
            "binding": _binding("reader", "reader", "runner"),
            "uses": _object("ConfigMap", "uses", "data: {key: none}\n"),
            "psp": _object("PodSecurityPolicy", "old", "spec: {privileged: true}\n", "policy/v1beta1"),
        },
        "aside": {"lease": _object("Lease", "aside", "spec: {}\n", "coordination.k8s.io/v1")},
        "mesh": {
            "route": _object(
                "VirtualService",
                "web",
                "spec: {hosts: [web.shop.svc.cluster.local], http: [{route: [{destination: {host: "
                "web.shop.svc.cluster.local, subset: a}}]}]}\n",
                "networking.istio.io/v1",
            ),
            "rule": _object(
                "DestinationRule",
                "web",
                "spec: {host: web.shop.svc.cluster.local, subsets: [{name: a, labels: {app: web}}]}\n",
                "networking.istio.io/v1",
            ),
        },
    }


def _edits() -> list[tuple[str, str, str | None]]:
    """One object of one release: written otherwise, added, or taken away."""
    return [
        ("access", "uses", _object("ConfigMap", "uses", f"data: {{key: {_NAMING}}}\n")),
        ("operator", "crd", None),
        ("operator", "crd", _crd("v1")),
        ("operator", "crd", _crd("v1", "v1beta1", "v2")),
        ("users", "widget", None),
        ("users", "widget", _object("Widget", "one", "spec: {size: big}\n", "example.com/v1")),
        ("users", "crd", _crd("v1")),
        ("web", "service", None),
        ("web", "service", _service("web", 81)),
        ("web", "service", _service("website")),
        ("web", "deployment", _deployment("web", "shop/web:2", account="runner")),
        ("web", "deployment", _deployment("web", labels=", tier: a", account="other")),
        ("web", "deployment", None),
        ("web", "settings", None),
        ("web", "settings", _object("ConfigMap", "settings", "data: {mode: safe}\n")),
        ("web", "secret", None),
        ("web", "secret", _object("Secret", "token", "stringData: {token: another-T0ken-Value, more: 0xFEEDBEEF99}\n")),
        ("access", "secret", _object("Secret", "before", "stringData: {token: yet-another-T0ken}\n")),
        ("access", "account", None),
        ("access", "role", None),
        ("access", "role", _role("reader", "get, list, '*'")),
        ("access", "binding", _binding("reader", "reader", "runner2")),
        ("access", "binding", _binding("reader", "writer", "runner")),
        ("access", "webhook", _webhook("all", "web", "'*'")),
        ("access", "webhook", _webhook("all", "nowhere", "widgets")),
        ("access", "quota", _object("ResourceQuota", "q", "spec: {hard: {pods: '1'}}\n")),
        ("access", "namespace", _object("Namespace", "shop", metadata=", labels: {istio-injection: enabled}")),
        ("users", "ingress", None),
        ("users", "ingress", _ingress("front", "operator")),
        ("users", "more", _ingress("front2", "web")),
        ("mesh", "rule", None),
        ("mesh", "route", None),
        (
            "mesh",
            "policy",
            _object("PeerAuthentication", "default", "spec: {mtls: {mode: STRICT}}\n", "security.istio.io/v1"),
        ),
        ("users", "service", _service("web")),
        (
            "users",
            "job",
            _object("Job", "j", "spec: {template: {spec: {containers: [{name: a, image: a}]}}}\n", "batch/v1"),
        ),
        ("access", "generated", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: before-}\n"),
    ]


def _tree(releases: Releases, spoiled: str = "", values: str = "", chart: bytes = b"") -> _Files:
    """What is rendered; ``spoiled`` is a release of which a file was edited by hand."""
    files: dict[str, bytes] = {f"{chart_folder('web', '1.0.0')}/{name}": data for name, data in _CHART.items()}
    if chart:
        files[f"{chart_folder('web', '1.0.0')}/values.yaml"] = chart
    for release, objects in releases.items():
        text = "".join(f"---\n# Source: web/templates/{name}.yaml\n{one}" for name, one in objects.items())
        own = {f"values/{release}.yaml": f"sha256:{hashlib.sha256(values.encode()).hexdigest()}"} if values else {}
        inputs = Inputs("web", "1.0.0", "sha256:1", "1.34.0", "v4.1.4", "shop", values=own)
        files |= {name: values.encode() for name in own}
        files |= written(_ENVIRONMENT, release, inputs, parse(text, namespace="shop", release=release).resources)
    if spoiled:
        path = next(one for one in sorted(files) if one.startswith(f"{folder_of(_ENVIRONMENT, spoiled)}/"))
        files[path] += b"# by hand\n"
    return _Files(files)


def _read(source: str, tree: _Files, sides: KeptSides) -> RenderedSnapshot:
    return read_rendered(source, tree, ReleaseSelection(), chart_of, sides=sides)


def _report(old: _Files, new: _Files, memory: Memory) -> str:
    sides = KeptSides(memory)
    policy = {_ENVIRONMENT: Policy()}
    terms = DiffTerms(date(2026, 1, 1), policies=policy, memory=memory)
    report = diff_repository(_read("old", old, sides), _read("new", new, sides), lambda: _RULES, terms)
    return render(document(report))


def _edited(releases: Releases, edit: tuple[str, str, str | None]) -> Releases:
    release, name, text = edit
    found = {key: dict(objects) for key, objects in releases.items()}
    if text is None:
        found[release].pop(name, None)
    else:
        found[release][name] = text
    return found


def _moved(releases: Releases) -> Iterator[Releases]:
    """An object goes to another release; a release comes, or goes."""
    there = {**releases["users"], "service": releases["web"]["service"]}
    yield {**releases, "users": there, "web": {k: v for k, v in releases["web"].items() if k != "service"}}
    yield {key: objects for key, objects in releases.items() if key != "operator"}
    yield {**releases, "new": {"service": _service("new"), "deployment": _deployment("new", account="runner")}}
    yield {**releases, "new": {"widget": _object("Widget", "two", "spec: {size: 2}\n", "example.com/v1")}}


@pytest.mark.parametrize("edit", _edits(), ids=lambda edit: f"{edit[0]}-{edit[1]}")
def test_a_single_change_gives_the_same_report(edit: tuple[str, str, str | None]) -> None:
    memory, start = _Kept(), _start()
    old, new = start, _edited(start, edit)
    for before, after in ((old, old), (old, new), (old, new), (new, old), (new, new)):
        sides = _tree(before), _tree(after)
        assert _report(*sides, memory) == _report(*sides, NOTHING_KEPT)
    assert not any(_TOKEN.encode() in entry for entry in memory.entries.values())


def test_a_change_of_several_releases_gives_the_same_report() -> None:
    memory, start = _Kept(), _start()
    for after in (start, *_moved(start), start):
        for sides in ((_tree(start), _tree(after)), (_tree(after), _tree(start))):
            assert _report(*sides, memory) == _report(*sides, NOTHING_KEPT)


@pytest.mark.parametrize("seed", range(12))
def test_a_walk_of_changes_gives_the_same_reports(seed: int) -> None:
    chance, memory, before = random.Random(seed), _Kept(), _start()
    for _ in range(6):
        after = _edited(before, chance.choice(_edits()))
        if chance.random() < 0.3:
            after = _edited(after, chance.choice(_edits()))
        spoiled = chance.choice(["", "", "", "web"])
        how = {"values": chance.choice(["", "replicas: 2\n"]), "chart": chance.choice([b"", b"replicas: 3\n"])}
        old, new = _tree(before), _tree(after, spoiled, **how)  # type: ignore[arg-type]
        assert _report(old, new, memory) == _report(old, new, NOTHING_KEPT)
        before = after


def _lease(holder: str) -> tuple[str, str, str]:
    return "web", "lease", _object("Lease", "web", f"spec: {{holderIdentity: {holder}}}\n", "coordination.k8s.io/v1")


def test_files_of_releases_without_a_change_are_not_read_again() -> None:
    memory, start = _Kept(), _edited(_start(), _lease("a"))
    _report(_tree(start), _tree(_edited(start, _lease("b"))), memory)
    old, new = _tree(start), _tree(_edited(start, _lease("c")))
    _report(old, new, memory)
    read = {path for tree in (old, new) for path in tree.read_paths if index_place(path) is None}
    assert [path for path in read if path.startswith(folder_of(_ENVIRONMENT, "web"))]
    assert not [path for path in read if path.startswith(folder_of(_ENVIRONMENT, "aside"))]


def test_entries_that_cannot_be_read_are_made_again() -> None:
    memory, start = _Kept(), _start()
    sides = _tree(start), _tree(_edited(start, ("web", "service", None)))
    whole = _report(*sides, memory)
    for damaged in (b"", b"[]", b"[1, 2, 3]", b'{"a": 1}', b'["", [["a"]]]', b"[[], {}, [[1]]]", b"[[], [], []]"):
        memory.entries = dict.fromkeys(memory.entries, damaged)
        assert _report(*sides, memory) == whole
