"""Runs the collectors of a rendered kustomization as processes, and a backend that keeps what it gets.

Config, variables and arguments are those of the container. On the loopback, where `make test` runs them, only what a loopback cannot have is changed: listeners get free ports, and paths of mounts stand below a directory of the test. `cluster.py` runs them as they are.
"""

import contextlib
import ipaddress
import itertools
import json
import os
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

import yaml
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import kubectl

SIGNALS = ("traces", "metrics", "logs")
ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("TERCET_BIN_DIR", ROOT / "target/debug"))
PATIENCE = 60
# What was started and made; whoever runs a test enters it, so that nothing is left.
undo = contextlib.ExitStack()


def everything(count: int) -> dict:
    """So many items of each signal."""
    return dict.fromkeys(SIGNALS, count)


def until(what: str, passes):
    """Waits until something is true, and gives it back."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := passes():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"waited {PATIENCE} s in vain for {what}")


def render(kustomization: str) -> list:
    """The objects of a kustomization."""
    directory = ROOT / "deploy/kubernetes" / kustomization
    text = subprocess.run([kubectl.path(), "kustomize", directory], check=True, capture_output=True, text=True).stdout
    return [thing for thing in yaml.safe_load_all(text) if thing]


class Loopback:
    """Where a process is that gets nothing of its own.

    A port that the system gives out may be another's by the time it is listened on. These are below those, given once,
    and at an address of the loopback that only this test uses (`free_address` of the Rust tests does the same).
    """

    around = ()
    address = str(ipaddress.IPv4Address((127 << 24) + (128 << 16) + os.getpid()))
    ports = itertools.count(20_000)

    def listener(self, _port: int) -> str:
        """An address in place of a container's port."""
        return f"{self.address}:{next(self.ports)}"


class Process:
    """A collector that can be killed and started again, at the same address."""

    def __init__(self, binary: str, arguments: list, variables: dict, folder: pathlib.Path, around=()):
        self.binary = str(BINARIES / binary)
        self.command = [*around, self.binary, *arguments]
        self.variables, self.log = {"PATH": os.environ["PATH"], **variables}, folder / "log"
        self.start()

    def start(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.command, env=self.variables, stdout=log, stderr=log)
        undo.callback(self.kill)

        def is_ready():
            assert self.process.poll() is None, self.log.read_text()
            return "Everything is ready" in self.log.read_text()

        until(f"{self.binary} to be ready", is_ready)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Backend(Process):
    """Takes all signals and writes them down."""

    def __init__(self, folder: pathlib.Path, name="backend", grpc=None, extensions=None, place=Loopback()):
        folder = folder / name
        folder.mkdir()
        self.address, self.written = place.listener(4317), folder / "written.jsonl"
        pipelines = {signal: {"receivers": ["otlp"], "exporters": ["file"]} for signal in SIGNALS}
        config = {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": self.address, **(grpc or {})}}}},
            "exporters": {"file": {"path": str(self.written), "append": True, "flush_interval": "100ms"}},
            "extensions": extensions or {},
            "service": {
                "extensions": list(extensions or {}),
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": pipelines,
            },
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        super().__init__("combined-collector", [f"--config={folder / 'config.yaml'}"], {}, folder, place.around)

    def items(self, signal: str) -> list:
        """Each item with the attributes of its resource."""
        lists = {
            "traces": ("resourceSpans", "scopeSpans", lambda scope: scope["spans"]),
            "metrics": ("resourceMetrics", "scopeMetrics", lambda scope: scope["metrics"][0]["sum"]["dataPoints"]),
            "logs": ("resourceLogs", "scopeLogs", lambda scope: scope["logRecords"]),
        }
        outer, inner, items = lists[signal]
        found = []
        text = self.written.read_text() if self.written.exists() else ""
        for line in text.splitlines(keepends=True):
            # The last one may be half written.
            for resource in json.loads(line).get(outer, []) if line.endswith("\n") else []:
                attributes = resource.get("resource", {}).get("attributes", [])
                values = {one["key"]: one["value"].get("stringValue") for one in attributes}
                found += [(item, values) for scope in resource[inner] for item in items(scope)]
        return found

    def count(self) -> dict:
        return {signal: len(self.items(signal)) for signal in SIGNALS}

    def has(self, **wanted: int):
        """Waits for so many items of the signals, no fewer and no more."""
        with contextlib.suppress(TimeoutError):
            until("items", lambda: all(self.count()[one] >= wanted[one] for one in wanted))
            # Whatever came twice would come about now.
            time.sleep(0.5)
        found = self.count()
        assert {one: found[one] for one in wanted} == wanted, f"{found}, and not {wanted}"


class Collector(Process):
    """The collector's container of a workload."""

    def __init__(self, objects: list, folder: pathlib.Path, name: str, namespace=None, variables=None, secrets=None, settings=(), instance="", place=Loopback()):
        kinds = ("Deployment", "DaemonSet", "StatefulSet")
        workload = next(
            one for one in objects
            if one["kind"] in kinds and one["metadata"]["name"] == name and namespace in (None, one["metadata"]["namespace"])
        )
        beside = [one for one in objects if one["metadata"].get("namespace") == workload["metadata"]["namespace"]]
        self.maps = {one["metadata"]["name"]: one["data"] for one in beside if one["kind"] == "ConfigMap"}
        pod = workload["spec"]["template"]["spec"]
        container = next(one for one in [*pod.get("initContainers", []), *pod["containers"]] if one["name"] == "collector")
        self.folder, self.place = folder / f"{workload['metadata']['namespace']}-{name}{instance}", place
        mounts = self.mount(pod, container, secrets or {})
        arguments = [self.moved(one, mounts, "--config=") for one in container["args"]]
        arguments += [*self.listeners(arguments), *(f"--set={one}" for one in settings)]
        image = container["image"].split(":")[0]
        binary = "combined-collector" if image == "node-collector" else image
        around = self.around(pod, container, mounts)
        super().__init__(binary, arguments, self.environment(container, variables or {}), self.folder, around)

    def around(self, _pod: dict, _container: dict, _mounts: dict):
        """What gives the process its surroundings."""
        return self.place.around

    def mount(self, pod: dict, container: dict, secrets: dict) -> dict:
        """Writes out what is mounted; where each mount is now."""
        volumes = {one["name"]: one for one in pod.get("volumes", [])}
        mounts = {one["mountPath"]: self.folder / one["mountPath"].strip("/") for one in container["volumeMounts"]}
        for mount in container["volumeMounts"]:
            place = mounts[mount["mountPath"]]
            place.mkdir(parents=True, exist_ok=True)
            files = self.maps.get(volumes.get(mount["name"], {}).get("configMap", {}).get("name"), {})
            for file, text in {**files, **secrets.get(mount["name"], {})}.items():
                (place / file).write_text(self.moved(text, mounts, " ") if file.endswith(".yaml") else text)
        return mounts

    def moved(self, text: str, mounts: dict, before: str) -> str:
        for path, place in mounts.items():
            text = text.replace(f"{before}{path}/", f"{before}{place}/").replace(f"{before}{path}\n", f"{before}{place}\n")
        return text

    def environment(self, container: dict, variables: dict) -> dict:
        found = {}
        for source in container.get("envFrom") or []:
            found.update(self.maps[source["configMapRef"]["name"]])
        for one in container.get("env", []):
            value = one.get("value", f"the-{one['name']}")
            for name in found:
                value = value.replace(f"$({name})", found[name])
            found[one["name"]] = value
        return {**found, **variables}

    def listeners(self, arguments: list) -> list:
        """Arguments for a config that is merged over the others: free ports of the loopback."""
        config = yaml.safe_load(pathlib.Path(arguments[0].removeprefix("--config=")).read_text())
        protocols = config["receivers"]["otlp"]["protocols"]
        ports = {name: self.place.listener(0) for name, one in protocols.items() if one.get("transport") != "unix"}
        self.grpc, self.http = ports.get("grpc"), ports.get("http")
        self.metrics, self.health = self.place.listener(8888), self.place.listener(13133)
        host, port = self.metrics.split(":")
        reader = {"pull": {"exporter": {"prometheus": {"host": host, "port": int(port)}}}}
        over = {
            "receivers": {"otlp": {"protocols": {name: {"endpoint": one} for name, one in ports.items()}}},
            "extensions": {"health_check": {"endpoint": self.health}},
            "service": {"telemetry": {"metrics": {"readers": [reader]}}},
        }
        file = self.folder / "listeners.yaml"
        file.write_text(yaml.safe_dump(over))
        return [f"--config={file}"]

    def sample(self, *words: str) -> float:
        """The sum of the metrics whose line has all these words."""
        page = urllib.request.urlopen(f"http://{self.metrics}/metrics").read().decode()
        lines = [line for line in page.splitlines() if not line.startswith("#") and all(word in line for word in words)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def has_sent_all(self):
        """Waits until nothing is under way; what was when the next tier is killed would arrive twice."""
        names = ("otelcol_exporter_queue_size_bytes{", "otelcol_exporter_in_flight_requests{")
        until("empty queues", lambda: sum(self.sample(name) for name in names) == 0)

    def post(self, body: dict, headers=None, tls=None) -> int:
        """Sends spans as JSON; the status."""
        headers = {"content-type": "application/json", **(headers or {})}
        url = f"{'https' if tls else 'http'}://{self.http}/v1/traces"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            return urllib.request.urlopen(request, timeout=30, context=tls).status
        except urllib.error.HTTPError as error:
            return error.code


def items(signal: str, count: int, attributes: dict):
    resource = Resource({"service.name": "sdk", **attributes})
    if signal == "traces":
        kept, provider = InMemorySpanExporter(), TracerProvider(resource=resource)
        provider.add_span_processor(SimpleSpanProcessor(kept))
        for number in range(count):
            provider.get_tracer("t").start_span(f"span {number}").end()
        return kept.get_finished_spans()
    if signal == "logs":
        kept, provider = InMemoryLogRecordExporter(), LoggerProvider(resource=resource)
        provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
        for number in range(count):
            provider.get_logger("t").emit(LogRecord(body=f"record {number}"))
        return kept.get_finished_logs()
    reader = InMemoryMetricReader()
    counter = MeterProvider([reader], resource=resource).get_meter("t").create_counter("points")
    for number in range(count):
        counter.add(1, {"number": number})
    return reader.get_metrics_data()


def send(address: str, count: int, signals=SIGNALS, timeout=20, attributes=None, **options) -> dict:
    """Sends so many items of each signal with the SDK; which signals were taken."""
    exporters = {"traces": OTLPSpanExporter, "metrics": OTLPMetricExporter, "logs": OTLPLogExporter}
    taken = {}
    for signal in signals:
        exporter = exporters[signal](endpoint=address, insecure="credentials" not in options, timeout=timeout, **options)
        taken[signal] = exporter.export(items(signal, count, attributes or {})).name == "SUCCESS"
        exporter.shutdown()
    return taken


def sent(address: str, count: int, signals=SIGNALS, **options):
    """Sends, and all of it has to be taken."""
    taken = send(address, count, signals, **options)
    assert all(taken.values()), taken
