package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// massStart measures one load of n dummies -> all started, and an empty load -> all
// removed. kind is PROVIDER:TYPE.
func massStart(ctx context.Context, s stack, nodes, n int, kind string, runs int) (start, remove Sample, err error) {
	b, err := newBed(ctx, s, nodes, byDefault)
	if err != nil {
		return nil, nil, err
	}
	defer b.close()
	if err := b.properties(ctx); err != nil {
		return nil, nil, err
	}
	provider, agent, _ := strings.Cut(kind, ":")
	var inner strings.Builder
	for i := range n {
		inner.WriteString(primitive(fmt.Sprintf("d%d", i), "ocf", provider, agent, "10s"))
	}
	for range runs {
		loaded := time.Now()
		if err := b.resources(ctx, inner.String()); err != nil {
			return start, remove, err
		}
		if err := b.await(ctx, "all are started", func() bool { return b.count(ctx, "start") == n }); err != nil {
			return start, remove, err
		}
		start = append(start, time.Since(loaded).Seconds())
		removed := time.Now()
		if err := b.resources(ctx, ""); err != nil {
			return start, remove, err
		}
		if err := b.await(ctx, "all are gone", func() bool { return b.count(ctx, "any") == 0 }); err != nil {
			return start, remove, err
		}
		remove = append(remove, time.Since(removed).Seconds())
	}
	return start, remove, nil
}

// count counts, in the CIB's status, successful starts ("start") or resources that any
// node still remembers ("any"). -1 means that the CIB could not be read.
func (b *bed) count(ctx context.Context, what string) int {
	time.Sleep(50 * time.Millisecond) // reading the CIB costs the cluster time too
	got, err := b.first().Run(ctx, "", b.stack.tool("cibadmin", "-Q", "-o", "status")...)
	if err != nil || got.Code != 0 {
		return -1
	}
	if what == "any" {
		return strings.Count(got.Stdout, "<lrm_resource ")
	}
	n := 0
	for op := range strings.SplitSeq(got.Stdout, "<lrm_rsc_op ") {
		tag, _, _ := strings.Cut(op, ">")
		if strings.Contains(tag, `operation="start"`) && strings.Contains(tag, `rc-code="0"`) && strings.Contains(tag, `op-status="0"`) {
			n++
		}
	}
	return n
}

// countMembers counts the node_state elements of nodes that take part.
func countMembers(status string) int {
	n := 0
	for state := range strings.SplitSeq(status, "<node_state ") {
		tag, _, _ := strings.Cut(state, ">")
		if strings.Contains(tag, `crmd="online"`) && strings.Contains(tag, `join="member"`) {
			n++
		}
	}
	return n
}
