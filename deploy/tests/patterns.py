"""Runs the collectors of one pattern, feeds them, kills what its README says may die, and counts what arrives.

    patterns.py PATTERN      (binaries: TERCET_BIN_DIR, or target/debug)
"""

import pathlib
import secrets
import sys
import tempfile
import time

import grpc

from certificates import authority, certificate, secret
from pods import SIGNALS, Backend, Collector, Loopback, everything, render, send, sent, undo

BACKENDS = ("TRACES_ENDPOINT", "METRICS_ENDPOINT", "LOGS_ENDPOINT")


def gateways(objects: list, folder: pathlib.Path, namespace: str, targets: dict, secrets=None, **variables) -> dict:
    """The three gateways, by signal, each with the address it sends to."""
    return {
        signal: Collector(
            objects, folder, f"{signal}-collector", namespace, {"BACKEND_ENDPOINT": targets[signal], **variables}, secrets
        )
        for signal in SIGNALS
    }


def certificates(folder: pathlib.Path):
    """Two authorities; `server` and `edge` are of the first, `stranger` is of the second."""
    for name in ("ca", "other"):
        authority(folder, name)
    for name, of in (("server", "ca"), ("edge", "ca"), ("stranger", "other")):
        certificate(folder, name, of, f"IP:{Loopback.address}")


def basic(folder):
    backend = Backend(folder)
    ours = gateways(render("patterns/basic"), folder, "otel", dict.fromkeys(SIGNALS, backend.address))
    for signal, collector in ours.items():
        sent(collector.grpc, 100, [signal])
    backend.has(**everything(100))
    assert send(ours["logs"].grpc, 1, ["traces"], timeout=2) == {"traces": False}


def daemonset(folder):
    backend = Backend(folder)
    node = Collector(render("patterns/daemonset"), folder, "node-collector", variables=dict.fromkeys(BACKENDS, backend.address))
    sent(node.grpc, 100)
    backend.has(**everything(100))
    assert backend.items("logs")[0][1]["k8s.node.name"] == "the-NODE_NAME"
    backend.kill()
    sent(node.grpc, 100)
    node.kill()
    node.start()
    backend.start()
    backend.has(**everything(200))


def gateway(folder):
    backend = Backend(folder)
    ours = Collector(render("patterns/gateway"), folder, "otel-gateway", variables=dict.fromkeys(BACKENDS, backend.address))
    sent(ours.grpc, 100)
    backend.has(**everything(100))
    backend.kill()
    sent(ours.grpc, 100)
    backend.start()
    backend.has(**everything(200))


def per_signal(folder):
    backend, objects = Backend(folder), render("patterns/per-signal")
    ours = gateways(objects, folder, "otel", dict.fromkeys(SIGNALS, backend.address))
    targets = {f"{signal.upper()}_ENDPOINT": ours[signal].grpc for signal in SIGNALS}
    door = Collector(objects, folder, "otel-gateway", variables=targets)
    sent(door.grpc, 100)
    backend.has(**everything(100))
    ours["logs"].kill()
    assert send(door.grpc, 100, timeout=3) == {"traces": True, "metrics": True, "logs": False}
    ours["logs"].start()
    sent(door.grpc, 100)
    backend.has(traces=300, metrics=300, logs=200)


def sidecar(folder):
    backend = Backend(folder)
    settings = [f"exporters.otlp_grpc/{signal}.endpoint={backend.address}" for signal in SIGNALS]
    for form in ("tcp", "plain-container"):
        ours = Collector(render(f"patterns/sidecar/{form}"), folder, "shop", settings=settings, instance=form)
        sent(ours.grpc, 50)
    backend.has(**everything(100))
    assert backend.items("metrics")[0][1]["k8s.pod.name"] == "the-POD_NAME"
    ours = Collector(render("patterns/sidecar/unix-socket"), folder, "shop", settings=settings, instance="unix")
    socket = ours.folder / "var/run/otel/otel.sock"
    # Python's gRPC would take the path for the host's name.
    options = {"channel_options": (("grpc.default_authority", "localhost"),)}
    sent(f"unix://{socket}", 50, **options)
    backend.has(**everything(150))
    ours.kill()
    assert socket.exists(), "what a killed collector leaves"
    ours.start()
    sent(f"unix://{socket}", 50, **options)
    backend.has(**everything(200))


def hybrid(folder):
    backend, objects = Backend(folder), render("patterns/hybrid")
    center = gateways(objects, folder, "otel", dict.fromkeys(SIGNALS, backend.address))
    region = gateways(objects, folder, "otel-regional", {one: center[one].grpc for one in SIGNALS})
    targets = {f"{signal.upper()}_ENDPOINT": region[signal].grpc for signal in SIGNALS}
    node = Collector(objects, folder, "node-collector", variables=targets)
    sent(node.grpc, 100)
    backend.has(**everything(100))
    attributes = backend.items("traces")[0][1]
    assert (attributes["cloud.region"], attributes["k8s.node.name"]) == ("region-1", "the-NODE_NAME")
    for collector in center.values():
        collector.kill()
    for _ in range(3):
        sent(node.grpc, 100)
    node.has_sent_all()
    for collector in region.values():
        collector.kill()
    sent(node.grpc, 100)
    for collector in (*region.values(), *center.values()):
        collector.start()
    backend.has(**everything(500))


def trace_id_load_balancing(folder):
    backend, objects = Backend(folder), render("patterns/trace-id-load-balancing")
    variables = {"BACKEND_ENDPOINT": backend.address}
    pods = [Collector(objects, folder, "traces-collector", variables=variables, instance=f"-{one}") for one in range(2)]
    traces = [secrets.token_hex(16) for _ in range(2000)]
    for name, pod in enumerate(pods):
        spans = [{"traceId": one, "spanId": secrets.token_hex(8), "name": f"pod {name}"} for one in traces]
        for begin in range(0, len(spans), 200):
            assert pod.post({"resourceSpans": [{"scopeSpans": [{"spans": spans[begin : begin + 200]}]}]}) == 200
    time.sleep(2)
    kept = {}
    for span, _ in backend.items("traces"):
        kept.setdefault(span["traceId"], set()).add(span["name"])
    assert all(names == {"pod 0", "pod 1"} for names in kept.values()), "a trace was kept in part"
    # 10%, give or take six standard deviations.
    assert 120 < len(kept) < 280, len(kept)


def multi_tenant(folder):
    certificates(folder)
    tls = {"tls": {"cert_file": str(folder / "server.crt"), "key_file": str(folder / "server.key")}}
    backends = {
        one: Backend(folder, one, {**tls, "auth": {"authenticator": "bearertokenauth"}}, {"bearertokenauth": {"token": one}})
        for one in ("tenant-a", "tenant-b")
    }
    settings = [f"exporters.otlp_grpc/{one}.endpoint={backend.address}" for one, backend in backends.items()]
    settings += [f"exporters.otlp_grpc/{one}.tls.ca_file={folder / 'ca.crt'}" for one in backends]
    tokens = {"tenant-a": {"token": ""}, "tenant-b": {"token": "tenant-b"}}
    objects = render("patterns/multi-tenant")
    for signal in SIGNALS:
        ours = Collector(objects, folder, f"{signal}-collector", settings=settings, secrets=tokens)
        for tenant in (*backends, "somebody"):
            sent(ours.grpc, 50, [signal], headers={"x-tenant": tenant})
        sent(ours.grpc, 50, [signal])
        backends["tenant-b"].has(**{signal: 50})
        assert backends["tenant-a"].count()[signal] == 0, "sent without a token"
        (ours.folder / "etc/tenants/tenant-a/token").write_text("tenant-a")
        backends["tenant-a"].has(**{signal: 50})
        assert ours.sample("otelcol_stage_items", "filter/unknown-tenant", 'flow="dropped"') == 100
        if signal != "traces":
            ours.kill()
        else:
            blocked_tenant(ours, backends)


def blocked_tenant(ours: Collector, backends: dict):
    """One tenant's queue is full; the other's requests are taken and delivered meanwhile."""
    backends["tenant-a"].kill()
    span = {"traceId": secrets.token_hex(16), "spanId": secrets.token_hex(8), "name": "x" * 4096}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span] * 250}]}]}
    statuses = {ours.post(body, {"x-tenant": "tenant-a"}) for _ in range(50)}
    assert statuses == {200, 503}, statuses
    for _ in range(4):
        assert ours.post(body, {"x-tenant": "tenant-b"}) == 200
        assert ours.post(body, {"x-tenant": "tenant-a"}) == 503
    backends["tenant-b"].has(traces=50 + 4 * 250)
    ours.kill()
    backends["tenant-a"].start()


def multi_cluster(folder):
    certificates(folder)
    backend = Backend(folder)
    (folder / "center").mkdir()
    center = gateways(
        render("patterns/multi-cluster/central"), folder / "center", "otel", dict.fromkeys(SIGNALS, backend.address), secret(folder, "server")
    )
    targets = {one: center[one].grpc for one in SIGNALS}
    objects = render("patterns/multi-cluster/edge")
    edges = gateways(objects, folder, "otel", targets, secret(folder, "edge"))
    for signal, edge in edges.items():
        sent(edge.grpc, 50, [signal], attributes={"k8s.cluster.name": "a liar"})
        backend.has(**{signal: 50})
        assert backend.items(signal)[0][1]["k8s.cluster.name"] == "cluster-1"
        center[signal].kill()
        sent(edge.grpc, 50, [signal])
        edge.kill()
        edge.start()
        center[signal].start()
        backend.has(**{signal: 100})
    edges["traces"].kill()
    (folder / "stranger").mkdir()
    stranger = gateways(objects, folder / "stranger", "otel", targets, secret(folder, "stranger"))["traces"]
    sent(stranger.grpc, 1, ["traces"])
    root = grpc.ssl_channel_credentials((folder / "ca.crt").read_bytes())
    assert send(center["traces"].grpc, 1, ["traces"], timeout=3, credentials=root) == {"traces": False}
    backend.has(traces=100)
    assert "does not accept our certificate" in stranger.log.read_text()


def control_plane_tracing(folder):
    backend = Backend(folder)
    ours = Collector(render("patterns/control-plane-tracing"), folder, "traces-collector", variables={"TRACES_ENDPOINT": backend.address})
    sent(ours.grpc, 100, ["traces"])
    backend.has(traces=100)
    assert backend.items("traces")[0][1]["k8s.node.name"] == "the-NODE_NAME"


if __name__ == "__main__":
    pattern = sys.argv[1]
    with tempfile.TemporaryDirectory() as directory, undo:
        globals()[pattern.replace("-", "_")](pathlib.Path(directory))
