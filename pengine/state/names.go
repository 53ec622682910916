package state

import "strings"

// equalFold compares as the field's case-insensitive comparisons do: ASCII only.
func equalFold(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }
