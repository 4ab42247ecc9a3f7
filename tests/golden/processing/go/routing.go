//go:build ignore

package main

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/routingconnector"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/processor"
)

// The routing connector is made for another release of OTTL than the rest, so it has a go.mod of its
// own: `go run -modfile=routing.mod $(ls *.go | grep -v released)`.
var processors = map[string]processor.Factory{}

var connectors = map[string]connector.Factory{
	"routing": routingconnector.NewFactory(),
}
