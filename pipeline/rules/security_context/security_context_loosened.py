"""A pod or a container gets more privileges on its node.

## Why it matters

Host namespaces, privileged mode, added capabilities, root, a removed profile or sandbox, a folder or a port of the
node: an attacker in the pod can do more, and a strict Pod Security level rejects the pod. The same holds for a
container that is added with such privileges. A priority of the system lets the pods push out all others.

## What to do

Undo the change with a value or an overlay, unless the pods need the privileges.
"""

from collections.abc import Iterator

from pipeline.core.analysis.change_text import shown
from pipeline.core.analysis.pod_security import privilege_changes
from pipeline.core.analysis.pod_standards import APP_ARMOR, new_privileges
from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_WORDS = FindingText(
    "its pods get more privileges",
    "An attacker in the pod can do more on the node; a strict Pod Security level rejects the pods.",
    "Undo the change with a value or an overlay, unless the pods need the privileges.",
)
_WRITABLE = FindingText(
    "its root file system becomes writable",
    "An attacker in the container can change its programs; a policy of your own may reject the pods.",
    "Undo the change with a value or an overlay, unless the program must write there.",
    grade=lambda _change, _fields: Severity.MEDIUM,
)
_NEW = FindingText(
    "its pods get new privileges",
    "An attacker in the pod can do more on the node; a strict Pod Security level rejects the pods.",
    "Check whether it is needed; if not, undo it with a value or an overlay.",
    confidence=Confidence.LIKELY,
    say=lambda _, field: shown(field).replace(APP_ARMOR, "AppArmor of "),
)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    picked = [field for field, loosened in privilege_changes(change) if loosened]
    if picked:
        yield hit(change, picked, _WRITABLE if all(_writes(field) for field in picked) else _WORDS)
    told = {field.path for field in picked}
    new = [field for field in new_privileges(change) if field.path not in told]
    if new:
        yield hit(change, new, _NEW)


def _writes(field: FieldChange) -> bool:
    if field.path[-1] == "readOnlyRootFilesystem":
        return True
    gone, left = mapping(field.old), mapping(field.new)
    return field.path[-1] == "securityContext" and set(gone) - set(left) == {"readOnlyRootFilesystem"} and not left


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)
_POD = (
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: web}\n"
    "spec: {template: {metadata: {labels: {a: b}%s}, spec: {%s}}}\n"
)
_MOUNTED = "volumes: [{name: v, %s}], containers: [{name: a, volumeMounts: [{name: v, mountPath: /m%s}]}]"
_FOLDER = "hostPath: {path: %s}"
_VOLUME = "spec.template.spec.volumes[name=v]"
_MOUNT = "spec.template.spec.containers[name=a].volumeMounts[mountPath=/m]"
_PROFILE = "container.apparmor.security.beta.kubernetes.io/a"
_NEW_PRIVILEGES = (
    ("a container that is privileged is added", "containers[name=b]", "containers: [{name: a}]",
     "containers: [{name: a}, {name: b, securityContext: {privileged: true}}]"),
    ("a first initial container of root is added", "initContainers", "containers: [{name: a}]",
     "containers: [{name: a}], initContainers: [{name: b, securityContext: {runAsUser: 0}}]"),
    ("a container with a capability is added", "containers[name=b]", "containers: [{name: a}]",
     "containers: [{name: a}, {name: b, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]"),
    ("a folder of the node", "volumes[name=w]", _MOUNTED % ("emptyDir: {}", ""),
     (_MOUNTED % ("emptyDir: {}", "")).replace("}],", "}, {name: w, hostPath: {path: /}}],", 1)),
    ("a port of the node", "containers[name=a].ports[containerPort=80,protocol=TCP].hostPort",
     "containers: [{name: a, ports: [{containerPort: 80}]}]",
     "containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]"),
    ("the sandbox is gone", "runtimeClassName", "runtimeClassName: gvisor, containers: [{name: a}]",
     "containers: [{name: a}]"),
    ("a container for debugging", "ephemeralContainers", "containers: [{name: a}]",
     "containers: [{name: a}], ephemeralContainers: [{name: b}]"),
    ("a priority of the system", "priorityClassName", "priorityClassName: low, containers: [{name: a}]",
     "priorityClassName: system-node-critical, containers: [{name: a}]"),
)  # fmt: skip

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    shares=(
        "container-added",
        "container-port-changed",
        "placement-changed",
        "pod-annotations-changed",
        "pod-setting-changed",
        "volumes-changed",
    ),
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
        *(
            speaks(title, ("high", f"spec.template.spec.{path}"), before=_POD % ("", old), after=_POD % ("", new))
            for title, path, old, new in _NEW_PRIVILEGES
        ),
        *(
            speaks(title, ("high", path), before=_POD % ("", _MOUNTED % old), after=_POD % ("", _MOUNTED % new))
            for title, path, old, new in (
                (
                    "a volume becomes a folder of the node",
                    f"{_VOLUME}.emptyDir",
                    ("emptyDir: {}", ""),
                    (_FOLDER % "/a", ""),
                ),
                ("a wider folder", f"{_VOLUME}.hostPath.path", (_FOLDER % "/var/log", ""), (_FOLDER % "/var", "")),
                (
                    "a folder that may be written to",
                    f"{_MOUNT}.readOnly",
                    (_FOLDER % "/a", ", readOnly: true"),
                    (_FOLDER % "/a", ", readOnly: false"),
                ),
                (
                    "mounts that the node sees",
                    f"{_MOUNT}.mountPropagation",
                    (_FOLDER % "/a", ""),
                    (_FOLDER % "/a", ", mountPropagation: Bidirectional"),
                ),
            )
        ),
        speaks(
            "an AppArmor annotation that confines no longer",
            ("high", f'spec.template.metadata.annotations["{_PROFILE}"]'),
            before=_POD % (f", annotations: {{{_PROFILE}: runtime/default}}", "containers: [{name: a}]"),
            after=_POD % (f", annotations: {{{_PROFILE}: unconfined}}", "containers: [{name: a}]"),
        ),
        quiet(
            "an AppArmor annotation becomes a field",
            before=_POD % (f", annotations: {{{_PROFILE}: runtime/default, c: d}}", "containers: [{name: a}]"),
            after=_POD
            % (
                ", annotations: {c: d}",
                "containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]",
            ),
        ),
        quiet(
            "a narrower folder, to be read alone",
            before=_POD % ("", _MOUNTED % (_FOLDER % "/var", "")),
            after=_POD % ("", _MOUNTED % (_FOLDER % "/var/log", ", readOnly: true")),
        ),
        quiet(
            "a container with another name in the place of a privileged one",
            before=_POD % ("", "containers: [{name: a, securityContext: {privileged: true}}]"),
            after=_POD % ("", "containers: [{name: b, securityContext: {privileged: true}}]"),
        ),
        quiet(
            "a container is added that may add what all may",
            before=_POD % ("", "containers: [{name: a}]"),
            after=_POD
            % ("", "containers: [{name: a}, {name: b, securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}}]"),
        ),
        quiet("hardened", before=_WEB % "", after=_WEB % ", securityContext: {runAsNonRoot: true}"),
    ),
)
