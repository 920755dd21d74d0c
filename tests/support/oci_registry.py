"""A real OCI registry on loopback (Docker's reference implementation), and charts pushed into it by the real helm."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.charts import pack
from tests.support.tools import tool

USER = "somebody"
PASSWORD = "s3cr3t-of-the-test"
# The password as bcrypt has it, the only form that the registry reads.
_HTPASSWD = f"{USER}:$2b$04$MBXoMS2YeXjMD47KyVk/I..0xbppQfxk7w45j7YM3dp5jWmy85UDy\n"
_LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class RunningRegistry:
    host: str
    log: list[str]
    home: Path
    plain: bool

    def helm(self, *arguments: str) -> str:
        """Runs helm with a configuration of its own, which its logins go to."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "HELM_REGISTRY_CONFIG": str(self.home / "helm.json")}
        env |= {"DOCKER_CONFIG": str(self.home)}
        return subprocess.run(
            [tool("helm"), *arguments], check=True, capture_output=True, text=True, env=env, timeout=60
        ).stdout

    def push(self, *versions: str, name: str = "web", path: str = "charts") -> None:
        for version in versions:
            chart = self.home / f"{name}-{version}.tgz"
            chart.write_bytes(pack({f"{name}/{file}": text for file, text in files(name, version).items()}))
            flags = ["--plain-http"] if self.plain else ["--ca-file", str(self.home / "registry.pem")]
            self.helm("push", str(chart), f"oci://{self.host}/{path}", *flags)


def files(name: str, version: str) -> Mapping[str, str]:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {v: {{ .Chart.Version | quote }}}\n"
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "templates/a.yaml": template,
    }


@contextmanager
def registry(
    home: Path, *, login: bool = False, certificate: tuple[Path, Path] | None = None
) -> Iterator[RunningRegistry]:
    """With ``login`` it wants USER and PASSWORD; with a certificate (and its key) it speaks TLS."""
    home.mkdir(parents=True, exist_ok=True)
    tls = f"\n  tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}" if certificate else ""
    text = f"version: 0.1\nlog: {{level: info}}\nstorage: {{inmemory: {{}}}}\nhttp:\n  addr: 127.0.0.1:0{tls}\n"
    if login:
        (home / "htpasswd").write_text(_HTPASSWD)
        text += f"auth: {{htpasswd: {{realm: test, path: {home / 'htpasswd'}}}}}\n"
    (home / "config.yml").write_text(text)
    command = [tool("docker-registry"), "serve", str(home / "config.yml")]
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OTEL_TRACES_EXPORTER": "none"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env) as process:
        log: list[str] = []
        try:
            assert process.stderr is not None
            for line in process.stderr:
                log.append(line)
                found = _LISTENING.search(line)
                if found:
                    break
            else:
                raise AssertionError("".join(log))
            thread = threading.Thread(target=log.extend, args=(process.stderr,), daemon=True)
            thread.start()
            yield RunningRegistry(f"127.0.0.1:{found[1]}", log, home, certificate is None)
        finally:
            process.kill()
            process.wait()
            thread.join()
