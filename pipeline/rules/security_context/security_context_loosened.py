"""A pod or a container gets more privileges on its node.

## Why it matters

Host namespaces, privileged mode, added capabilities, root, or a removed profile: an attacker in the pod can do more,
and a strict Pod Security level rejects the pod.

## What to do

Undo the change with a value or an overlay, unless the pods need the privileges.
"""

from collections.abc import Iterator

from pipeline.core.analysis.pod_security import privilege_changes
from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_WORDS = FindingText(
    "its pods get more privileges",
    "An attacker in the pod can do more on the node; a strict Pod Security level rejects the pods.",
    "Undo the change with a value or an overlay, unless the pods need the privileges.",
)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    picked = [field for field, loosened in privilege_changes(change) if loosened]
    if picked:
        yield hit(change, picked, _WORDS)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    cases=(
        speaks(
            "privileged",
            ("high", "spec.template.spec.containers[name=a].securityContext.privileged"),
            before=_WEB % ", securityContext: {privileged: false}",
            after=_WEB % ", securityContext: {privileged: true}",
        ),
        speaks(
            "the profile is removed",
            ("high", "spec.template.spec.containers[name=a].securityContext.seccompProfile"),
            before=_WEB % ", securityContext: {privileged: false, seccompProfile: {type: RuntimeDefault}}",
            after=_WEB % ", securityContext: {privileged: false}",
        ),
        quiet(
            "a setting that moves from the pod to its container",
            before=_WEB % "}], securityContext: {runAsNonRoot: true}, x: [{",
            after=_WEB % ", securityContext: {runAsNonRoot: true}",
        ),
        *(
            speaks(
                f"{name} of a container, which may do more then",
                ("high", f"spec.template.spec.containers[name=a].securityContext.{path}"),
                before=_WEB % f", securityContext: {{runAsGroup: 1{old}}}",
                after=_WEB % f", securityContext: {{runAsGroup: 1{new}}}",
            )
            for name, path, old, new in (
                ("the proc mount", "procMount", ", procMount: Default", ", procMount: Unmasked"),
                ("an unconfined AppArmor profile", "appArmorProfile", "", ", appArmorProfile: {type: Unconfined}"),
                ("the escalation that was denied", "allowPrivilegeEscalation", ", allowPrivilegeEscalation: false", ""),
                (
                    "another SELinux type",
                    "seLinuxOptions.type",
                    ", seLinuxOptions: {type: a}",
                    ", seLinuxOptions: {type: spc_t}",
                ),
                ("a setting that nobody knows", "sandbox", ", sandbox: strict", ", sandbox: none"),
            )
        ),
        speaks(
            "a sysctl that is not among the safe ones",
            ("high", "spec.template.spec.securityContext"),
            before=_WEB % "",
            after=_WEB % "}], securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, x: [{",
        ),
        speaks(
            "the users of the host",
            ("high", "spec.template.spec.hostUsers"),
            before=_WEB % "}], hostUsers: false, x: [{",
            after=_WEB % "}], hostUsers: true, x: [{",
        ),
        quiet(
            "a safe sysctl",
            before=_WEB % "",
            after=_WEB % "}], securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}, x: [{",
        ),
        quiet("hardened", before=_WEB % "", after=_WEB % ", securityContext: {runAsNonRoot: true}"),
    ),
)
