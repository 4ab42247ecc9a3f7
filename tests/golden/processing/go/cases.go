package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"go.opentelemetry.io/collector/client"
	"go.yaml.in/yaml/v3"
)

// file is one file of cases; what it says above the list holds for cases that say nothing.
type file struct {
	Type   string   `yaml:"type"`
	Signal string   `yaml:"signal"`
	Input  any      `yaml:"input"`
	Cases  []single `yaml:"cases"`
}

type single struct {
	Name   string         `yaml:"name"`
	Type   string         `yaml:"type"`
	Signal string         `yaml:"signal"`
	Input  any            `yaml:"input"`
	Config map[string]any `yaml:"config"`
	// Set is short for statements that write each expression to an attribute, ignoring errors.
	Set []string `yaml:"set"`
	// Each is the same with a case for each expression.
	Each []string `yaml:"each"`
	// Where is short for statements that write true to an attribute where each condition holds.
	Where []string `yaml:"where"`
	// Pipelines are what a connector sends to; a processor has none.
	Pipelines []string `yaml:"pipelines"`
	Client    *known   `yaml:"client"`
	// What only the comparison looks at.
	Unordered bool   `yaml:"unordered"`
	Differs   string `yaml:"differs"`
}

// known is what the collector knows of the client.
type known struct {
	Address  string              `yaml:"address"`
	Metadata map[string][]string `yaml:"metadata"`
	Auth     map[string]any      `yaml:"auth"`
}

func read(path string) ([]single, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all file
	decoder := yaml.NewDecoder(bytesReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var cases []single
	for _, one := range all.Cases {
		cases = append(cases, one.split()...)
	}
	seen := map[string]bool{}
	for index := range cases {
		one := &cases[index]
		if one.Name == "" || seen[one.Name] {
			return nil, fmt.Errorf("%s: case %d: the name %q is empty or there twice", path, index, one.Name)
		}
		seen[one.Name] = true
		one.inherit(&all)
	}
	return cases, nil
}

func (one *single) split() []single {
	if one.Each == nil {
		return []single{*one}
	}
	var cases []single
	for _, expression := range one.Each {
		made := *one
		made.Name, made.Set, made.Each = one.Name+": "+expression, []string{expression}, nil
		cases = append(cases, made)
	}
	return cases
}

func (one *single) inherit(all *file) {
	if one.Type == "" {
		one.Type = all.Type
	}
	if one.Signal == "" {
		one.Signal = all.Signal
	}
	if one.Input == nil {
		one.Input = all.Input
	}
	if one.Input == nil {
		one.Input = one.Signal
	}
	if one.Set != nil || one.Where != nil {
		one.Config = one.short()
	}
}

func (one *single) short() map[string]any {
	key, item := "log_statements", "log"
	switch one.Signal {
	case "traces":
		key, item = "trace_statements", "span"
	case "metrics":
		key, item = "metric_statements", "datapoint"
	}
	var statements []any
	for index, expression := range one.Set {
		statements = append(statements, fmt.Sprintf(`set(%s.attributes["set%d"], %s)`, item, index, expression))
	}
	for index, condition := range one.Where {
		statements = append(statements, fmt.Sprintf(`set(%s.attributes["where%d"], true) where %s`, item, index, condition))
	}
	return map[string]any{"error_mode": "ignore", key: statements}
}

// payload is the input as OTLP JSON: a name of a file, or the thing itself.
func (one *single) payload(inputs string) ([]byte, error) {
	if name, ok := one.Input.(string); ok {
		return os.ReadFile(filepath.Join(inputs, name+".json"))
	}
	return json.Marshal(one.Input)
}

type attributes map[string]any

func (a attributes) GetAttribute(name string) any { return a[name] }

func (a attributes) GetAttributeNames() []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	return names
}

func (one *single) context() context.Context {
	ctx := context.Background()
	if one.Client == nil {
		return ctx
	}
	info := client.Info{Metadata: client.NewMetadata(one.Client.Metadata)}
	if one.Client.Address != "" {
		info.Addr = &net.TCPAddr{IP: net.ParseIP(one.Client.Address), Port: 4317}
	}
	if one.Client.Auth != nil {
		info.Auth = attributes(one.Client.Auth)
	}
	return client.NewContext(ctx, info)
}
