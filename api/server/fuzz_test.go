package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequests: any method, path, query and body is answered; what is refused is refused
// with an exit code and a sentence, and a user without rights changes nothing.
func FuzzRequests(f *testing.F) {
	for _, rt := range routes {
		f.Add(rt.method, rt.path, "scope=resources", `{}`)
	}
	f.Add("POST", "/v1/cib", "", `{"ops":[{"kind":"modify","scope":"resources","xml":"<resources/>"}],"if_version":"0.1.2"}`)
	f.Add("POST", "/v1/attributes", "", `{"name":"a","value":"1","dampen":5000000000}`)
	f.Add("GET", "/v1/cib", "xpath=//*[@id='x']", "")
	f.Add("GET", "/v1/../v1/status", "a=%zz&;", "")
	reading := map[string]bool{"status": true, "attributes": true, "explain": true, "fencing": true, "agents": true, "metadata": true}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.Contains(path, "/events") {
			return // answers for as long as the client listens
		}
		for _, access := range []Access{ReadOnly, Full} {
			back := &fake{}
			r := (&http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Host: "crmd", Body: io.NopCloser(strings.NewReader(body))}).WithContext(WithCaller(t.Context(), Caller{User: "alice", Access: access}))
			w := httptest.NewRecorder()
			New(back).ServeHTTP(w, r)
			if w.Code >= 400 && w.Header().Get("Content-Type") == "application/json" {
				var e struct {
					ExitCode int    `json:"exit_code"`
					Message  string `json:"error"`
				}
				if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.ExitCode == 0 || e.Message == "" {
					t.Errorf("%s %s: status %d with body %q, want an exit code and a sentence", method, path, w.Code, w.Body)
				}
			}
			for _, asked := range back.asked {
				if verb, _, _ := strings.Cut(asked, " "); access == ReadOnly && !reading[verb] {
					t.Errorf("%s %s: %q was done for a user who may only read", method, path, asked)
				}
			}
		}
	})
}
