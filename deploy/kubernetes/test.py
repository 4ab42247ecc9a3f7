"""Runs what the kustomizations render: each pod as a process in a network namespace of its own.

    cargo build --workspace --bins; then as root: python deploy/kubernetes/test.py [target/debug]

A pod gets its rendered ConfigMaps, Secrets, arguments, variables, user and (no) capabilities; names of
Services stand in /etc/hosts. What is not here: kubelet, images, network policies, a Service's balancing.
Needs root, iproute2, util-linux, openssl, kubectl, and PyYAML.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml

HERE = pathlib.Path(__file__).resolve().parent
BINARIES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug").resolve()
BINARY = {"node-collector": "combined-collector"}
SIGNALS = {"traces": ("Spans", "Spans"), "metrics": ("Metrics", "Metrics"), "logs": ("Logs", "LogRecords")}
SINK = """
receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}
exporters: {file: {path: OUT, flush_interval: 100ms, append: true}}
extensions: {health_check: {endpoint: '0.0.0.0:13133'}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [file]}
    metrics: {receivers: [otlp], exporters: [file]}
    logs: {receivers: [otlp], exporters: [file]}
"""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def render(*directories):
    """The objects of some kustomizations."""
    for directory in directories:
        text = subprocess.run(
            ["kubectl", "kustomize", HERE / directory], check=True, capture_output=True
        ).stdout
        yield from (one for one in yaml.safe_load_all(text) if one)


def until(seconds, what, is_so):
    """Waits for something; fails when it does not come."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.2)
    return found


class Cluster:
    """Network namespaces on one bridge, and the names that all of them know."""

    def __init__(self, folder, objects=()):
        self.folder, self.objects = pathlib.Path(folder), list(objects)
        self.namespaces, self.processes, self.points, self.hosts = [], [], [], {}
        self.secrets = {}
        # The test itself is on the bridge as well: it is the application.
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "addr", "add", "10.77.0.1/24", "dev", "br0")
        run("ip", "link", "set", "br0", "up")

    def namespace(self):
        number = len(self.namespaces) + 2
        name, address, link = f"otel-{number}", f"10.77.0.{number}", f"otel{number}"
        self.namespaces.append(name)
        run("ip", "netns", "add", name)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", link, "master", "br0", "up")
        run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            run("ip", "-n", name, "link", "set", device, "up")
        os.makedirs(f"/etc/netns/{name}", exist_ok=True)
        self.tell()
        return name, address

    def tell(self):
        lines = [f"{address} {name}\n" for name, all_of in self.hosts.items() for address in all_of]
        for name in self.namespaces:
            pathlib.Path(f"/etc/netns/{name}/hosts").write_text("127.0.0.1 localhost\n" + "".join(lines))

    def name(self, name, address):
        self.hosts.setdefault(name, []).append(address)
        self.tell()

    def mount_point(self, path):
        """Makes a directory to mount on, and remembers what was made."""
        for part in [*reversed(pathlib.Path(path).parents), pathlib.Path(path)]:
            if not part.exists():
                part.mkdir()
                self.points.append(part)

    def pods(self, name, count=1, **options):
        kinds = ("Deployment", "StatefulSet", "DaemonSet")
        (workload,) = [
            one for one in self.objects if one["kind"] in kinds and one["metadata"]["name"] == name
        ]
        return [Pod(self, workload, number, **options) for number in range(count)]

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", name], check=False)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)
        run("ip", "link", "del", "br0")
        for point in reversed(self.points):
            point.rmdir()


class Pod:
    """A collector with what its manifest gives it."""

    def __init__(self, cluster, workload, number):
        self.cluster, metadata = cluster, workload["metadata"]
        self.netns, self.address = cluster.namespace()
        spec = workload["spec"]["template"]["spec"]
        container = spec["containers"][0]
        self.rights = spec["securityContext"]
        self.space, self.folder = metadata["namespace"], cluster.folder / f"{metadata['name']}-{number}"
        self.folder.mkdir()
        self.mounts = [self.mount(one, spec["volumes"]) for one in container["volumeMounts"]]
        self.variables = {"OTELCOL_DEFAULT_HOST": "0.0.0.0"}
        for one in container.get("envFrom", []):
            self.variables |= self.config_map(one["configMapRef"]["name"])
        for one in container.get("env", []):
            self.variables[one["name"]] = one.get("value", "node-7").replace("$(NODE_NAME)", "node-7")
        image = container["image"].split(":")[0]
        self.binary = str(BINARIES / BINARY.get(image, image))
        self.command = [self.binary, *container["args"]]
        self.hook = container["lifecycle"]["preStop"]["exec"]["command"]
        assert self.hook[0] == f"/{image}", "the image has one binary, in its root"
        self.start()
        for service in (metadata["name"], f"{metadata['name']}-headless"):
            cluster.name(f"{service}.{self.space}.svc", self.address)

    def config_map(self, name):
        (found,) = [
            one["data"]
            for one in self.cluster.objects
            if one["kind"] == "ConfigMap" and one["metadata"]["name"] == name
            and one["metadata"]["namespace"] == self.space
        ]
        return found

    def mount(self, mount, volumes):
        volume = next((one for one in volumes if one["name"] == mount["name"]), {})
        source = self.folder / mount["name"]
        if "secret" in volume:
            shutil.copytree(self.cluster.secrets[volume["secret"]["secretName"]], source)
        else:
            source.mkdir()
        if "configMap" in volume:
            for key, text in self.config_map(volume["configMap"]["name"]).items():
                (source / key).write_text(text)
        elif group := self.rights.get("fsGroup"):
            os.chown(source, 0, group)
            source.chmod(0o2775)
        self.cluster.mount_point(mount["mountPath"])
        return str(source), mount["mountPath"], mount.get("readOnly", False)

    def start(self):
        mounts = "".join(
            f"mount --bind {source} {target}; "
            + (f"mount -o remount,ro,bind {target}; " if read_only else "")
            for source, target, read_only in self.mounts
        )
        group = self.rights.get("fsGroup")
        drop = [
            "setpriv", f"--reuid={self.rights['runAsUser']}", f"--regid={self.rights['runAsGroup']}",
            f"--groups={group}" if group else "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
        ]
        shell = ["sh", "-ec", mounts + 'exec "$@"', "sh", *drop, *self.command]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.netns, "unshare", "-m", *shell],
                env=self.variables | {"PATH": os.environ["PATH"]}, stdout=log, stderr=log,
            )
        self.cluster.processes.append(self.process)
        until(30, f"{self.folder.name} is ready", lambda: self.ask(13133, "/") == 200)

    def ask(self, port, path, body=None):
        return ask(f"http://{self.address}:{port}{path}", body)

    def send(self, kind, tag, count):
        """Sends items one by one; says how many were acknowledged."""
        return sum(self.ask(4318, f"/v1/{kind}", item(kind, f"{tag}-{n}")) == 200 for n in range(count))

    def end(self, how):
        if how == signal.SIGTERM:
            run(self.binary, *self.hook[1:])
            assert self.ask(13133, "/") == 200, "it serves on while the hook waits"
        self.process.send_signal(how)
        return self.process.wait(60)


class Sink:
    """The backend of all signals."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.netns, self.address = cluster.namespace()
        self.out, self.config = cluster.folder / "sink.json", cluster.folder / "sink.yaml"
        self.config.write_text(SINK.replace("OUT", str(self.out)))
        for kind in SIGNALS:
            cluster.name(f"{kind}-backend.observability.svc", self.address)
        self.start()

    def start(self):
        command = [str(BINARIES / "combined-collector"), f"--config={self.config}"]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.netns, *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.cluster.processes.append(self.process)
        until(30, "the sink is ready", lambda: ask(f"http://{self.address}:13133/") == 200)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def resources(self, kind):
        """What arrived of a signal, resource by resource, up to the last whole line."""
        for line in self.out.read_text().splitlines() if self.out.exists() else []:
            with contextlib.suppress(ValueError):
                yield from json.loads(line).get(f"resource{SIGNALS[kind][0]}", [])

    def expect(self, kind, tag, count):
        """Each item of a tag arrives, and none twice."""
        (scope, items) = (f"scope{SIGNALS[kind][0]}", SIGNALS[kind][1])
        key = items[0].lower() + items[1:]

        def arrived():
            found = [
                json.dumps(one)
                for resource in self.resources(kind)
                for part in resource[scope]
                for one in part[key]
            ]
            return [one for one in found if f'"{tag}-' in one]

        until(60, f"{count} {kind} of {tag}", lambda: len(arrived()) >= count)
        assert len(arrived()) == count, f"{tag}: {len(arrived())} {kind}, sent {count}"


def ask(url, body=None, tls=None):
    """The status of an answer, or none."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, body and json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20, context=tls) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return None


def item(kind, name):
    """A request of one item."""
    point = {"asInt": "1", "timeUnixNano": "1700000000000000000"}
    one = {
        "traces": {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": name},
        "metrics": {"name": name, "gauge": {"dataPoints": [point]}},
        "logs": {"body": {"stringValue": name}},
    }[kind]
    (resources, items) = SIGNALS[kind]
    return {f"resource{resources}": [{f"scope{resources}": [{items[0].lower() + items[1:]: [one]}]}]}


def bases(folder):
    """The node's collector hands each signal to its own gateway, and keeps what cannot be sent."""
    cluster = Cluster(folder, render("base/traces", "base/metrics", "base/logs", "base/node"))
    yield cluster
    sink = Sink(cluster)
    gateways = [pod for kind in SIGNALS for pod in cluster.pods(f"{kind}-collector", 2)]
    (node,) = cluster.pods("node-collector")
    for kind in SIGNALS:
        assert node.send(kind, "calm", 50) == 50
        sink.expect(kind, "calm", 50)
        assert '"node-7"' in json.dumps(list(sink.resources(kind))), "k8s.node.name is missing"
    assert all(pod.ask(8888, "/metrics") == 200 for pod in [*gateways, node])
    assert {pod.end(signal.SIGTERM) for pod in gateways} == {0}, "SIGTERM ends with code 0"
    for kind in SIGNALS:
        assert node.send(kind, "outage", 50) == 50, "the disk takes what no gateway takes"
    assert node.ask(13133, "/") == 200, "an outage is no ill health"
    node.end(signal.SIGKILL)
    node.start()
    for pod in gateways:
        pod.start()
    for kind in SIGNALS:
        sink.expect(kind, "outage", 50)


def certificates(cluster):
    """Secrets as cert-manager writes them, of one root."""
    folder = cluster.folder / "certificates"
    folder.mkdir()
    new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout"
    subprocess.run(
        f"{new} ca.key -x509 -out ca.crt -days 2 -subj /CN=root", cwd=folder, shell=True, check=True,
        stderr=subprocess.DEVNULL,
    )
    for name in [*(f"{kind}-collector" for kind in SIGNALS), "node-collector", "otel-gateway"]:
        own = cluster.secrets[f"{name}-tls"] = folder / f"{name}-tls"
        own.mkdir()
        shutil.copy(folder / "ca.crt", own)
        (folder / "names").write_text(f"subjectAltName=DNS:{name}.otel.svc,DNS:{name}-headless.otel.svc")
        subprocess.run(
            f"{new} {own}/tls.key -out request -subj /CN={name} && openssl x509 -req -in request -CA ca.crt "
            f"-CAkey ca.key -CAcreateserial -days 2 -extfile names -out {own}/tls.crt && chmod 644 {own}/tls.key",
            cwd=folder, shell=True, check=True, stderr=subprocess.DEVNULL,
        )


def components(folder):
    """The front door splits by signal, mutual TLS holds, and queues on volumes survive SIGKILL."""
    cluster = Cluster(folder, render("components/together"))
    yield cluster
    certificates(cluster)
    sink = Sink(cluster)
    gateways = {kind: cluster.pods(f"{kind}-collector", 2) for kind in SIGNALS}
    (node,), (door,) = cluster.pods("node-collector"), cluster.pods("otel-gateway")
    gateway, empty = gateways["traces"][0].address, {"resourceSpans": []}
    tls = ssl.create_default_context(cafile=cluster.folder / "certificates/ca.crt")
    tls.check_hostname = False
    assert ask(f"http://{gateway}:4318/v1/traces", empty) is None, "a gateway took plain HTTP"
    assert ask(f"https://{gateway}:4318/v1/traces", empty, tls) is None, "and one without a certificate"
    own = cluster.secrets["node-collector-tls"]
    tls.load_cert_chain(own / "tls.crt", own / "tls.key")
    assert ask(f"https://{gateway}:4318/v1/traces", empty, tls) == 200, "a certificate of our root is let in"
    for tag, pod in (("node", node), ("door", door)):
        for kind in SIGNALS:
            assert pod.send(kind, tag, 50) == 50
            sink.expect(kind, tag, 50)
    sink.stop()
    for kind in SIGNALS:
        assert door.send(kind, "kill", 50) == 50, "the volumes take what the backend does not"
    every = [pod for pods in gateways.values() for pod in pods]
    for pod in every:
        pod.end(signal.SIGKILL)
    for pod in every:
        pod.start()
    sink.start()
    for kind in SIGNALS:
        sink.expect(kind, "kill", 50)
    for pod in gateways["traces"]:
        pod.end(signal.SIGTERM)
    assert door.ask(4318, "/v1/traces", item("traces", "away-0")) == 503, "the client keeps its data"
    assert door.send("logs", "beside", 10) == 10, "other signals go on"
    sink.expect("logs", "beside", 10)


def main():
    if os.environ.get("OTEL_TEST") != "inside":
        # A network and mounts of its own, so that nothing of this is seen outside.
        os.environ["OTEL_TEST"] = "inside"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    for scenario in (bases, components):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            steps = scenario(folder)
            cluster = next(steps)
            try:
                next(steps, None)
            finally:
                cluster.close()
        print(f"{scenario.__name__}: ok. {scenario.__doc__}", flush=True)


if __name__ == "__main__":
    main()
