package main

import (
	"bytes"
	"encoding/json"
	"sort"
)

// stable writes what came out so that it is the same each time: attributes by key, and everything else
// too where a case says that its order is left open.
func stable(text []byte, isUnordered bool) json.RawMessage {
	// A golden file is text, also where what came out is none.
	decoder := json.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(text, []byte("\uFFFD"))))
	decoder.UseNumber()
	var value any
	check(decoder.Decode(&value))
	order(value, isUnordered)
	return json.RawMessage(line(value))
}

func order(value any, isUnordered bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			// The order inside an attribute is never open.
			order(member, isUnordered && name != "values")
		}
	case []any:
		for _, item := range value {
			order(item, isUnordered)
		}
		key := func(index int) string {
			item, _ := value[index].(map[string]any)
			if key, ok := item["key"].(string); ok {
				return key
			}
			if isUnordered && item != nil {
				return line(item)
			}
			return ""
		}
		sort.SliceStable(value, func(a, b int) bool { return key(a) < key(b) })
	}
}
