// Sends one rich set of telemetry with the JavaScript SDK: send.js grpc|proto|json SIGNAL URL...
//
// Certificates and headers are told as to every SDK, with the variables OTEL_EXPORTER_OTLP_*. The same objects go to every endpoint, so a recording backend can say what the collector was sent.
// Several protocols, as in json+proto, take turns over the endpoints.

import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, AggregationType, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const [protocols, signal, ...endpoints] = process.argv.slice(2);
const FLAVOUR = { grpc: "grpc", proto: "proto", json: "http" };
const KIND = { traces: "trace", metrics: "metrics", logs: "logs" }[signal];
const CLASS = { traces: "OTLPTraceExporter", metrics: "OTLPMetricExporter", logs: "OTLPLogExporter" }[signal];

const resource = resourceFromAttributes({ "service.name": "node-client", "host.cores": 2, tags: ["a", "b"] });
const plain = { text: "täxt \u{1F980}", bool: true, int: 42, double: 0.1, texts: ["a", ""], ints: [1, 2] };

const nested = (levels) =>
  Array.from({ length: levels }).reduce((inner, _, level) => (level % 2 === 0 ? { deeper: inner } : [inner]), "bottom");

async function exportToAll(items) {
  const turns = protocols.split("+");
  for (const [index, endpoint] of endpoints.entries()) {
    const protocol = turns[index % turns.length];
    const { [CLASS]: Exporter } = await import(`@opentelemetry/exporter-${KIND}-otlp-${FLAVOUR[protocol]}`);
    const url = protocol === "grpc" ? endpoint : `${endpoint}/v1/${signal}`;
    const exporter = new Exporter({ url });
    const result = await new Promise((resolve) => exporter.export(items, resolve));
    await exporter.shutdown();
    if (result.code !== 0) {
      throw result.error ?? new Error("an export failed");
    }
  }
}

async function traces() {
  const memory = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(memory)] });
  const tracer = provider.getTracer("node-client", "1.2.3");
  const parent = tracer.startSpan("parent", { kind: SpanKind.SERVER, attributes: plain }, ROOT_CONTEXT);
  const within = trace.setSpan(ROOT_CONTEXT, parent);
  const links = [{ context: parent.spanContext(), attributes: { why: "causes" } }];
  const child = tracer.startSpan("child", { kind: SpanKind.CLIENT, attributes: plain, links }, within);
  child.addEvent("retried", { attempt: 2, texts: ["x", "y"] });
  child.recordException(new Error("wrong"));
  child.setStatus({ code: SpanStatusCode.ERROR, message: "went wrong" });
  child.end();
  parent.end();
  await provider.forceFlush();
  return memory.getFinishedSpans();
}

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

async function metrics() {
  const reader = new Reader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM };
  const views = [{ instrumentName: "exponential", aggregation }];
  const meter = new MeterProvider({ resource, readers: [reader], views }).getMeter("node-client", "1.2.3");
  meter.createCounter("requests", { unit: "1", description: "made for a test" }).add(3, { a: 1 });
  meter.createUpDownCounter("queue").add(-1.5, { b: true });
  meter.createGauge("temperature").record(21.5);
  for (const value of [0.25, 7, 100000]) {
    meter.createHistogram("latency", { unit: "ms" }).record(value, { route: "/checkout" });
    meter.createHistogram("exponential").record(value);
  }
  meter.createObservableCounter("pages").addCallback((result) => result.observe(5, { kind: "observed" }));
  meter.createObservableGauge("load").addCallback((result) => result.observe(0.5));
  return (await reader.collect()).resourceMetrics;
}

async function logs() {
  const memory = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: memory })] });
  const logger = provider.getLogger("node-client", "1.2.3");
  logger.emit({
    severityNumber: SeverityNumber.WARN,
    severityText: "WARN",
    body: nested(20),
    attributes: { ...plain, nested: nested(20) },
    eventName: "checkout.failed",
    context: context.active(),
  });
  logger.emit({ severityNumber: SeverityNumber.INFO, body: "plain" });
  await provider.forceFlush();
  return memory.getFinishedLogRecords();
}

await exportToAll(await { traces, metrics, logs }[signal]());
