#!/usr/bin/env python3
"""Holds the images that build.sh made to what README.md beside this says, on a Docker engine.

Needs docker and h2load. MAX_BYTES is how large an image may be: binaries of the dev profile need more.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.error
import urllib.request

IMAGES = ["traces-collector", "metrics-collector", "logs-collector", "node-collector"]
MAX_BYTES = int(os.environ.get("MAX_BYTES", "30000000"))
HARDENED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
RUN = f"images-test-{os.getpid()}"
CONFIGS = pathlib.Path(__file__).parent / "config"
PORTS = {"4317/tcp", "4318/tcp", "8888/tcp", "13133/tcp"}
SPANS = 100
MIB = 1 << 20


def docker(*arguments):
    """What the command prints; a failure is an error with what it said."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"docker {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def inspected(name):
    return json.loads(docker("inspect", name))[0]


def say(text):
    """A measured figure, for those who read along."""
    print(f"\n  {text}", end="", flush=True)


def within(seconds, what, check):
    """Waits until `check` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def field(number, wire_type, value):
    return varint(number << 3 | wire_type) + value


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def message(number, body):
    return field(number, 2, varint(len(body)) + body)


def spans(count):
    """An export request for traces, about 250 bytes a span."""
    value = message(1, b"a value of some length that tells nothing" * 2)
    attribute = message(9, message(1, b"http.request.header") + message(2, value))
    start = field(7, 1, (1_700_000_000_000_000_000).to_bytes(8, "little"))
    items = b"".join(
        message(2, message(1, (index + 1).to_bytes(16, "big")) + message(2, (index + 1).to_bytes(8, "big"))
                + message(5, b"GET /cart") + start + attribute)
        for index in range(count)
    )
    return message(1, message(2, items))


class Container:
    """A running container of the test; it is removed when the test ends."""

    def __init__(self, test, image, *arguments, options=()):
        self.id = docker("run", "--detach", "--label", RUN, "--network", RUN, *options, image, *arguments)
        test.addCleanup(docker, "rm", "--force", "--volumes", self.id)

    def state(self):
        return inspected(self.id)["State"]

    def url(self, port, path="/"):
        networks = inspected(self.id)["NetworkSettings"]["Networks"]
        return f"http://{networks[RUN]['IPAddress']}:{port}{path}"

    def ask(self, port=13133, path="/", body=None, kind="application/x-protobuf"):
        """The status and text of an answer; no status if nobody answers."""
        request = urllib.request.Request(self.url(port, path), data=body, headers={"content-type": kind})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return None, str(error)

    def ready(self):
        within(30, "health check answers 200", lambda: self.ask()[0] == 200 or self.ended())
        if self.ended():
            raise AssertionError(f"it ended: {self.logs()}")
        return self

    def ended(self):
        return not self.state()["Running"]

    def logs(self):
        done = subprocess.run(["docker", "logs", self.id], capture_output=True, text=True)
        return done.stdout + done.stderr

    def send(self):
        return self.ask(4318, "/v1/traces", spans(SPANS))[0]

    def total(self, metric):
        """The sum over all series of a metric of its own."""
        lines = self.ask(8888, "/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric + "{"))

    def group_file(self, version_1, version_2):
        """What the kernel keeps about the container's memory."""
        roots = pathlib.Path("/sys/fs/cgroup")
        for name in [f"memory/docker/{self.id}/{version_1}", f"docker/{self.id}/{version_2}",
                     f"system.slice/docker-{self.id}.scope/{version_2}"]:
            if (roots / name).exists():
                return (roots / name).read_text()
        raise AssertionError(f"no control group of {self.id} below {roots}")

    def peak_mib(self):
        return int(self.group_file("memory.max_usage_in_bytes", "memory.peak")) / MIB

    def memory_mib(self):
        return int(self.group_file("memory.usage_in_bytes", "memory.current")) / MIB

    def kept_mib(self):
        """What it takes without pages of files, which the kernel takes back when memory is short."""
        lines = dict(line.split() for line in self.group_file("memory.stat", "memory.stat").splitlines())
        return self.memory_mib() - int(lines.get("total_cache") or lines["file"]) / MIB

    def stop(self):
        """Seconds until it ended, and its exit code."""
        begin = time.monotonic()
        docker("stop", "-t", "30", self.id)
        return time.monotonic() - begin, self.state()["ExitCode"]


class WhatIsInAnImage(unittest.TestCase):
    def test_the_metadata_is_what_manifests_count_on(self):
        for name in IMAGES:
            with self.subTest(name):
                image = inspected(f"{name}:latest")
                config = image["Config"]
                self.assertEqual(config["User"], "10001:10001")
                self.assertEqual(config["Entrypoint"], [f"/{name}"])
                self.assertEqual(config["Cmd"], ["--config=/etc/otelcol/config.yaml"])
                self.assertEqual(set(config["ExposedPorts"]), PORTS)
                self.assertEqual(config["Healthcheck"]["Test"], ["CMD", f"/{name}", "healthcheck"])
                self.assertIn("OTELCOL_DEFAULT_HOST=0.0.0.0", config["Env"])
                self.assertIn("OTELCOL_DEFAULT_HEALTH=0.0.0.0:13133", config["Env"])
                self.assertIsNone(config.get("Volumes"))
                labels = {key.rpartition(".")[2]: value for key, value in config["Labels"].items()}
                self.assertEqual(labels["title"], name)
                self.assertEqual(labels["licenses"], "Apache-2.0")
                self.assertRegex(labels["revision"], "^[0-9a-f]{40}(-dirty)?$")
                self.assertRegex(labels["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertTrue({"description", "source"} <= set(labels))
                self.assertIn(f"{name}:{labels['version']}", image["RepoTags"])
                self.assertLessEqual(image["Size"], MAX_BYTES)

    def test_an_image_holds_these_files_and_no_others(self):
        for name in IMAGES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                saved = pathlib.Path(folder, "image.tar")
                docker("save", "--output", str(saved), f"{name}:latest")
                files = {}
                with tarfile.open(saved) as image:
                    manifest = json.load(image.extractfile("manifest.json"))
                    for layer in manifest[0]["Layers"]:
                        with tarfile.open(fileobj=image.extractfile(layer)) as content:
                            kept = [entry for entry in content if not entry.isdir() or entry.name == "var/lib/otelcol"]
                            files |= {entry.name: entry for entry in kept}
                self.assertEqual(set(files), {
                    name, "otelcol", "otelcol-contrib", "etc/passwd", "etc/group", "etc/otelcol/config.yaml",
                    "etc/otelcol-contrib", "etc/ssl/certs/ca-certificates.crt", "var/lib/otelcol",
                })
                self.assertEqual({files[link].linkname for link in ("otelcol", "otelcol-contrib")}, {name})
                state = files["var/lib/otelcol"]
                self.assertEqual((state.uid, state.gid, state.mode & 0o777), (10001, 0, 0o770))
                owned = {(entry.uid, entry.gid) for path, entry in files.items() if path != state.name}
                self.assertEqual(owned, {(0, 0)})
                writable = {path for path, entry in files.items() if entry.mode & 0o6022 and not entry.issym()}
                self.assertEqual(writable, {state.name})


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        docker("network", "create", RUN)
        cls.addClassCleanup(docker, "network", "rm", RUN)

    def start(self, image, *arguments, options=(), config=None, at="/conf/collector.yaml"):
        if config is not None:
            options = [*options, "--volume", f"{self.mounted(config)}:{at}:ro"]
        return Container(self, f"{image}:latest", *arguments, options=[*HARDENED, *options])

    def mounted(self, config):
        """A file with this text that everybody can read."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        file = pathlib.Path(folder, "collector.yaml")
        file.write_text(config)
        return file

    def test_each_runs_as_any_user_on_a_read_only_root_without_capabilities(self):
        for name in IMAGES:
            for user in ["10001", "12345:0", "4711:4711", "0:0"]:
                with self.subTest(f"{name} as {user}"):
                    running = self.start(name, options=["--user", user]).ready()
                    signal = "traces" if name == "node-collector" else name.partition("-")[0]
                    self.assertEqual(running.ask(4318, f"/v1/{signal}", b"{}", "application/json")[0], 200)
                    self.assertEqual(running.ask(8888, "/metrics")[0], 200)
                    say(f"{name} as {user}: idle {running.memory_mib():.1f} MiB")
                    self.assertEqual(running.stop()[1], 0)
                self.doCleanups()

    def test_docker_sees_it_healthy(self):
        for name in IMAGES:
            with self.subTest(name):
                running = self.start(name)
                within(30, "healthy", lambda: running.state()["Health"]["Status"] == "healthy")

    def test_manifests_that_call_the_go_collector_run(self):
        config = CONFIGS / "traces-collector.yaml"
        for command in ["/otelcol", "/otelcol-contrib"]:
            for arguments in [["--config=/conf/collector.yaml"], ["--config", "/conf/collector.yaml"]]:
                options = ["--entrypoint", command]
                with self.subTest(command):
                    self.start("traces-collector", *arguments, options=options, config=config.read_text()).ready()

    def test_a_config_mounted_over_a_default_is_the_one_that_runs(self):
        config = (CONFIGS / "traces-collector.yaml").read_text().replace("13133", "13199")
        for path in ["/etc/otelcol/config.yaml", "/etc/otelcol-contrib/config.yaml"]:
            with self.subTest(path):
                running = self.start("traces-collector", config=config, at=path)
                within(30, "its own port", lambda: running.ask(13199)[0] == 200)
        folder = self.mounted(config).parent
        (folder / "collector.yaml").rename(folder / "config.yaml")
        running = self.start("traces-collector", options=["--volume", f"{folder}:/etc/otelcol-contrib:ro"])
        within(30, "its own port", lambda: running.ask(13199)[0] == 200)

    def test_arguments_come_as_the_operator_passes_them(self):
        """The config first, then sorted keys; or last, whole in a variable."""
        text = (CONFIGS / "traces-collector.yaml").read_text()
        folder = self.mounted(text).parent
        # A ConfigMap's volume is links to links.
        (folder / "..2026").mkdir()
        (folder / "collector.yaml").rename(folder / "..2026" / "collector.yaml")
        (folder / "..data").symlink_to("..2026")
        (folder / "collector.yaml").symlink_to("..data/collector.yaml")
        rest = ["--feature-gates=-some.gate", "--set=service.telemetry.logs.level=debug"]
        options = ["--volume", f"{folder}:/conf:ro", "--env", "GOMEMLIMIT=1", "--env", "GOMAXPROCS=1"]
        self.start("traces-collector", "--config=/conf/collector.yaml", *rest, options=options).ready()
        padded = text + "# " + "x" * (127 * 1024 - len(text)) + "\n"
        os.environ["OTEL_CONFIG"] = padded
        self.addCleanup(os.environ.pop, "OTEL_CONFIG")
        options = ["--env", "OTEL_CONFIG", "--user", "1000710000:0"]
        self.start("traces-collector", *rest, "--config=env:OTEL_CONFIG", options=options).ready()

    def test_health_is_served_when_the_config_names_none(self):
        config = "receivers: {otlp: {protocols: {http: }}}\nexporters: {nop: }\n" \
                 "service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}\n"
        running = self.start("traces-collector", "--config=/conf/collector.yaml", config=config).ready()
        # The receiver names no host either, and is reached from outside.
        self.assertEqual(running.send(), 200)

    def test_public_roots_are_known(self):
        config = "receivers: {nop: }\nexporters: {otlp_http: {endpoint: 'https://127.0.0.1:1'}}\n" \
                 "service: {pipelines: {traces: {receivers: [nop], exporters: [otlp_http]}}}\n"
        checked = ["traces-collector", "check", "--config=/c.yaml"]
        options = ["--rm", *HARDENED, "--volume", f"{self.mounted(config)}:/c.yaml:ro"]
        with self.assertRaisesRegex(AssertionError, "refused"):
            docker("run", *options, *checked)
        without = ["--volume", f"{self.mounted('')}:/etc/ssl/certs/ca-certificates.crt:ro"]
        with self.assertRaisesRegex(AssertionError, "no trusted roots"):
            docker("run", *options, *without, *checked)

    def test_state_on_a_named_volume_outlives_a_container(self):
        config = gateway("nobody:4317", "sending_queue: {storage: file_storage}",
                         "file_storage: {directory: /var/lib/otelcol/queue, create_directory: true}")
        volume = f"{RUN}-state"
        docker("volume", "create", volume)
        self.addCleanup(docker, "volume", "rm", volume)
        options = ["--volume", f"{volume}:/var/lib/otelcol"]
        queued = []
        for _ in range(2):
            running = self.start("traces-collector", "--config=/conf/collector.yaml", options=options, config=config)
            self.assertEqual(running.ready().send(), 200)
            queued.append(running.total("otelcol_exporter_queue_size"))
            docker("kill", running.id)
        self.assertGreater(queued[0], 0)
        self.assertEqual(queued[1], 2 * queued[0])

    def test_a_changed_config_is_taken_on_sighup(self):
        file = self.mounted((CONFIGS / "traces-collector.yaml").read_text())
        options = ["--volume", f"{file.parent}:/conf:ro"]
        running = self.start("traces-collector", "--config=/conf/collector.yaml", options=options).ready()
        file.write_text(file.read_text().replace("13133", "13199"))
        docker("kill", "--signal", "HUP", running.id)
        within(10, "the new port", lambda: running.ask(13199)[0] == 200)

    def test_probes_are_told_of_a_stop_before_it_ends(self):
        config = gateway("nobody:4317", "sending_queue: {queue_size: 100}")
        running = self.start("traces-collector", "--config=/conf/collector.yaml", config=config).ready()
        self.assertEqual(running.send(), 200)
        begin = time.monotonic()
        docker("kill", "--signal", "TERM", running.id)
        within(2, "503", lambda: running.ask()[0] == 503)
        within(30, "its end", running.ended)
        seconds, code = time.monotonic() - begin, running.state()["ExitCode"]
        say(f"stop with a backend that is away: {seconds:.1f} s, exit code {code}")
        self.assertLess(seconds, 22)
        self.assertEqual(code, 0)
        idle = self.start("traces-collector").ready()
        docker("kill", "--signal", "INT", idle.id)
        within(2, "its end", idle.ended)
        self.assertEqual(idle.state()["ExitCode"], 0)

    def load(self, target, seconds, shape, per_second=None):
        """Sends as fast as it is answered, or at a pace."""
        protocol, clients, streams, items = shape
        body = spans(items)
        if protocol == "grpc":
            body = bytes(1) + len(body).to_bytes(4, "big") + body
            path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            options = ["--header", "content-type: application/grpc", "--header", "te: trailers", target.url(4317, path)]
        else:
            options = ["--h1", "--header", "content-type: application/x-protobuf", target.url(4318, "/v1/traces")]
        file = self.mounted("")
        file.write_bytes(body)
        pace = ["--rps", str(per_second / clients)] if per_second else []
        command = ["h2load", "--clients", str(clients), "--max-concurrent-streams", str(streams), "--duration",
                   str(seconds), *pace, "--data", str(file), *options]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        return running

    def test_a_stop_under_load_loses_nothing(self):
        sink = self.start("node-collector", options=["--network-alias", "sink"]).ready()
        config = gateway("sink:4317", "sending_queue: {queue_size: 1000}")
        running = self.start("traces-collector", "--config=/conf/collector.yaml", config=config).ready()
        load = self.load(running, 8, ("http", 20, 1, SPANS), 200)
        time.sleep(4)
        peak = running.peak_mib()
        seconds, code = running.stop()
        acknowledged, _ = answers(load)
        arrived = sink.total("otelcol_receiver_accepted_spans") / SPANS
        say(f"stop under load: {seconds:.1f} s, exit code {code}, {acknowledged} requests acknowledged, "
            f"{arrived:.0f} arrived, peak {peak:.1f} MiB")
        self.assertEqual(code, 0)
        self.assertGreater(acknowledged, 300)
        self.assertGreaterEqual(arrived, acknowledged)

    def small(self, limiter):
        """A collector in 64 MiB and a quarter of a core before a backend that takes less than it."""
        sink = self.start("node-collector", options=["--network-alias", "sink", "--cpus", "0.05"]).ready()
        config = gateway("sink:4317", "sending_queue: {queue_size: 1000000}", limiter=limiter)
        limits = ["--memory", "64m", "--memory-swap", "64m", "--cpus", "0.25"]
        running = self.start("traces-collector", "--config=/conf/collector.yaml", options=limits, config=config)
        return running.ready(), sink

    def survived(self, running, load, what):
        """Waits for the load to end, and tells what was answered."""
        kept = 0
        while load.poll() is None:
            # A container that was killed has no group any more.
            with contextlib.suppress(AssertionError, OSError):
                kept = max(kept, running.kept_mib())
            time.sleep(0.05)
        state = running.state()
        self.assertFalse(state["OOMKilled"], what)
        self.assertTrue(state["Running"], running.logs())
        say(f"{what}: peak {running.peak_mib():.0f} of 64 MiB, {kept:.0f} without pages of files")
        within(30, "health answers", lambda: running.ask()[0] == 200)
        return answers(load)

    def test_ten_times_what_gets_through_is_survived_in_64_mib(self):
        for limiter in ["", "memory_limiter"]:
            with self.subTest(limiter or "no memory_limiter"):
                running, sink = self.small(limiter)
                shape, taken = ("http", 100, 1, SPANS), lambda: sink.total("otelcol_receiver_accepted_spans")
                # Until memory is full.
                answers(self.load(running, 10, shape))
                begin, seconds = taken(), 10
                answers(self.load(running, seconds, shape))
                capacity = (taken() - begin) / seconds
                seconds = 30
                load = self.load(running, seconds, shape, 10 * capacity / SPANS)
                accepted, refused = self.survived(running, load, limiter or "own budget")
                offered = (accepted + refused) * SPANS / seconds
                say(f"  {capacity:.0f} spans/s get through, {offered:.0f} offered, "
                    f"{accepted * SPANS / seconds:.0f} accepted, {refused * SPANS / seconds:.0f} refused")
                self.assertGreater(capacity, 0)
                self.assertGreater(offered, 9 * capacity)
                self.assertGreater(refused, 0)
                # What it holds gets through, and there is room again.
                within(120, "room again", lambda: running.send() == 200)
            # The next one has a sink to itself.
            self.doCleanups()

    def test_floods_are_survived_in_64_mib(self):
        """As fast as it goes, from many connections and with large requests."""
        shapes = [("http", 1000, 1, 100), ("http", 100, 1, 1000), ("http", 200, 1, 1000), ("http", 1000, 1, 1000),
                  ("http", 20, 1, 10000), ("http", 1000, 1, 10000),
                  ("grpc", 1000, 1, 100), ("grpc", 200, 10, 1000), ("grpc", 20, 10, 10000)]
        for limiter in ["", "memory_limiter"]:
            for shape in shapes:
                with self.subTest(limiter or "no memory_limiter", shape=shape):
                    running, _ = self.small(limiter)
                    protocol, clients, streams, items = shape
                    self.survived(running, self.load(running, 10, shape), f"{limiter or 'own budget'}: {clients} "
                                  f"{protocol} clients, {streams} calls each of {items} spans")
                self.doCleanups()


def answers(load):
    """How many requests were answered with 2xx and with 5xx."""
    output = load.communicate()[0]
    found = re.search(r"status codes: (\d+) 2xx, \d+ 3xx, \d+ 4xx, (\d+) 5xx", output)
    if not found:
        raise AssertionError(output)
    return int(found[1]), int(found[2])


def gateway(backend, delivery, extension="", limiter=""):
    """OTLP in, OTLP out, and what tells about it."""
    name = extension.partition(":")[0]
    return f"""
extensions: {{{extension}}}
receivers: {{otlp: {{protocols: {{grpc: , http: }}}}}}
processors: {{memory_limiter: {{check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20}}}}
exporters: {{otlp_grpc: {{endpoint: '{backend}', tls: {{insecure: true}}, {delivery}}}}}
service:
  extensions: [{name}]
  telemetry: {{metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: 0.0.0.0, port: 8888}}}}}}}}]}}}}
  pipelines: {{traces: {{receivers: [otlp], processors: [{limiter}], exporters: [otlp_grpc]}}}}
"""


if __name__ == "__main__":
    for tool in ["docker", "h2load"]:
        if not shutil.which(tool):
            sys.exit(f"test.py: {tool} is missing; nothing was tested")
    if subprocess.run(["docker", "info"], capture_output=True).returncode:
        sys.exit("test.py: no Docker engine answers; nothing was tested")
    unittest.main(verbosity=2)
