// Package server answers "what does crmd say when somebody asks?": the HTTP routes of
// package api. It checks who asks and translates; everything else is the Backend's.
// docs/openapi.yaml describes every route, and a test checks that.
package server
