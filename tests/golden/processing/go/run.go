package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
)

func bytesReader(text []byte) io.Reader { return bytes.NewReader(text) }

// run makes the component, sends it the input and says what came out; the error is for people.
func run(one single, inputs string, logger *zap.Logger) (result, error) {
	text, err := one.payload(inputs)
	check(err)
	if factory, ok := processors[one.Type]; ok {
		return process(one, factory, text, logger)
	}
	if factory, ok := connectors[one.Type]; ok {
		return connect(one, factory, text, logger)
	}
	check(fmt.Errorf("%s: no factory for %q", one.Name, one.Type))
	return result{}, nil
}

func configure(config component.Config, given map[string]any) error {
	if err := confmap.NewFromStringMap(given).Unmarshal(config); err != nil {
		return err
	}
	return confmap.Validate(config)
}

// sinks takes all signals of one pipeline.
type sinks struct {
	traces  consumertest.TracesSink
	metrics consumertest.MetricsSink
	logs    consumertest.LogsSink
}

func (s *sinks) taken(isUnordered bool) []json.RawMessage {
	var all []json.RawMessage
	for _, one := range s.traces.AllTraces() {
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(one)
		check(err)
		all = append(all, stable(text, isUnordered))
	}
	for _, one := range s.metrics.AllMetrics() {
		text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(one)
		check(err)
		all = append(all, stable(text, isUnordered))
	}
	for _, one := range s.logs.AllLogs() {
		text, err := (&plog.JSONMarshaler{}).MarshalLogs(one)
		check(err)
		all = append(all, stable(text, isUnordered))
	}
	return all
}

func process(one single, factory processor.Factory, text []byte, logger *zap.Logger) (result, error) {
	config := factory.CreateDefaultConfig()
	if err := configure(config, one.Config); err != nil {
		return result{Refused: true}, err
	}
	settings := processortest.NewNopSettings(factory.Type())
	settings.Logger = logger
	var sink sinks
	var made component.Component
	var err error
	ctx := context.Background()
	switch one.Signal {
	case "traces":
		made, err = factory.CreateTraces(ctx, settings, config, &sink.traces)
	case "metrics":
		made, err = factory.CreateMetrics(ctx, settings, config, &sink.metrics)
	case "logs":
		made, err = factory.CreateLogs(ctx, settings, config, &sink.logs)
	default:
		err = fmt.Errorf("%s: no signal %q", one.Name, one.Signal)
		check(err)
	}
	if err != nil {
		return result{Refused: true}, err
	}
	if err := send(made, one, text); err != nil {
		return failure(err)
	}
	taken := sink.taken(one.Unordered)
	switch len(taken) {
	case 0:
		return result{Nothing: true}, nil
	case 1:
		return result{Sent: taken[0]}, nil
	}
	check(fmt.Errorf("%s: %d payloads came out", one.Name, len(taken)))
	return result{}, nil
}

// refusal is an error before any telemetry was sent.
type refusal struct{ error }

func failure(err error) (result, error) {
	if _, ok := err.(refusal); ok {
		return result{Refused: true}, err
	}
	return result{Failed: true}, err
}

func send(made component.Component, one single, text []byte) (err error) {
	ctx := one.context()
	if err := made.Start(ctx, componenttest.NewNopHost()); err != nil {
		return refusal{err}
	}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	switch target := made.(type) {
	case consumer.Traces:
		input, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
		check(err)
		err = target.ConsumeTraces(ctx, input)
		if err != nil {
			return err
		}
	case consumer.Metrics:
		input, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(text)
		check(err)
		err = target.ConsumeMetrics(ctx, input)
		if err != nil {
			return err
		}
	case consumer.Logs:
		input, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(text)
		check(err)
		err = target.ConsumeLogs(ctx, input)
		if err != nil {
			return err
		}
	}
	return made.Shutdown(ctx)
}

func connect(one single, factory connector.Factory, text []byte, logger *zap.Logger) (result, error) {
	config := factory.CreateDefaultConfig()
	if err := configure(config, one.Config); err != nil {
		return result{Refused: true}, err
	}
	settings := connectortest.NewNopSettings(factory.Type())
	settings.Logger = logger
	all := map[string]*sinks{}
	for _, name := range one.Pipelines {
		all[name] = &sinks{}
	}
	made, err := build(one, factory, settings, config, all)
	if err != nil {
		return result{Refused: true}, err
	}
	if err := send(made, one, text); err != nil {
		return failure(err)
	}
	found := result{To: map[string][]json.RawMessage{}}
	for name, sink := range all {
		if taken := sink.taken(one.Unordered); len(taken) > 0 {
			found.To[name] = taken
		}
	}
	if len(found.To) == 0 {
		return result{Nothing: true}, nil
	}
	return found, nil
}

func build(one single, factory connector.Factory, settings connector.Settings, config component.Config, all map[string]*sinks) (component.Component, error) {
	ctx := context.Background()
	traces := map[pipeline.ID]consumer.Traces{}
	metrics := map[pipeline.ID]consumer.Metrics{}
	logs := map[pipeline.ID]consumer.Logs{}
	for name, sink := range all {
		var id pipeline.ID
		check(id.UnmarshalText([]byte(name)))
		switch id.Signal() {
		case pipeline.SignalTraces:
			traces[id] = &sink.traces
		case pipeline.SignalMetrics:
			metrics[id] = &sink.metrics
		case pipeline.SignalLogs:
			logs[id] = &sink.logs
		}
	}
	switch {
	case one.Signal == "traces" && len(traces) > 0:
		return factory.CreateTracesToTraces(ctx, settings, config, connector.NewTracesRouter(traces))
	case one.Signal == "traces" && len(metrics) > 0:
		return factory.CreateTracesToMetrics(ctx, settings, config, connector.NewMetricsRouter(metrics))
	case one.Signal == "metrics" && len(metrics) > 0:
		return factory.CreateMetricsToMetrics(ctx, settings, config, connector.NewMetricsRouter(metrics))
	case one.Signal == "logs" && len(logs) > 0:
		return factory.CreateLogsToLogs(ctx, settings, config, connector.NewLogsRouter(logs))
	case one.Signal == "logs" && len(metrics) > 0:
		return factory.CreateLogsToMetrics(ctx, settings, config, connector.NewMetricsRouter(metrics))
	}
	check(fmt.Errorf("%s: %s to %v cannot be run", one.Name, one.Signal, one.Pipelines))
	return nil, nil
}
