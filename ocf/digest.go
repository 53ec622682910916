package ocf

import (
	"crypto/md5"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// DigestParams gives the MD5 under which histories know a set of parameters: one XML
// element, attributes sorted by name, with a leading space and a trailing newline. The
// digest of no parameters is f2317cad3d54cec5d7d7aa7d0bf35cf8.
// Source: the digests that Pacemaker records; a cluster that changes over must find its
// operations unchanged.
func DigestParams(params map[string]string) string {
	b := append(make([]byte, 0, 256), " <parameters"...)
	for _, k := range slices.Sorted(maps.Keys(params)) {
		b = append(append(append(b, ' '), k...), '=', '"')
		b = append(digestEscape.appendTo(b, params[k]), '"')
	}
	sum := md5.Sum(append(b, "/>\n"...))
	return hex.EncodeToString(sum[:])
}

// escaper appends text with some bytes replaced.
type escaper [256]string

var digestEscape = escaper{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\n': "&#10;", '\t': "&#9;", '\r': "&#13;"}

// appendTo appends text to b, escaped.
func (e *escaper) appendTo(b []byte, text string) []byte {
	for i := range len(text) {
		if r := e[text[i]]; r != "" {
			b = append(b, r...)
			continue
		}
		b = append(b, text[i])
	}
	return b
}

// OperationParams gives the parameters of an operation that its digest covers: what the
// cluster itself adds (CRM_meta_* and the like) is left out, but recurring operations
// keep their timeout.
func OperationParams(params map[string]string) map[string]string {
	out := make(map[string]string, len(params))
	for k, v := range params {
		switch {
		case strings.HasPrefix(k, "CRM_meta_"):
		case k == "id", k == "crm_feature_set", k == "op-digest", k == "on_node", k == "on_node_uuid", k == "pcmk_external_ip":
		default:
			out[k] = v
		}
	}
	if ms, err := strconv.Atoi(params["CRM_meta_interval"]); err == nil && ms != 0 {
		if t, ok := params["CRM_meta_timeout"]; ok {
			out["CRM_meta_timeout"] = t
		}
	}
	return out
}
