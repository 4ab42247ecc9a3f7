// Golden writes what the Go collector makes of the cases beside it: `go run .`, or
// `go run . -only transform_strings -explain` for one file with the reasons of refusals and errors.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"
)

// result is what became of one case: exactly one field is set.
type result struct {
	// Refused says that the config was not accepted.
	Refused bool `json:"refused,omitempty"`
	// Failed says that the call returned an error.
	Failed bool `json:"failed,omitempty"`
	// Nothing says that nothing was passed on.
	Nothing bool `json:"nothing,omitempty"`
	// Sent is what a processor passed on.
	Sent json.RawMessage `json:"sent,omitempty"`
	// To is what a connector sent, by pipeline.
	To map[string][]json.RawMessage `json:"to,omitempty"`
}

func main() {
	folder := flag.String("cases", "..", "the folder of the case files")
	only := flag.String("only", "", "files to do, without .yaml, separated by commas; all if empty")
	name := flag.String("case", "", "show cases whose name holds this instead of writing files")
	explain := flag.Bool("explain", false, "tell refusals, errors and what is logged")
	flag.Parse()
	time.Local = time.UTC
	files, err := filepath.Glob(filepath.Join(*folder, "*.yaml"))
	check(err)
	for _, file := range files {
		area := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if *only == "" || contains(strings.Split(*only, ","), area) {
			do(file, area, *name, *explain)
		}
	}
}

func do(file, area, name string, explain bool) {
	cases, err := read(file)
	check(err)
	if !isHere(cases) {
		return
	}
	var out bytes.Buffer
	out.WriteString("{\n")
	for index, one := range cases {
		if !strings.Contains(one.Name, name) {
			continue
		}
		logger := zap.NewNop()
		if explain {
			config := zap.NewDevelopmentConfig()
			config.DisableStacktrace, config.DisableCaller = true, true
			config.EncoderConfig.TimeKey = ""
			logger = zap.Must(config.Build()).With(zap.String("case", one.Name))
		}
		found, err := run(one, filepath.Join(filepath.Dir(file), "inputs"), logger)
		if err != nil && explain {
			fmt.Fprintf(os.Stderr, "%s: %s: %v\n", area, one.Name, err)
		}
		key, value := line(one.Name), line(found)
		if name != "" {
			fmt.Printf("%s\n%s\n", key, value)
			continue
		}
		comma := ","
		if index == len(cases)-1 {
			comma = ""
		}
		fmt.Fprintf(&out, "%s: %s%s\n", key, value, comma)
	}
	out.WriteString("}\n")
	if name == "" {
		check(os.WriteFile(strings.TrimSuffix(file, ".yaml")+".golden.json", out.Bytes(), 0o644))
		fmt.Printf("%s: %d cases\n", area, len(cases))
	}
}

// isHere says whether this build has the components of a file.
func isHere(cases []single) bool {
	for _, one := range cases {
		_, isProcessor := processors[one.Type]
		_, isConnector := connectors[one.Type]
		if !isProcessor && !isConnector {
			return false
		}
	}
	return true
}

func line(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	return strings.TrimSuffix(out.String(), "\n")
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
