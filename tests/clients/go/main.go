// Sends two spans with the Go SDK: client grpc|http URL...
//
// What certificates and headers it uses is told as to every SDK, with the variables OTEL_EXPORTER_OTLP_*.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func exporter(ctx context.Context, protocol, url string) (*otlptrace.Exporter, error) {
	if protocol == "grpc" {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(url))
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url+"/v1/traces"))
}

// spans makes them once, so that every endpoint gets the same.
func spans(ctx context.Context) []sdktrace.ReadOnlySpan {
	recorded := &recorder{}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "go-client"))),
		sdktrace.WithSyncer(recorded),
	)
	tracer := provider.Tracer("go-client", trace.WithInstrumentationVersion("1.2.3"))
	ctx, parent := tracer.Start(ctx, "parent", trace.WithSpanKind(trace.SpanKindServer))
	_, child := tracer.Start(ctx, "child", trace.WithLinks(trace.LinkFromContext(ctx)))
	child.SetAttributes(attribute.String("text", "täxt"), attribute.IntSlice("ints", []int{1, 2}))
	child.AddEvent("retried", trace.WithAttributes(attribute.Int("attempt", 2)))
	child.SetStatus(codes.Error, "went wrong")
	child.End()
	parent.End()
	return recorded.spans
}

type recorder struct{ spans []sdktrace.ReadOnlySpan }

func (r *recorder) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	r.spans = append(r.spans, spans...)
	return nil
}

func (r *recorder) Shutdown(context.Context) error { return nil }

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	recorded := spans(ctx)
	for _, url := range os.Args[2:] {
		exporter, err := exporter(ctx, os.Args[1], url)
		if err != nil {
			log.Fatal(err)
		}
		if err := exporter.ExportSpans(ctx, recorded); err != nil {
			log.Fatal(err)
		}
		if err := exporter.Shutdown(ctx); err != nil {
			log.Fatal(err)
		}
	}
}
