package main

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/spanprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/processor"
)

var processors = map[string]processor.Factory{
	"attributes":            attributesprocessor.NewFactory(),
	"filter":                filterprocessor.NewFactory(),
	"groupbyattrs":          groupbyattrsprocessor.NewFactory(),
	"probabilistic_sampler": probabilisticsamplerprocessor.NewFactory(),
	"redaction":             redactionprocessor.NewFactory(),
	"resource":              resourceprocessor.NewFactory(),
	"span":                  spanprocessor.NewFactory(),
	"transform":             transformprocessor.NewFactory(),
}

var connectors = map[string]connector.Factory{
	"count": countconnector.NewFactory(),
}
