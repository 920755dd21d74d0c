"""Which changes of pipeline.yaml let more through, and which do not."""

import pytest

from pipeline.core.config.loosened import loosenings
from pipeline.core.config.model import Config
from pipeline.core.config.read import read
from pipeline.core.risk.finding import Severity

OWN = {"crd-removed": Severity.BLOCKER, "image-changed": Severity.LOW}
BASE = {
    "environments": "{prod: {policy: strict, cluster: {context: c, uid: u-1}}}",
    "policy": "{failOn: high, profiles: {strict: {failOn: medium}}, overrides: {image-changed: high},"
    " waivers: [{rule: crd-removed, reason: agreed with the team, owner: ada, expires: 2027-01-01}]}",
    "apply": "{maxDeletions: 5, approvals: {required: 2, signers: signers, signersRef: origin/main,"
    " methods: [ssh], approvers: [bob, carol], maxAgeSeconds: 600}}",
    "secrets": "{rendered: sops}",
    "limits": "{render: {seconds: 60}}",
    "render": "{volatile: refuse}",
}


def config(**changes: str) -> Config:
    sections = {**BASE, **changes}
    return read("releases: []\n" + "".join(f"{key}: {text}\n" for key, text in sections.items()))


def edited(section: str, old: str, new: str) -> dict[str, str]:
    assert old in BASE[section]
    return {section: BASE[section].replace(old, new, 1)}


def found(base: Config, branch: Config) -> list[str]:
    return [one.setting for one in loosenings(base, branch, OWN)]


WAIVER = "{rule: image-changed, reason: it is fine today, owner: eve, expires: 2027-01-01}"
LOOSER = {
    "failOn of a profile": (edited("policy", "failOn: medium", "failOn: blocker"), "policy.failOn"),
    "another profile": ({"environments": BASE["environments"].replace("policy: strict, ", "")}, "policy.failOn"),
    "override lowered": (edited("policy", "image-changed: high", "image-changed: low"), "policy.overrides"),
    "override gone": (edited("policy", "overrides: {image-changed: high}", "overrides: {}"), "policy.overrides"),
    "a rule is told something else": (
        edited("policy", "image-changed: high}", "image-changed: high}, options: {replicas-changed: {minimum: 0}}"),
        "policy.options.replicas-changed.minimum",
    ),
    "override of another rule": (
        edited("policy", "image-changed: high", "image-changed: high, crd-removed: info"),
        "policy.overrides",
    ),
    "waiver added": (edited("policy", "waivers: [", f"waivers: [{WAIVER}, "), "policy.waivers"),
    "waiver extended": (edited("policy", "2027-01-01", "2028-01-01"), "policy.waivers"),
    "waiver widened": (edited("policy", "rule: crd-removed, ", "rule: crd-removed, release: web, "), "policy.waivers"),
    "approvals lowered": (edited("apply", "required: 2", "required: 1"), "apply.approvals.required"),
    "another method": (edited("apply", "[ssh]", "[ssh, interactive]"), "apply.approvals.methods"),
    "another approver": (edited("apply", "[bob, carol]", "[bob, eve]"), "apply.approvals.approvers"),
    "anybody approves": (edited("apply", "approvers: [bob, carol], ", ""), "apply.approvals.approvers"),
    "other signers": (edited("apply", "signers: signers", "signers: mine"), "apply.approvals.signers"),
    "signers of a branch": (edited("apply", "origin/main", "HEAD"), "apply.approvals.signersRef"),
    "authors approve": (edited("apply", "required: 2", "required: 2, notAuthor: false"), "apply.approvals.notAuthor"),
    "old approvals": (edited("apply", "600", "6000"), "apply.approvals.maxAgeSeconds"),
    "more deletions": (edited("apply", "maxDeletions: 5", "maxDeletions: 50"), "apply.maxDeletions"),
    "deletions as they come": (edited("apply", "maxDeletions: 5, ", ""), "apply.maxDeletions"),
    "adoption": (edited("apply", "maxDeletions", "adopt: [{kind: '*'}], maxDeletions"), "apply.adopt"),
    "a namespace is deleted": (
        edited("apply", "maxDeletions", "pruneKinds: [Namespace], maxDeletions"),
        "apply.pruneKinds",
    ),
    "taken from others": (
        edited("apply", "maxDeletions", "conflicts: [{manager: x, action: take}], maxDeletions"),
        "apply.conflicts",
    ),
    "another inventory": (edited("apply", "maxDeletions", "namespace: other, maxDeletions"), "apply.namespace"),
    "another cluster": (edited("environments", "u-1", "u-2"), "environments.prod.cluster.uid"),
    "any cluster": (edited("environments", ", uid: u-1", ""), "environments.prod.cluster.uid"),
    "secrets in the open": (edited("secrets", "sops", "allow"), "secrets.rendered"),
    "copies of secrets": ({"secrets": "{rendered: sops, copies: allow}"}, "secrets.copies"),
    "what varies is kept": ({"render": "{volatile: freeze}"}, "render.volatile"),
    "what varies is taken": ({"render": "{volatile: allow}"}, "render.volatile"),
    "what varies, by default": ({"render": "{}"}, "render.volatile"),
    "a limit": (edited("limits", "60", "600"), "limits.render"),
}
STRICTER = {
    "nothing": {},
    "failOn": edited("policy", "failOn: medium", "failOn: low"),
    "override": edited("policy", "image-changed: high", "image-changed: blocker"),
    "waiver gone": {"policy": "{failOn: high, profiles: {strict: {failOn: medium}}, overrides: {image-changed: high}}"},
    "waiver shortened": edited("policy", "2027-01-01", "2026-12-31"),
    "approvals": edited("apply", "required: 2", "required: 3"),
    "fewer approvers": edited("apply", "[bob, carol]", "[bob]"),
    "deletions": edited("apply", "maxDeletions: 5", "maxDeletions: 0"),
    "secrets": edited("secrets", "sops", "omit"),
    "copies": {"secrets": "{rendered: sops, copies: refuse}"},
    "limit": edited("limits", "60", "6"),
}


@pytest.mark.parametrize("name", LOOSER)
def test_what_lets_more_through_is_named(name: str) -> None:
    changes, setting = LOOSER[name]
    assert found(config(), config(**changes)) == [setting]


@pytest.mark.parametrize("name", STRICTER)
def test_what_lets_no_more_through_is_not(name: str) -> None:
    assert found(config(), config(**STRICTER[name])) == []


def test_a_new_environment_is_held_against_the_common_policy() -> None:
    changes = {
        "environments": BASE["environments"][:-1] + ", new: {policy: strict, apply: {approvals: {required: 1}}}}"
    }
    assert "apply.approvals.required" in found(config(), config(**changes))


def test_a_waiver_is_named_with_its_line() -> None:
    changes, _ = LOOSER["waiver added"]
    (one,) = loosenings(config(), config(**changes), OWN)
    assert (one.where, one.message) == ("pipeline.yaml:3", "a waiver of image-changed by eve is new: it is fine today")


SIGNED = (
    "repositories: {shop: {url: 'https://charts.example.org', signedBy: {keyring: own.gpg}}}\n"
    "releases: [{name: web, chart: shop/web, namespace: shop}, {name: own, chart: ./own, namespace: shop}]\n"
)


@pytest.mark.parametrize(
    ("old", "new", "settings"),
    [
        (", signedBy: {keyring: own.gpg}", "", ["releases.signedBy", "repositories.shop.signedBy"]),
        ("own.gpg", "other.gpg", ["releases.signedBy", "repositories.shop.signedBy"]),
        ("chart: shop/web", "chart: ./web", ["releases.signedBy"]),
        ("namespace: shop}, ", "namespace: shop, signedBy: {cosignKey: a.pub}}, ", ["releases.signedBy"]),
        ("chart: ./own", "chart: shop/own", []),
        ("name: own", "name: other", []),
    ],
)
def test_a_chart_that_need_not_be_signed_any_more_is_named(old: str, new: str, settings: list[str]) -> None:
    assert old in SIGNED
    assert found(read(SIGNED), read(SIGNED.replace(old, new, 1))) == settings


def test_a_release_that_loosens_what_becomes_of_its_secrets_is_named() -> None:
    def one(own: str) -> Config:
        return read(f"secrets: {{rendered: sops}}\nreleases:\n- {{name: web, chart: ./web, namespace: a{own}}}\n")

    plain, loose, strict = one(""), one(", secrets: {rendered: allow}"), one(", secrets: {rendered: omit}")
    assert [str(x) for x in loosenings(plain, loose, OWN)] == ["releases.secrets.rendered: web: allow instead of sops"]
    assert [str(x) for x in loosenings(strict, plain, OWN)] == ["releases.secrets.rendered: web: sops instead of omit"]
    assert loosenings(plain, strict, OWN) == ()
    assert loosenings(loose, strict, OWN) == ()
