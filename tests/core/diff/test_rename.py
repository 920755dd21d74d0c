"""What left and what came are paired: by those who name them, by names with generated ends, by likeness."""

import pytest

from pipeline import rules
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.diff.compare import compare
from pipeline.core.diff.generated_names import differing, same_stem, stem
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import Report
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Side

USER = """---
apiVersion: apps/v1
kind: {user}
metadata: {{name: web}}
spec:
  template:
    spec:
      volumes: [{{name: v, {volume}}}]
      containers: [{{name: a, envFrom: [{{configMapRef: {{name: {name}}}}}]}}]
"""
MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


def config(name: str, data: str, volume: str = "", user: str = "Deployment") -> str:
    volume = volume or f"configMap: {{name: {name}}}"
    return MAP.format(name=name, data=data) + USER.format(name=name, volume=volume, user=user)


def changes(before: str, after: str) -> dict[str, ResourceChange]:
    old, new = (parse(text, namespace="shop") for text in (before, after))
    return {f"{change.id.kind} {change.id.name}": change for change in compare(old, new).changes}


def snapshot(text: str) -> Snapshot:
    return Snapshot("", {ReleaseKey("", "web"): ReleaseSide("shop", Side(parse(text, namespace="shop")))})


def test_a_generated_name_is_the_same_object_and_its_users_are_no_news() -> None:
    found = changes(config("web-6ct58987ht", "a: x"), config("web-9hkm2f7ctb", "b: y, c: z"))
    assert [change.action for change in found.values()] == [Action.RENAMED, Action.CHANGED]
    assert {field.noise for field in found["Deployment web"].fields} == {"follows web-6ct58987ht, now web-9hkm2f7ctb"}


def test_another_name_is_paired_by_who_uses_it_and_explained() -> None:
    before, after = config("web-conf", "a: x"), config("web-settings", "b: y")
    assert changes(before, after)["ConfigMap web-settings"].action is Action.RENAMED
    report = build(snapshot(before), snapshot(after), rules.load(), Targets())
    assert report.unaccounted == 0
    (finding,) = [finding for finding in report.findings if finding.rule == "resource-renamed"]
    assert "Deployment" in {place.resource.kind for place in finding.also}


def test_a_split_is_no_rename() -> None:
    before = config("one", "a: x")
    after = config("two", "b: y", volume="configMap: {name: three}") + MAP.format(name="three", data="c: z")
    actions = {name: change.action for name, change in changes(before, after).items()}
    assert actions["ConfigMap one"] is Action.REMOVED
    assert actions["ConfigMap two"] is Action.ADDED


def test_two_generated_names_of_a_stem_are_told_apart_by_likeness_alone() -> None:
    before = MAP.format(name="a-1", data="a: x") + MAP.format(name="a-2", data="b: y")
    assert {c.action for c in changes(before, MAP.format(name="a-3", data="c: z")).values()} == {
        Action.REMOVED,
        Action.ADDED,
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("web-5f0c9a1b", "web-0a1b2c3d", True),
        ("migrate-1-14-0", "migrate-1-15-0", True),
        ("m-v1.2.3-rc1", "m-v1.2.4", True),
        ("web-6ct58987ht", "web-9hkm2f7ctb", True),
        ("x-facade", "x-decade", False),
        ("redis-master", "redis-slave", False),
        ("job", "job-1", False),
        ("node0", "node1", False),
    ],
)
def test_names_of_one_stem(old: str, new: str, same: bool) -> None:  # noqa: FBT001
    assert same_stem(old, new) is same


def test_hostile_names_end() -> None:
    assert stem("a-" + "1-" * 5_000 + "!") == "a-" + "1-" * 5_000 + "!"


APP = """---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, namespace: {space}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {name}, namespace: {space}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {name}}}
subjects: [{{kind: ServiceAccount, name: {name}, namespace: {space}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {name}, namespace: {space}}}
rules: [{{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{name}-leader], verbs: [get]}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}-config, namespace: {space}}}
data: {{app.yaml: "url: http://{name}.shop:80\\nthreads: {threads}\\nlevel: info\\n"}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 80, targetPort: http}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}-metrics, namespace: {space}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: metrics, port: 9090, targetPort: metrics}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}, labels: {{app: {name}}}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      volumes: [{{name: c, configMap: {{name: {name}-config}}}}]
      containers:
      - name: {name}
        image: {image}
        ports: [{{name: http, containerPort: 80}}, {{name: metrics, containerPort: 9090}}]
        volumeMounts: [{{name: c, mountPath: /etc/app}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}, namespace: {space}}}
spec: {{maxReplicas: 5, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}, namespace: {space}}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: {name}}}}}}}
"""


def app(name: str, image: str = "x:1", space: str = "shop", threads: int = 4) -> str:
    return APP.format(name=name, image=image, space=space, threads=threads)


def report(before: str, after: str) -> Report:
    return build(snapshot(before), snapshot(after), rules.load(), Targets())


def said(found: Report) -> list[tuple[str, str]]:
    return [(finding.severity.label, finding.rule) for finding in found.findings]


def test_an_app_of_another_name_is_one_fact() -> None:
    found = report(app("rel-web"), app("rel-shop"))
    assert said(found) == [("high", "resource-renamed")]
    assert found.unaccounted == 0
    assert {place.resource.name for place in found.findings[0].also} > {"rel-web", "rel-web-config", "rel-shop-metrics"}


def test_an_edit_beside_the_new_name_is_told_by_itself() -> None:
    found = report(app("rel-web"), app("rel-shop", image="x:2", threads=8))
    assert said(found) == [
        ("high", "resource-renamed"),
        ("medium", "config-value-changed"),
        ("medium", "image-changed"),
    ]
    assert found.findings[1].title.endswith("(threads 4 -> 8)")
    assert found.findings[2].title.endswith("image changes (x 1 -> 2)")


def test_an_app_in_another_namespace_is_one_fact() -> None:
    found = report(app("web"), app("web", space="other"))
    assert said(found) == [("high", "resource-namespace-changed")]
    assert found.unaccounted == 0


def test_of_two_alike_the_names_decide() -> None:
    service = (
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {0}}}\nspec: {{selector: {{app: z}}, a: 1, b: 2}}\n"
    )
    before = "".join(map(service.format, ("rel-web-one", "rel-web-two")))
    after = "".join(map(service.format, ("rel-shop-two", "rel-shop-one")))
    pairs = {change.before.id.name: change.id.name for change in changes(before, after).values() if change.before}
    assert pairs == {"rel-web-one": "rel-shop-one", "rel-web-two": "rel-shop-two"}


def test_a_swap_of_names_is_two_edits() -> None:
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {0}}}\nspec: {{selector: {{app: {1}}}}}\n"
    before = service.format("one", "x") + service.format("two", "z")
    after = service.format("one", "z") + service.format("two", "x")
    assert [change.action for change in changes(before, after).values()] == [Action.CHANGED, Action.CHANGED]


def user(end: str) -> str:
    return USER.format(user="Deployment", name=f"cfg-{end}", volume=f"configMap: {{name: cfg-{end}}}")


def test_of_three_generations_the_named_one_is_compared_and_the_oldest_is_no_loss() -> None:
    old, named, new = (MAP.format(name=f"cfg-{end}", data=f"a: {end}") for end in ("5f0c9a1b", "0a1b2c3d", "9c1d2e3f"))
    found = report(old + named + user("0a1b2c3d"), named + new + user("9c1d2e3f"))
    assert said(found) == [
        ("medium", "config-value-changed"),
        ("info", "resource-removed"),
        ("info", "resource-renamed"),
    ]
    assert "cfg-0a1b2c3d becomes cfg-9c1d2e3f" in found.findings[2].title
    assert "cfg-5f0c9a1b" in found.findings[1].title


def test_what_another_release_takes_over_is_not_lost_and_no_twin() -> None:
    claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\nspec: {a: b}\n"
    twin = MAP.format(name="web-settings", data="a: x, b: y, c: z")
    left, moved = twin.replace("web-settings", "other"), twin + claim + app("web")

    def two(first: str, second: str) -> Snapshot:
        sides = {
            name: Side(parse(text, namespace="shop", release=name)) for name, text in (("a", first), ("b", second))
        }
        return Snapshot("", {ReleaseKey("prod", name): ReleaseSide("shop", side) for name, side in sides.items()})

    found = build(two(moved, ""), two(left, moved), rules.load(), Targets())
    assert [finding.rule for finding in found.findings if finding.severity.label not in ("low", "info")] == [
        "resource-owner-moved"
    ]
    assert found.findings[0].title.startswith("11 objects (")


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("rel-web-metrics", "rel-shop-metrics", ("web", "shop")),
        ("rel", "rel-web", ("", "web")),
        ("rel-metrics", "rel-web-metrics", ("", "web")),
        ("a-b-a", "a-a", ("b", "")),
        ("web", "web", ("", "")),
    ],
)
def test_what_differs_between_two_names(old: str, new: str, difference: tuple[str, str]) -> None:
    assert differing(old, new) == difference
