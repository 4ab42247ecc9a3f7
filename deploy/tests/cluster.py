"""Runs bases and components as they are rendered: each pod as a process in a network namespace of its own.

    make kubernetes-test     (as root, with iproute2 and util-linux; binaries: TERCET_BIN_DIR, or target/debug)

A pod has the paths, ports, arguments, variables, user and (no) capabilities of its manifest; names of Services stand in
/etc/hosts. What is not here: kubelet, images, network policies, a Service's balancing. Nothing of it is seen outside.
"""

import http.client
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request

from certificates import authority, certificate, secret
from pods import SIGNALS, Backend, Collector, everything, render, sent, undo

SPAN = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "by hand"}
REQUEST = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Namespace:
    """Where a pod is: a network namespace with an address."""

    def __init__(self, number: int):
        self.name, self.address = f"otel-{number}", f"10.77.0.{number}"
        self.around = ("ip", "netns", "exec", self.name)
        link = f"otel{number}"
        run("ip", "netns", "add", self.name)
        undo.callback(run, "ip", "netns", "del", self.name)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "link", "set", link, "master", "br0", "up")
        run("ip", "-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            run("ip", "-n", self.name, "link", "set", device, "up")
        self.hosts = pathlib.Path("/etc/netns", self.name, "hosts")
        self.hosts.parent.mkdir(parents=True, exist_ok=True)
        undo.callback(shutil.rmtree, self.hosts.parent)

    def listener(self, port: int) -> str:
        return f"{self.address}:{port}"


class Cluster:
    """Pods on one bridge, and the names that all of them know. The test is on the bridge as well: the application."""

    def __init__(self, folder: pathlib.Path, objects: list):
        self.folder, self.objects = folder, objects
        self.namespaces, self.names = [], {}
        run("ip", "link", "add", "br0", "type", "bridge")
        undo.callback(run, "ip", "link", "del", "br0")
        run("ip", "addr", "add", "10.77.0.1/24", "dev", "br0")
        run("ip", "link", "set", "br0", "up")
        place = self.namespace(*(f"{signal}-backend.observability.svc" for signal in SIGNALS))
        self.backend = Backend(folder, place=place)

    def namespace(self, *names: str) -> Namespace:
        self.namespaces.append(place := Namespace(len(self.namespaces) + 2))
        for name in names:
            self.names.setdefault(name, []).append(place.address)
        lines = [f"{address} {name}\n" for name, addresses in self.names.items() for address in addresses]
        for one in self.namespaces:
            one.hosts.write_text("127.0.0.1 localhost\n" + "".join(lines))
        return place

    def start(self, name: str, space="otel", secrets=None, count=1) -> list:
        """The pods of a workload."""
        services = [f"{name}.{space}.svc", f"{name}-headless.{space}.svc"]
        return [Pod(self, name, space, number, secrets, self.namespace(*services)) for number in range(count)]


def mount_point(path: str):
    """Makes a directory to mount on."""
    for part in [*reversed(pathlib.Path(path).parents), pathlib.Path(path)]:
        if not part.exists():
            part.mkdir()
            undo.callback(part.rmdir)


class Pod(Collector):
    """A collector with what its manifest gives it."""

    def __init__(self, cluster: Cluster, name: str, space: str, number: int, secrets: dict, place: Namespace):
        image = {"OTELCOL_DEFAULT_HOST": "0.0.0.0"}
        super().__init__(cluster.objects, cluster.folder, name, space, image, secrets, instance=f"-{number}", place=place)

    def moved(self, text: str, _mounts: dict, _before: str) -> str:
        return text

    def listeners(self, _arguments: list) -> list:
        self.grpc, self.http, self.metrics, self.health = map(self.place.listener, (4317, 4318, 8888, 13133))
        return []

    def around(self, pod: dict, container: dict, mounts: dict):
        """Mounts, user and group as they are written."""
        self.hook = container["lifecycle"]["preStop"]["exec"]["command"]
        assert self.hook[0] == f"/{container['image'].split(':')[0]}", "the image has one binary, in its root"
        rights, commands = pod["securityContext"], []
        group = rights.get("fsGroup")
        for mount in container["volumeMounts"]:
            target, source = mount["mountPath"], mounts[mount["mountPath"]]
            mount_point(target)
            commands.append(f"mount --bind {source} {target}")
            if mount.get("readOnly"):
                commands.append(f"mount -o remount,ro,bind {target}")
            elif group:
                os.chown(source, 0, group)
                source.chmod(0o2775)
        drop = (
            "setpriv", f"--reuid={rights['runAsUser']}", f"--regid={rights['runAsGroup']}",
            f"--groups={group}" if group else "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
        )
        shell = ("sh", "-ec", "\n".join([*commands, 'exec "$@"']), "sh")
        return (*self.place.around, "unshare", "--mount", *shell, *drop)

    def is_healthy(self) -> bool:
        return urllib.request.urlopen(f"http://{self.health}/", timeout=20).status == 200

    def stop(self):
        """As the kubelet does it."""
        run(self.binary, *self.hook[1:])
        assert self.is_healthy(), "it serves on while the hook waits"
        self.process.terminate()
        assert self.process.wait(60) == 0

    def shuts_out(self, tls=None) -> bool:
        """Whether a sender with that gets no answer."""
        try:
            self.post(REQUEST, tls=tls)
        except (OSError, http.client.HTTPException):
            return True
        return False


def bases(folder: pathlib.Path):
    """The node's collector hands each signal to its own gateway, and keeps what cannot be sent."""
    names = ("traces", "metrics", "logs", "node")
    cluster = Cluster(folder, [thing for name in names for thing in render(f"base/{name}")])
    backend = cluster.backend
    gateways = [pod for signal in SIGNALS for pod in cluster.start(f"{signal}-collector", count=2)]
    (node,) = cluster.start("node-collector", "otel-node")
    sent(node.grpc, 50)
    backend.has(**everything(50))
    assert backend.items("metrics")[0][1]["k8s.node.name"] == "the-NODE_NAME"
    assert all(pod.sample("otelcol_process_uptime") > 0 for pod in (*gateways, node))
    for pod in gateways:
        pod.stop()
    # The disk takes what no gateway takes, and that is no ill health.
    sent(node.grpc, 50)
    assert node.is_healthy()
    node.kill()
    node.start()
    for pod in gateways:
        pod.start()
    backend.has(**everything(100))


def components(folder: pathlib.Path):
    """The front door splits by signal, mutual TLS holds, and queues on volumes survive SIGKILL."""
    cluster = Cluster(folder, render("components/together"))
    backend = cluster.backend
    authority(folder, "ca")
    for name in (*(f"{signal}-collector" for signal in SIGNALS), "node-collector", "otel-gateway"):
        certificate(folder, name, "ca", f"DNS:{name}.otel.svc,DNS:{name}-headless.otel.svc")
    gateways = {one: cluster.start(f"{one}-collector", "otel", secret(folder, f"{one}-collector"), 2) for one in SIGNALS}
    (node,) = cluster.start("node-collector", "otel-node", secret(folder, "node-collector"))
    (door,) = cluster.start("otel-gateway", "otel", secret(folder, "otel-gateway"))
    tls = ssl.create_default_context(cafile=folder / "ca.crt")
    tls.check_hostname = False
    gateway = gateways["traces"][0]
    assert gateway.shuts_out(), "it took plain HTTP"
    assert gateway.shuts_out(tls), "it took a sender without a certificate"
    tls.load_cert_chain(folder / "node-collector.crt", folder / "node-collector.key")
    assert gateway.post(REQUEST, tls=tls) == 200
    sent(node.grpc, 50)
    sent(door.grpc, 50)
    backend.has(traces=101, metrics=100, logs=100)
    backend.kill()
    # The volumes take what the backend does not.
    sent(door.grpc, 50)
    every = [pod for pods in gateways.values() for pod in pods]
    for pod in every:
        pod.kill()
    for pod in every:
        pod.start()
    backend.start()
    backend.has(traces=151, metrics=150, logs=150)
    for pod in gateways["traces"]:
        pod.stop()
    assert door.post(REQUEST) == 503, "the client keeps its data"
    sent(door.grpc, 10, ["metrics", "logs"])
    backend.has(traces=151, metrics=160, logs=160)


def main():
    if os.geteuid() != 0:
        sys.exit("cluster.py: needs root; nothing was tested")
    if os.environ.get("OTEL_TEST") != "inside":
        # A network and mounts of its own.
        os.environ["OTEL_TEST"] = "inside"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    for scenario in (bases, components):
        with tempfile.TemporaryDirectory() as directory, undo:
            os.chmod(directory, 0o755)
            scenario(pathlib.Path(directory))
        print(f"{scenario.__name__}: ok. {scenario.__doc__}", flush=True)


if __name__ == "__main__":
    main()
