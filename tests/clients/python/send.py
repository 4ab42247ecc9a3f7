"""Sends one rich set of telemetry with the Python SDK: send.py grpc|http SIGNAL URL...

Certificates and headers are told as to every SDK, with the variables OTEL_EXPORTER_OTLP_*. The same objects go to every endpoint, so a recording backend can say what the collector was sent.
"""

import sys

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

RESOURCE = Resource(
    {"service.name": "python-client", "host.cores": 2, "tags": ["a", "b"]},
    schema_url="https://opentelemetry.io/schemas/1.26.0",
)
PLAIN = {
    "text": "täxt \U0001f980",
    "bool": True,
    "int": -(2**62),
    "double": 0.1,
    "texts": ["a", ""],
    "ints": [1, 2],
    "bools": [True, False],
}


def exporters(kind, protocol, signal, endpoints):
    base = "opentelemetry.exporter.otlp.proto"
    part = {"traces": "trace_exporter", "metrics": "metric_exporter", "logs": "_log_exporter"}
    module = __import__(f"{base}.{protocol}.{part[signal]}", fromlist=[kind])
    for endpoint in endpoints:
        if protocol == "grpc":
            yield getattr(module, kind)(endpoint=endpoint)
        else:
            yield getattr(module, kind)(endpoint=f"{endpoint}/v1/{signal}")


def nested(levels):
    value = "bottom"
    for level in range(levels):
        value = {"deeper": value} if level % 2 == 0 else [value]
    return value


def check(result):
    if result.name != "SUCCESS":
        sys.exit(f"an export failed: {result}")


class Checked(SpanExporter):
    """Makes a failed export the script's failure."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.failed = False

    def export(self, items):
        result = self.exporter.export(items)
        self.failed = self.failed or result.name != "SUCCESS"
        return result

    def shutdown(self):
        self.exporter.shutdown()

    def force_flush(self, timeout_millis=30_000):
        return True


def send_traces(protocol, endpoints):
    provider = TracerProvider(resource=RESOURCE)
    checked = [Checked(e) for e in exporters("OTLPSpanExporter", protocol, "traces", endpoints)]
    for exporter in checked:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("python-client", "1.2.3", attributes={"scope.kind": "manual"})
    with tracer.start_as_current_span("parent", kind=SpanKind.SERVER, attributes=PLAIN) as parent:
        link = Link(parent.get_span_context(), {"why": "causes"})
        child = tracer.start_span("child", kind=SpanKind.CLIENT, links=[link], attributes=PLAIN)
        child.add_event("retried", {"attempt": 2, "texts": ["x", "y"]})
        child.record_exception(ValueError("wrong"))
        child.set_status(Status(StatusCode.ERROR, "went wrong"))
        child.end()
    return checked


def send_metrics(protocol, endpoints):
    reader = InMemoryMetricReader()
    view = View(
        instrument_type=Histogram,
        instrument_name="exponential",
        aggregation=ExponentialBucketHistogramAggregation(),
    )
    provider = MeterProvider(
        [reader], resource=RESOURCE, views=[view], exemplar_filter=AlwaysOnExemplarFilter()
    )
    meter = provider.get_meter("python-client", "1.2.3", attributes={"scope.kind": "manual"})
    with TracerProvider().get_tracer("python-client").start_as_current_span("measured"):
        meter.create_counter("requests", "1", "made for a test").add(3, {"a": 1})
        meter.create_up_down_counter("queue").add(-1.5, {"b": True})
        meter.create_gauge("temperature", "Cel").set(21.5)
        for value in (0.25, 7, 100_000):
            meter.create_histogram("latency", "ms").record(value, {"route": "/checkout"})
            meter.create_histogram("exponential").record(value)
    meter.create_observable_counter("pages", [lambda _: [observed(5)]])
    meter.create_observable_up_down_counter("threads", [lambda _: [observed(-5)]])
    meter.create_observable_gauge("load", [lambda _: [observed(0.5)]])
    data = reader.get_metrics_data()
    for exporter in exporters("OTLPMetricExporter", protocol, "metrics", endpoints):
        check(exporter.export(data))
    return []


def observed(value):
    from opentelemetry.metrics import Observation

    return Observation(value, {"kind": "observed"})


def send_logs(protocol, endpoints):
    provider = LoggerProvider(resource=RESOURCE)
    checked = [Checked(e) for e in exporters("OTLPLogExporter", protocol, "logs", endpoints)]
    for exporter in checked:
        provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("python-client", "1.2.3", attributes={"scope.kind": "manual"})
    with TracerProvider().get_tracer("python-client").start_as_current_span("logged"):
        context = trace.get_current_span().get_span_context()
        logger.emit(
            LogRecord(
                timestamp=1_700_000_000_000_000_000,
                trace_id=context.trace_id,
                span_id=context.span_id,
                trace_flags=context.trace_flags,
                severity_text="WARN",
                severity_number=SeverityNumber.WARN,
                body=nested(20),
                attributes={**PLAIN, "nested": nested(20), "bytes": b"\x00\xff"},
                event_name="checkout.failed",
            )
        )
        logger.emit(LogRecord(body="plain", severity_number=SeverityNumber.INFO))
    return checked


def main():
    protocol, signal, *endpoints = sys.argv[1:]
    send = {"traces": send_traces, "metrics": send_metrics, "logs": send_logs}[signal]
    if any(exporter.failed for exporter in send(protocol, endpoints)):
        sys.exit("an export failed")


main()
