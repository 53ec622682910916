package shell

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

func historyLevel() *Level {
	return &Level{Name: "history", Short: "what the cluster decided lately, and why", Commands: []*Command{
		{Name: "info", Short: "the last transitions", Run: runExplain},
		{Name: "transition", Args: "[NUMBER]", Short: "what one transition did, and why", Max: 1, Run: runExplain},
		{Name: "resource", Args: "RSC", Short: "the recorded operations of a resource", Min: 1, Max: 1, Complete: completeResources, Run: runOperations},
	}}
}

// runExplain prints what crmd remembers of the last transitions.
func runExplain(ctx context.Context, s *Session, args []string) error {
	if err := s.live(); err != nil {
		return err
	}
	query := url.Values{}
	if len(args) == 1 {
		if _, err := strconv.Atoi(args[0]); err != nil {
			return fmt.Errorf("transition %q: want a number", args[0])
		}
		query.Set("transition", args[0])
	}
	body, header, err := s.store.API().Text(ctx, "/v1/explain", query)
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if header.Get("Content-Type") == "application/json" && json.Indent(&pretty, body, "", "  ") == nil {
		body = pretty.Bytes()
	}
	s.printf("%s\n", bytes.TrimSpace(body))
	return nil
}
